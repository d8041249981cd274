/**
 * A model of the rules of a run, as short as possible: without SQL and HTTP, and with its own clock. The service is compared with
 * it step by step.
 */
import type { RunEventType, RunStatus } from "../../src/db/enums.ts";

/** What a definition's runner does with a dispatch. */
export type Mood = "takes" | "busy" | "refuses" | "gone";

/** "leases": its runs wait until a runner asks for one. Null: it has none. */
export type ModelRunner = Mood | "leases" | null;

export type ModelDefinition = {
  isActive: boolean;
  runner: ModelRunner;
  /** How many attempts the policy gives to a run that failed by itself: with 1 it is not retried. */
  maxAttempts: number;
};

export type ModelRun = {
  definition: ModelDefinition;
  key: string | null;
  status: RunStatus;
  attempt: number;
  endedBy: string | null;
  /** The state of its dispatch: "later" becomes "due" when some time has passed. */
  dispatch: "none" | "later" | "due" | "done";
  createdAt: number;
  deadlineAt: number;
  /** When a stop that gave the runner time is over; infinite while nobody has asked for one. */
  stopEndsAt: number;
  /** True when its runner has heard of the stop. */
  isStopKnown: boolean;
  /** When its lease is over; infinite while no runner has leased it or sent a heartbeat. */
  leaseEndsAt: number;
  /** True when the runner itself reported the end of a stopped run, by a result of FAILED. */
  isStopReported: boolean;
  /** When its back-off is over: of an automatic retry, or of a release from the third one on. 0 when there is none. */
  notBefore: number;
  endedAt: number;
  queuedAs: number;
  events: `${RunEventType}.${number}`[];
  lateResults: Set<string>;
};

/** What the service says: the status of its answer and, where it answers with a run, that run and how it stands. */
export type Answer = { status: number; run?: ModelRun; stand?: RunStatus };

export type Model = ReturnType<typeof createModel>;

export const RUN_SECONDS = 3600;
export const STOP_SECONDS = 60;
/** Shorter than each step of time, too. */
export const LEASE_SECONDS = 800;
/** Shorter than each step of time, as is the time of a stop. */
const BACK_OFF_SECONDS = 900;
/** How often a run can be given back without a back-off. */
const FREE_RELEASES = 2;
const KEY_SECONDS = 24 * 3600;

/** Of the definitions, in their order: one whose runs are retried by themselves, one whose runs are not, and one that leases. */
const MAX_ATTEMPTS = [3, 1, 3];
const LEASING = 2;

const ENDED_BY = { TIMED_OUT: "DEADLINE", STOPPED: "STOP", LOST: "LEASE" };

