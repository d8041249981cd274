/**
 * A model of the rules of a run, as short as possible: without SQL and HTTP, and with its own clock. The service is compared with
 * it step by step.
 */
import type { RunEventType, RunStatus } from "../../src/db/enums.ts";

/** What a definition's runner does with a dispatch. */
export type Mood = "takes" | "busy" | "refuses" | "gone";

export type ModelDefinition = { isActive: boolean; runner: Mood | null };

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
  endedAt: number;
  queuedAs: number;
  events: `${RunEventType}.${number}`[];
  lateResults: Set<string>;
};

/** What the service says: the status of its answer and, where it answers with a run, that run and how it stands. */
export type Answer = { status: number; run?: ModelRun; stand?: RunStatus };

export type Model = ReturnType<typeof createModel>;

export const RUN_SECONDS = 3600;
const KEY_SECONDS = 24 * 3600;

export function createModel(definitionCount: number) {
  let now = 0;
  let queued = 0;
  const definitions = Array.from(
    { length: definitionCount },
    (): ModelDefinition => ({ isActive: true, runner: "takes" }),
  );
  const runs = new Set<ModelRun>();

  const isOverdue = (run: ModelRun) => run.status === "RUNNING" && run.deadlineAt <= now;
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
  function end(run: ModelRun, status: RunStatus, endedBy: string, type: RunEventType): void {
    const endedAt = type === "TIMED_OUT" ? run.deadlineAt : now;
    Object.assign(run, { status, endedBy, endedAt, dispatch: run.dispatch === "done" ? "done" : "none" });
    record(run, type);
  }
  function queue(run: ModelRun, type: RunEventType): void {
    record(run, type);
    if (runsOf(run.definition).some((other) => other !== run && isActive(other))) record(run, "QUEUED");
    Object.assign(run, { status: "PENDING", queuedAs: queued++, dispatch: "none", endedBy: null });
    runs.add(run);
  }

  function timeOut(definition: ModelDefinition): boolean {
    const overdue = runsOf(definition).filter(isOverdue);
    for (const run of overdue) end(run, "FAILED", "DEADLINE", "TIMED_OUT");
    return overdue.length > 0;
  }
  function promote(definition: ModelDefinition, dispatch: "later" | "due"): ModelRun | undefined {
    const isFree = runsOf(definition).every(({ status }) => status !== "RUNNING");
    const [next] = queueOf(definition);
    if (!next || !isFree || !definition.isActive || definition.runner === null) return undefined;
    Object.assign(next, { status: "RUNNING", deadlineAt: now + RUN_SECONDS, dispatch });
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
    timeOut(definition);
    const answer = act();
    const promoted = promote(definition, "later");
    const answered = answer();
    if (promoted && isDispatched) sendDispatch(promoted);
    return answered;
  }
  const refuse = (status: number) => () => ({ status });
  const answerRun = (status: number, run: ModelRun) => () => ({ status, run, stand: standOf(run) });

  return {
    definitions,
    runs,
    isOverdue,
    standOf,
    runsOf,
    endedSince: (run: ModelRun) => now - (isOverdue(run) ? run.deadlineAt : run.endedAt),
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
          end(run, result, "CALLBACK", result);
          return refuse(200);
        }
        if (run.status === result && run.endedBy === "CALLBACK") return refuse(200);
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

    replace: (definition: ModelDefinition, content: ModelDefinition, isDispatched: boolean) =>
      change(definition, isDispatched, () => {
        Object.assign(definition, content);
        return refuse(200);
      }),

    sweep(): void {
      for (const definition of definitions) if (timeOut(definition)) promote(definition, "due");
      for (const run of [...runs]) if (run.dispatch === "due") sendDispatch(run);
    },

    advance(seconds: number): void {
      now += seconds;
      for (const run of runs) if (run.dispatch === "later") run.dispatch = "due";
    },
  };
}