export function createModel(definitionCount: number) {
  let now = 0;
  let queued = 0;
  const definitions = Array.from(
    { length: definitionCount },
    (_, index): ModelDefinition => ({
      isActive: true,
      runner: index === LEASING ? "leases" : "takes",
      maxAttempts: MAX_ATTEMPTS[index] ?? 1,
    }),
  );
  const runs = new Set<ModelRun>();

  const endsAt = (run: ModelRun) => Math.min(run.deadlineAt, run.stopEndsAt, run.leaseEndsAt);
  const isOverdue = (run: ModelRun) => run.status === "RUNNING" && endsAt(run) <= now;
  const overdueEvent = (run: ModelRun) => {
    if (endsAt(run) === run.deadlineAt) return "TIMED_OUT";
    return endsAt(run) === run.stopEndsAt ? "STOPPED" : "LOST";
  };
  const isActive = (run: ModelRun) => run.status === "PENDING" || run.status === "RUNNING";
  /** The status that readers see, before the sweep and after it. */
  const standOf = (run: ModelRun): RunStatus => (isOverdue(run) ? "FAILED" : run.status);
  const runsOf = (definition: ModelDefinition) => [...runs].filter((run) => run.definition === definition);
  const queueOf = (definition: ModelDefinition) =>
    runsOf(definition)
      .filter(({ status }) => status === "PENDING")
      .sort((a, b) => a.queuedAs - b.queuedAs);

  function record(run: ModelRun, type: RunEventType): void {
    run.events.push(`${type}.${run.attempt}`);
  }
  function end(run: ModelRun, status: RunStatus, endedBy: string, type: RunEventType, endedAt = now): void {
    Object.assign(run, { status, endedBy, endedAt, dispatch: run.dispatch === "done" ? "done" : "none" });
    record(run, type);
  }
  function queue(run: ModelRun, type: RunEventType): void {
    record(run, type);
    if (runsOf(run.definition).some((other) => other !== run && isActive(other) && other.notBefore === 0)) {
      record(run, "QUEUED");
    }
    putBack(run);
    runs.add(run);
  }
  function putBack(run: ModelRun): void {
    Object.assign(run, { status: "PENDING", queuedAs: queued++, dispatch: "none", endedBy: null });
    Object.assign(run, { isStopReported: false, notBefore: 0 });
    letGo(run);
  }
  function letGo(run: ModelRun): void {
    const never = Number.POSITIVE_INFINITY;
    Object.assign(run, { stopEndsAt: never, leaseEndsAt: never, isStopKnown: false });
  }
  const countReleases = (run: ModelRun) => run.events.filter((event) => event.startsWith("RELEASED.")).length;
  /** What follows when a run has failed by itself, unless somebody had asked to stop it. */
  function retryByPolicy(run: ModelRun): void {
    const hadAll = run.attempt - countReleases(run) >= run.definition.maxAttempts;
    if (hadAll || run.stopEndsAt < Number.POSITIVE_INFINITY) return;
    run.attempt += 1;
    record(run, "RETRIED");
    putBack(run);
    run.notBefore = now + BACK_OFF_SECONDS;
  }

  function endOverdue(definition: ModelDefinition): void {
    for (const run of runsOf(definition).filter(isOverdue)) {
      const type = overdueEvent(run);
      end(run, "FAILED", ENDED_BY[type], type, endsAt(run));
      retryByPolicy(run);
    }
  }
  function promote(definition: ModelDefinition, dispatch: "later" | "due"): ModelRun | undefined {
    const isFree = runsOf(definition).every(({ status }) => status !== "RUNNING");
    const next = queueOf(definition).find(({ notBefore }) => notBefore <= now);
    if (!next || !isFree || !definition.isActive || definition.runner === null) return undefined;
    if (definition.runner === "leases") return undefined;
    Object.assign(next, { status: "RUNNING", deadlineAt: now + RUN_SECONDS, dispatch, notBefore: 0 });
    record(next, "STARTED");
    return next;
  }
  function sendDispatch(run: ModelRun): void {
    const { definition } = run;
    switch (definition.runner) {
      case "takes":
        run.dispatch = "done";
        record(run, "DISPATCHED");
        break;
      case "busy":
        run.dispatch = "later";
        record(run, "DISPATCH_FAILED");
        break;
      default: {
        record(run, "DISPATCH_FAILED");
        end(run, "FAILED", "DISPATCH", "FAILED");
        if (definition.runner === null) retryByPolicy(run);
        if (definition.runner === "gone" && definition.isActive) {
          definition.isActive = false;
          record(run, "PAUSED");
        }
        const next = promote(definition, "later");
        if (next) sendDispatch(next);
      }
    }
  }

  /** The steps of every change: end the overdue run, make the change, promote the next run, answer, and send the dispatch. */
  function change(definition: ModelDefinition, isDispatched: boolean, act: () => () => Answer): Answer {
    endOverdue(definition);
    const answer = act();
    const promoted = promote(definition, "later");
    const answered = answer();
    if (promoted && isDispatched) sendDispatch(promoted);
    return answered;
  }
  const hasUrl = ({ definition: { runner } }: ModelRun) => runner !== null && runner !== "leases";
  const hasLease = (run: ModelRun) => run.leaseEndsAt < Number.POSITIVE_INFINITY;
  const isToStop = (run: ModelRun) => run.stopEndsAt < Number.POSITIVE_INFINITY;
  function hearOfStop(run: ModelRun): void {
    if (!run.isStopKnown) record(run, "STOP_ACKNOWLEDGED");
    run.isStopKnown = true;
  }
  const refuse = (status: number) => () => ({ status });
  const answerRun = (status: number, run: ModelRun) => () => ({ status, run, stand: standOf(run) });

  return {
    definitions,
    runs,
    isOverdue,
    overdueEvent,
    standOf,
    runsOf,
    endedSince: (run: ModelRun) => now - (isOverdue(run) ? endsAt(run) : run.endedAt),
    queueOf,

    invoke: (definition: ModelDefinition, key: string | null, isDispatched: boolean) =>
      change(definition, isDispatched, () => {
        const known = runsOf(definition)
          .filter((run) => key !== null && run.key === key && (isActive(run) || run.createdAt > now - KEY_SECONDS))
          .at(-1);
        if (known) return answerRun(202, known);
        if (!definition.isActive || definition.runner === null) return refuse(409);
        const run: ModelRun = {
          ...{ definition, key, status: "PENDING", attempt: 1, endedBy: null, dispatch: "none" },
          ...{ createdAt: now, deadlineAt: 0, endedAt: 0, queuedAs: 0, events: [], lateResults: new Set() },
          ...{ stopEndsAt: Number.POSITIVE_INFINITY, isStopReported: false, notBefore: 0 },
          ...{ leaseEndsAt: Number.POSITIVE_INFINITY, isStopKnown: false },
        };
        queue(run, "TRIGGERED");
        return answerRun(202, run);
      }),

    callBack: (run: ModelRun, attempt: number, result: "COMPLETED" | "FAILED", isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (attempt !== run.attempt) return refuse(409);
        if (run.status === "RUNNING") {
          if (run.dispatch !== "done") record(run, "DISPATCHED");
          run.dispatch = "done";
          run.isStopReported = result === "FAILED" && run.stopEndsAt < Number.POSITIVE_INFINITY;
          if (run.isStopReported) end(run, result, "STOP", "STOPPED");
          else end(run, result, "CALLBACK", result);
          return refuse(200);
        }
        if (run.status === result && (run.endedBy === "CALLBACK" || run.isStopReported)) return refuse(200);
        const said = `${result}.${run.attempt}`;
        if (!run.lateResults.has(said)) record(run, "LATE_RESULT");
        run.lateResults.add(said);
        return refuse(409);
      }),

    stop: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (!isActive(run)) return refuse(409);
        end(run, "FAILED", "STOP", "STOPPED");
        return answerRun(200, run);
      }),

    /** A stop that gives the runner time, and the message to it. A run whose runner could not hear of it ends at once. */
    stopWithGrace: (run: ModelRun, isDispatched: boolean) => {
      let isAsked = false;
      const answer = change(run.definition, isDispatched, () => {
        if (!isActive(run)) return refuse(409);
        if (run.status === "PENDING" || !(hasUrl(run) || hasLease(run))) end(run, "FAILED", "STOP", "STOPPED");
        else isAsked = now + STOP_SECONDS < run.stopEndsAt;
        if (isAsked) {
          run.stopEndsAt = now + STOP_SECONDS;
          // It is not sent again before the stop is over.
          if (run.dispatch === "due") run.dispatch = "later";
          record(run, "STOP_REQUESTED");
        }
        return answerRun(200, run);
      });
      if (isAsked && isDispatched && hasUrl(run)) {
        record(run, "STOP_SENT");
        if (run.definition.runner === "takes") hearOfStop(run);
      }
      return answer;
    },

    /** A runner asks for a run. Returns the one that it gets. */
    lease(): ModelRun | undefined {
      const isHeld = (other: ModelRun) => other.status === "RUNNING" && !isOverdue(other);
      const waiting = definitions
        .filter((definition) => definition.runner === "leases" && definition.isActive)
        .filter((definition) => !runsOf(definition).some(isHeld))
        .flatMap((definition) => queueOf(definition).find(({ notBefore }) => notBefore <= now) ?? []);
      const [run] = waiting.sort((a, b) => a.queuedAs - b.queuedAs);
      if (!run) return undefined;
      endOverdue(run.definition);
      Object.assign(run, { status: "RUNNING", deadlineAt: now + RUN_SECONDS, dispatch: "done", notBefore: 0 });
      run.leaseEndsAt = now + LEASE_SECONDS;
      record(run, "STARTED");
      record(run, "LEASED");
      return run;
    },

    heartbeat: (run: ModelRun, attempt: number, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (attempt !== run.attempt || run.status !== "RUNNING") return refuse(409);
        run.leaseEndsAt = now + LEASE_SECONDS;
        if (run.dispatch !== "done") record(run, "DISPATCHED");
        run.dispatch = "done";
        if (isToStop(run)) hearOfStop(run);
        return refuse(200);
      }),

    release: (run: ModelRun, attempt: number, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (attempt !== run.attempt || run.status !== "RUNNING") return refuse(409);
        if (isToStop(run)) {
          end(run, "FAILED", "STOP", "STOPPED");
          return refuse(200);
        }
        run.attempt += 1;
        record(run, "RELEASED");
        Object.assign(run, { status: "PENDING", dispatch: "none" });
        if (countReleases(run) > FREE_RELEASES) run.notBefore = now + BACK_OFF_SECONDS;
        letGo(run);
        return refuse(200);
      }),

    retry: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        const { isActive: isOpen, runner } = run.definition;
        if (run.status !== "FAILED" || !isOpen || runner === null) return refuse(409);
        const hasSameKey = (other: ModelRun) => other !== run && other.key === run.key && isActive(other);
        if (run.key !== null && runsOf(run.definition).some(hasSameKey)) return refuse(409);
        run.attempt += 1;
        queue(run, "RETRIED");
        return answerRun(202, run);
      }),

    delete: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (run.status === "RUNNING") return refuse(409);
        runs.delete(run);
        return refuse(204);
      }),

    replace: (definition: ModelDefinition, content: Omit<ModelDefinition, "maxAttempts">, isDispatched: boolean) =>
      change(definition, isDispatched, () => {
        Object.assign(definition, content);
        return refuse(200);
      }),

    sweep(): void {
      for (const definition of definitions) {
        endOverdue(definition);
        promote(definition, "due");
      }
      for (const run of runs) if (run.notBefore <= now) run.notBefore = 0;
      for (const run of [...runs]) if (run.dispatch === "due") sendDispatch(run);
    },

    advance(seconds: number): void {
      now += seconds;
      for (const run of runs) if (run.dispatch === "later") run.dispatch = "due";
    },
  };
}
