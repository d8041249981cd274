/**
 * A model of the rules of a run, as short as possible: without SQL and HTTP, and with its own clock. The service is compared with
 * it step by step.
 */
import type { FiringOutcome, RunEventType, RunStatus, WhenBusy } from "../../src/db/enums.ts";

/** What a definition's runner does with a dispatch. */
export type Mood = "takes" | "busy" | "refuses" | "gone";

/** "leases": its runs wait until a runner asks for one. Null: it has none. */
export type ModelRunner = Mood | "leases" | null;

export type ModelDefinition = {
  isActive: boolean;
  runner: ModelRunner;
  /** How many attempts the policy gives to a run that failed by itself: with 1 it is not retried. */
  maxAttempts: number;
  /** The last key whose turn it was. */
  lastKey: string | null;
  /** When each signal was received last, by its id, and those that are kept for the next run that asks, the oldest first. */
  received: Map<string, number>;
  kept: string[];
} & ModelLimits;

/**
 * How many runs are RUNNING at most, in total and with one concurrency key. Without the second, runs start first in, first out. What an
 * invoke does when its group is busy, and how many runs wait at most.
 */
export type ModelLimits = {
  maxRunning: number;
  maxPerKey: number | null;
  whenBusy: WhenBusy;
  /** Whether a RUNNING run that is replaced has time to end its work: {@link STOP_SECONDS}. */
  hasGrace: boolean;
  maxQueued: number | null;
};

/** Runs that were triggered together. `isEnded` once none of them was unfinished. */
export type ModelBatch = { count: number; isEnded: boolean };

export type ModelRun = {
  definition: ModelDefinition;
  batch: ModelBatch | null;
  /** Of a child: the run that has triggered it, and its key there, which is null once it is free for another one. */
  parent: ModelRun | null;
  childKey: string | null;
  key: string | null;
  /** Empty for a run without one. */
  concurrencyKey: string;
  priority: number;
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
  /**
   * When it joins its queue: at its `start_after`, or when its back-off is over, of an automatic retry, or of a release from the third
   * one on. 0 once it has joined.
   */
  notBefore: number;
  /** True while it is suspended. It resumes at `notBefore`, if not by an answer before, or fails at `mustStartBy`. */
  isSuspended: boolean;
  /** The attempt that has asked the last question, and whether that was answered. */
  asked: { attempt: number; isAnswered: boolean } | null;
  /** While it is suspended for a signal: its place among those that are, from 1. */
  signalPlace: number;
  /** While it is suspended for its children: whether they have ended. */
  haveChildrenEnded: (() => boolean) | null;
  /** When it expires unless it has started; infinite for a run that does not. */
  mustStartBy: number;
  endedAt: number;
  /** In which change it started last, and by which it ended: these order what the clock of the model puts at one instant. */
  startedIn: number;
  endedIn: number;
  queuedAs: number;
  events: `${RunEventType}.${number}`[];
  lateResults: Set<string>;
};

/**
 * What the service says: the status of its answer and, where it answers with a run, that run and how it stands. Where it answers with
 * the firing of a trigger, its outcome.
 */
export type Answer = {
  status: number;
  run?: ModelRun;
  stand?: RunStatus;
  batch?: ModelBatch;
  outcome?: FiringOutcome;
  children?: { run: ModelRun; stand: RunStatus; isNew: boolean }[];
};

export type Model = ReturnType<typeof createModel>;

export const RUN_SECONDS = 3600;
export const STOP_SECONDS = 60;
/** Shorter than each step of time, too. */
export const LEASE_SECONDS = 800;
/** Shorter than each step of time, as is the time of a stop. */
const BACK_OFF_SECONDS = 900;
/** How long a suspended run waits, as long as a back-off, since both are put off together. */
export const SUSPENSION_SECONDS = BACK_OFF_SECONDS;
/** How often a run can be given back without a back-off. */
const FREE_RELEASES = 2;
const KEY_SECONDS = 24 * 3600;
/** For how long a signal is kept, and known. */
const SIGNAL_SECONDS = 7 * 24 * 3600;

/**
 * Of the definitions, in their order: one whose runs are retried by themselves, one whose runs are not, one that leases, and one
 * whose runner takes every run. The limits of the last two change.
 */
const MAX_ATTEMPTS = [3, 1, 3, 3];
/** All children are runs of it. Of one that is sent to a URL while its parent ends, nobody knows whether it is accepted before it is stopped. */
export const LEASING = 2;
export const LIMITED = [LEASING, 3];
/** How many runs trigger each other in a chain. */
const MAX_DEPTH = 10;

const ENDED_BY = { TIMED_OUT: "DEADLINE", STOPPED: "STOP", LOST: "LEASE" };

/**
 * What a run waits for while it is suspended: an instant, an answer, without which it fails or goes on, a signal, without which it fails,
 * or its children: for all of them, or else it fails, or for the first that fails, or else it goes on.
 */
export type SuspendedFor = "timer" | "fail" | "continue" | "signal" | "children" | "failFast";

/** What is given of a run that decides where it waits. */
export type ModelPlace = Pick<ModelRun, "concurrencyKey" | "priority">;

/** What an invoke says of the start of its run, in seconds from now. */
export type ModelInstants = { startAfter: number | null; mustStartBy: number | null };

export function createModel(definitionCount: number) {
  let now = 0;
  let queued = 0;
  let changes = 0;
  let signalPlaces = 0;
  const definitions = Array.from(
    { length: definitionCount },
    (_, index): ModelDefinition => ({
      isActive: true,
      runner: index === LEASING ? "leases" : "takes",
      maxAttempts: MAX_ATTEMPTS[index] ?? 1,
      ...{ maxRunning: 1, maxPerKey: null, lastKey: null, whenBusy: "queue", hasGrace: false, maxQueued: null },
      ...{ received: new Map(), kept: [] },
    }),
  );
  const runs = new Set<ModelRun>();
  /** The runs that the last change has ended or deleted. */
  const ended = new Set<ModelRun>();
  /** Whose families are still to be looked after: parents of which a child has ended, and parents that have ended. */
  const due = { parents: new Set<ModelRun>(), endedParents: new Set<ModelRun>() };

  const endsAt = (run: ModelRun) =>
    run.status === "PENDING" ? run.mustStartBy : Math.min(run.deadlineAt, run.stopEndsAt, run.leaseEndsAt);
  const isOverdue = (run: ModelRun) => isActive(run) && endsAt(run) <= now;
  const overdueEvent = (run: ModelRun) => {
    if (run.status === "PENDING" || endsAt(run) === run.deadlineAt) return "TIMED_OUT";
    return endsAt(run) === run.stopEndsAt ? "STOPPED" : "LOST";
  };
  const isActive = (run: ModelRun) => run.status === "PENDING" || run.status === "RUNNING";
  /** The status that readers see, before the sweep and after it. */
  const standOf = (run: ModelRun): RunStatus => (isOverdue(run) ? "FAILED" : run.status);
  const runsOf = (definition: ModelDefinition) => [...runs].filter((run) => run.definition === definition);
  /**
   * The queue of a definition, those with a higher priority first. Those whose instant has come are at the end of their priority, also before a change lets them join. Of those with the same instant,
   * the one that was triggered first comes first, as in `runs`.
   */
  const queueOf = (definition: ModelDefinition) =>
    runsOf(definition)
      .filter((run) => run.status === "PENDING" && run.notBefore <= now && !isOverdue(run))
      .sort(
        (a, b) =>
          b.priority - a.priority || a.notBefore - b.notBefore || (a.notBefore > 0 ? 0 : a.queuedAs - b.queuedAs),
      );

  function record(run: ModelRun, type: RunEventType): void {
    run.events.push(`${type}.${run.attempt}`);
  }
  function end(run: ModelRun, status: RunStatus, endedBy: string, type: RunEventType, endedAt = now): void {
    const endedIn = endedAt === now ? changes : run.startedIn;
    Object.assign(run, { status, endedBy, endedAt, endedIn, dispatch: run.dispatch === "done" ? "done" : "none" });
    record(run, type);
  }
  const membersOf = (batch: ModelBatch) => [...runs].filter((run) => run.batch === batch);
  const childrenOf = (parent: ModelRun) => [...runs].filter((run) => run.parent === parent);
  /** What follows when a run has ended for good, or is about to be deleted: its parent may go on, its children stop, and its batch may have ended. */
  function noteEnd(run: ModelRun, deleted?: ModelRun): void {
    const { batch, parent } = run;
    ended.add(run);
    // Of a run that had ended before it is deleted, it was noted then.
    if (deleted === undefined ? !isActive(run) : isActive(run)) {
      if (parent) due.parents.add(parent);
      if (run.status !== "COMPLETED" && childrenOf(run).length > 0) due.endedParents.add(run);
    }
    if (batch === null || batch.isEnded) return;
    const members = membersOf(batch).filter((run) => run !== deleted);
    if (members.some(isActive)) return;
    batch.isEnded = true;
    // One that has not joined the queue has no place there.
    const placeOf = (run: ModelRun) =>
      run.notBefore > 0 ? Number.NEGATIVE_INFINITY : run.queuedAs - run.priority * 2 ** 49;
    const byEnd = (a: ModelRun, b: ModelRun) =>
      a.endedAt - b.endedAt || a.endedIn - b.endedIn || (placeOf(a) < placeOf(b) ? -1 : 1);
    const last = members.sort(byEnd).at(-1);
    if (last) record(last, "BATCH_ENDED");
  }
  function queue(run: ModelRun, type: RunEventType): void {
    record(run, type);
    if (mustWait(run)) record(run, "QUEUED");
    putBack(run);
    runs.add(run);
  }
  function putBack(run: ModelRun): void {
    Object.assign(run, { status: "PENDING", queuedAs: queued++, dispatch: "none", endedBy: null });
    Object.assign(run, {
      isStopReported: false,
      notBefore: 0,
      mustStartBy: Number.POSITIVE_INFINITY,
      isSuspended: false,
    });
    letGo(run);
  }
  /** A suspended run gets the place again that it had. */
  function join(run: ModelRun): void {
    if (!run.isSuspended) run.queuedAs = queued++;
    if (run.isSuspended) run.mustStartBy = Number.POSITIVE_INFINITY;
    Object.assign(run, { notBefore: 0, isSuspended: false });
  }
  function letGo(run: ModelRun): void {
    const never = Number.POSITIVE_INFINITY;
    Object.assign(run, { stopEndsAt: never, leaseEndsAt: never, isStopKnown: false });
  }
  const countEvents = (run: ModelRun, type: RunEventType) =>
    run.events.filter((event) => event.startsWith(`${type}.`)).length;
  /** The attempts that count for the policy: those that ended because the run was given back or suspended have not failed. */
  const countAttempts = (run: ModelRun) => run.attempt - countEvents(run, "RELEASED") - countEvents(run, "SUSPENDED");
  /** What follows when a run has failed by itself, unless somebody had asked to stop it. */
  function retryByPolicy(run: ModelRun): void {
    const hadAll = countAttempts(run) >= run.definition.maxAttempts;
    if (hadAll || run.stopEndsAt < Number.POSITIVE_INFINITY) return;
    run.attempt += 1;
    record(run, "RETRIED");
    putBack(run);
    run.notBefore = now + BACK_OFF_SECONDS;
  }

  /** What has happened by time to the runs of a definition. */
  function endOverdue(definition: ModelDefinition): void {
    queueOf(definition)
      .filter(({ notBefore }) => notBefore > 0)
      .forEach(join);
    const overdue = runsOf(definition).filter(isOverdue);
    for (const run of overdue) {
      const type = overdueEvent(run);
      const hasStarted = run.status === "RUNNING";
      end(run, "FAILED", ENDED_BY[type], type, endsAt(run));
      if (hasStarted) retryByPolicy(run);
    }
    for (const run of overdue) noteEnd(run);
  }
  const isRunning = (run: ModelRun) => run.status === "RUNNING";
  /** True when no run with this key may start, whether or not a slot is free, since as many of `held` have it as may. */
  const isFull = ({ maxPerKey }: ModelDefinition, key: string, held: readonly ModelRun[]) =>
    key !== "" && held.filter(({ concurrencyKey }) => concurrencyKey === key).length >= (maxPerKey ?? held.length + 1);
  /** The run that starts next. `holds` says which runs hold a slot. */
  function nextOf(definition: ModelDefinition, holds = isRunning): ModelRun | undefined {
    const held = runsOf(definition).filter(holds);
    if (held.length >= definition.maxRunning) return undefined;
    const able = queueOf(definition).filter(({ concurrencyKey }) => !isFull(definition, concurrencyKey, held));
    if (definition.maxPerKey === null) return able[0];
    const keys = able.map(({ concurrencyKey }) => concurrencyKey).sort();
    const key = keys.find((one) => definition.lastKey !== null && one > definition.lastKey) ?? keys[0];
    return able.find(({ concurrencyKey }) => concurrencyKey === key);
  }
  function mustWait({ definition, concurrencyKey, priority }: ModelRun): boolean {
    const held = runsOf(definition).filter(isRunning);
    const isBefore = (other: ModelRun) =>
      other.priority >= priority && (definition.maxPerKey === null || other.concurrencyKey === concurrencyKey);
    return (
      held.length >= definition.maxRunning ||
      isFull(definition, concurrencyKey, held) ||
      queueOf(definition).some(isBefore) ||
      (definition.maxPerKey !== null && nextOf(definition) !== undefined)
    );
  }
  function start(run: ModelRun, dispatch: ModelRun["dispatch"]): void {
    Object.assign(run, { status: "RUNNING", deadlineAt: now + RUN_SECONDS, startedIn: changes, dispatch });
    run.mustStartBy = Number.POSITIVE_INFINITY;
    record(run, "STARTED");
    if (run.definition.maxPerKey !== null) run.definition.lastKey = run.concurrencyKey;
  }
  function promote(definition: ModelDefinition, dispatch: "later" | "due"): ModelRun[] {
    const promoted: ModelRun[] = [];
    if (!definition.isActive || definition.runner === null || definition.runner === "leases") return promoted;
    for (let next = nextOf(definition); next; next = nextOf(definition)) {
      start(next, dispatch);
      promoted.push(next);
    }
    return promoted;
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
        changes++;
        record(run, "DISPATCH_FAILED");
        end(run, "FAILED", "DISPATCH", "FAILED");
        if (definition.runner === null) retryByPolicy(run);
        noteEnd(run);
        if (definition.runner === "gone" && definition.isActive) {
          definition.isActive = false;
          record(run, "PAUSED");
        }
        promote(definition, "later").forEach(sendDispatch);
      }
    }
  }

  /**
   * The steps of every change: end the overdue runs, make the change, promote the next runs, answer, send the dispatches, and do what is
   * due to families. `other` is a second definition that is changed.
   */
  function change(
    definition: ModelDefinition,
    isDispatched: boolean,
    act: () => () => Answer,
    other = definition,
  ): Answer {
    const locked = [...new Set([definition, other])];
    changes++;
    ended.clear();
    locked.forEach(endOverdue);
    const answer = act();
    const promoted = locked.flatMap((one) => promote(one, "later"));
    const answered = answer();
    if (isDispatched) promoted.forEach(sendDispatch);
    if (isDispatched) followEnds();
    return answered;
  }
  /** A Worker looks for what is due to families when it has ended a run that is not retried, or has deleted one. */
  function followEnds(): void {
    if ([...ended].some((run) => !runs.has(run) || !isActive(run))) followFamilies("later");
  }
  const hasUrl = ({ definition: { runner } }: ModelRun) => runner !== null && runner !== "leases";
  const hasLease = (run: ModelRun) => run.leaseEndsAt < Number.POSITIVE_INFINITY;
  const isToStop = (run: ModelRun) => run.stopEndsAt < Number.POSITIVE_INFINITY;
  function hearOfStop(run: ModelRun): void {
    if (!run.isStopKnown) record(run, "STOP_ACKNOWLEDGED");
    run.isStopKnown = true;
  }
  /** Gives a run time to end its work, and says whether this is less than before. One whose runner could not hear of it ends at once. */
  function askToStop(run: ModelRun): boolean {
    if (run.status === "PENDING" || !(hasUrl(run) || hasLease(run))) {
      end(run, "FAILED", "STOP", "STOPPED");
      noteEnd(run);
    } else if (now + STOP_SECONDS < run.stopEndsAt) {
      run.stopEndsAt = now + STOP_SECONDS;
      // It is not sent again before the stop is over.
      if (run.dispatch === "due") run.dispatch = "later";
      record(run, "STOP_REQUESTED");
      return true;
    }
    return false;
  }
  function sendStop(run: ModelRun): void {
    if (!hasUrl(run)) return;
    record(run, "STOP_SENT");
    if (run.definition.runner === "takes") hearOfStop(run);
  }
  const childrenToStop = (parent: ModelRun) =>
    runs.has(parent) && parent.status !== "FAILED"
      ? []
      : childrenOf(parent).filter((run) => isActive(run) && !isToStop(run));
  /** Their runners get the time that the parent's had, if somebody has stopped it. */
  function stopChildrenOf(parent: ModelRun): void {
    const hasGrace = runs.has(parent) && parent.events.includes(`STOP_REQUESTED.${parent.attempt}`);
    for (const child of childrenToStop(parent)) {
      if (hasGrace) askToStop(child);
      else {
        end(child, "FAILED", "STOP", "STOPPED");
        noteEnd(child);
      }
    }
  }
  /** Says from now on whether those children of a run have ended whose keys are in use, or, with `isFailFast`, whether one has failed. */
  function endOfChildren(parent: ModelRun, isFailFast: boolean): () => boolean {
    const children = childrenOf(parent).filter(({ childKey }) => childKey !== null);
    const hasFailed = (child: ModelRun) => !runs.has(child) || child.status === "FAILED";
    return () =>
      (isFailFast && children.some(hasFailed)) ||
      children.every((child) => hasFailed(child) || child.status === "COMPLETED");
  }
  /** Lets parents go on whose children have ended, and stops the unfinished children of parents that have ended otherwise than COMPLETED. */
  function followFamilies(dispatch: "later" | "due"): void {
    while (due.parents.size + due.endedParents.size > 0) {
      changes++;
      const [parents, endedParents] = [[...due.parents], [...due.endedParents]];
      due.parents.clear();
      due.endedParents.clear();
      const involved = [...parents.filter((run) => runs.has(run)), ...endedParents.flatMap(childrenToStop)];
      const locked = [...new Set(involved.map(({ definition }) => definition))];
      locked.forEach(endOverdue);
      parents.filter((run) => runs.has(run) && isAway(run) && run.haveChildrenEnded?.()).forEach(join);
      endedParents.forEach(stopChildrenOf);
      const promoted = locked.flatMap((definition) => promote(definition, dispatch));
      if (dispatch === "later") promoted.forEach(sendDispatch);
    }
  }
  const isDelayed = (run: ModelRun) => run.status === "PENDING" && run.attempt === 1 && run.notBefore > now;
  const isAway = (run: ModelRun) => run.isSuspended && isActive(run) && run.notBefore > now;
  const isKnown = ({ received }: ModelDefinition, signal: string) =>
    (received.get(signal) ?? Number.NEGATIVE_INFINITY) > now - SIGNAL_SECONDS;
  const unfinishedOf = (definition: ModelDefinition) =>
    runsOf(definition).filter((run) => isActive(run) && !isDelayed(run) && !isAway(run));
  /** The unfinished runs of a run's key, when each key has a limit, and else of its definition. */
  const groupOf = ({ definition, concurrencyKey }: ModelRun) =>
    unfinishedOf(definition).filter((run) => definition.maxPerKey === null || run.concurrencyKey === concurrencyKey);
  const limitOf = ({ definition: { maxRunning, maxPerKey }, concurrencyKey }: ModelRun) =>
    concurrencyKey === "" ? maxRunning : (maxPerKey ?? maxRunning);
  const startsAtOnce = (run: ModelRun) => hasUrl(run) && !mustWait(run);
  const newRun = (
    more: Pick<ModelRun, "definition" | "batch" | "key" | keyof ModelPlace> &
      Partial<Pick<ModelRun, "parent" | "childKey">>,
  ): ModelRun => ({
    ...{ parent: null, childKey: null, haveChildrenEnded: null },
    ...{ status: "PENDING", attempt: 1, endedBy: null, dispatch: "none", ...more },
    ...{ createdAt: now, deadlineAt: 0, endedAt: 0, startedIn: 0, endedIn: 0, queuedAs: 0, events: [] },
    ...{ stopEndsAt: Number.POSITIVE_INFINITY, isStopReported: false, notBefore: 0, lateResults: new Set() },
    ...{ leaseEndsAt: Number.POSITIVE_INFINITY, isStopKnown: false, mustStartBy: Number.POSITIVE_INFINITY },
    ...{ isSuspended: false, asked: null, signalPlace: 0 },
  });
  /** Triggers a run that joins the queue at once. A policy, or a trigger, decides what happens when its group is busy. */
  function triggerNow(run: ModelRun, whenBusy: WhenBusy, asked: ModelRun[]): FiringOutcome {
    const { definition } = run;
    const inTheWay = groupOf(run);
    const isBusy = whenBusy !== "queue" && inTheWay.length >= limitOf(run);
    const replaced = isBusy ? inTheWay.filter(({ status }) => status === "PENDING") : [];
    if (isBusy && whenBusy === "skip") return "SKIPPED";
    const waiting = unfinishedOf(definition).filter(({ status }) => status === "PENDING");
    const isQueueFull = waiting.length >= (definition.maxQueued ?? Number.POSITIVE_INFINITY);
    if (isQueueFull && replaced.length === 0 && !startsAtOnce(run)) return "REFUSED";
    for (const other of replaced) end(other, "FAILED", "STOP", "STOPPED");
    for (const other of replaced) noteEnd(other);
    if (whenBusy === "replace_running") {
      const away = runsOf(definition).filter(
        (other) => isAway(other) && (definition.maxPerKey === null || other.concurrencyKey === run.concurrencyKey),
      );
      for (const other of away) end(other, "FAILED", "STOP", "STOPPED");
      for (const other of away) noteEnd(other);
    }
    if (isBusy && whenBusy === "replace_running") {
      for (const other of inTheWay.filter(isRunning)) {
        if (definition.hasGrace) {
          if (askToStop(other)) asked.push(other);
        } else {
          end(other, "FAILED", "STOP", "STOPPED");
          noteEnd(other);
        }
      }
    }
    queue(run, "TRIGGERED");
    return "FIRED";
  }
  /**
   * Triggers runs of a definition together. Returns what is recorded once runs were promoted: all wait that still are PENDING, except a first
   * one that waits only for a runner.
   */
  function triggerTogether(triggered: readonly ModelRun[]): () => void {
    const [first] = triggered.toSorted((a, b) => b.priority - a.priority);
    const firstWaits = first !== undefined && mustWait(first);
    for (const run of triggered) {
      record(run, "TRIGGERED");
      putBack(run);
      runs.add(run);
    }
    return () => {
      for (const run of triggered) {
        if (run.status === "PENDING" && (firstWaits || run !== first)) record(run, "QUEUED");
      }
    };
  }
  /** True when a definition lets so many runs be triggered together. */
  function hasRoomFor(definition: ModelDefinition, count: number): boolean {
    const waiting = unfinishedOf(definition).filter(({ status }) => status === "PENDING");
    const isOpen = definition.isActive && definition.runner !== null;
    return isOpen && waiting.length + count <= (definition.maxQueued ?? Number.POSITIVE_INFINITY);
  }
  const depthOf = ({ parent }: ModelRun): number => (parent === null ? 0 : depthOf(parent) + 1);
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
    /** The place of a PENDING run in its queue; 0 until it joins. When keys take turns, each key has a queue of its own. */
    placeOf: (run: ModelRun) =>
      queueOf(run.definition)
        .filter((other) => run.definition.maxPerKey === null || other.concurrencyKey === run.concurrencyKey)
        .indexOf(run) + 1,
    /** Of the runs in the way of a PENDING run, those that end first. */
    blockersOf({ definition, concurrencyKey }: ModelRun): ModelRun[] {
      const held = runsOf(definition).filter((run) => isRunning(run) && !isOverdue(run));
      const isKeyFull = isFull(definition, concurrencyKey, held);
      if (!isKeyFull && held.length < definition.maxRunning) return [];
      const inTheWay = held.filter((run) => !isKeyFull || run.concurrencyKey === concurrencyKey);
      const first = Math.min(...inTheWay.map(endsAt));
      return inTheWay.filter((run) => endsAt(run) === first);
    },

    invoke(
      definition: ModelDefinition,
      key: string | null,
      place: ModelPlace,
      { startAfter, mustStartBy }: ModelInstants,
      isDispatched: boolean,
    ) {
      const asked: ModelRun[] = [];
      const answer = change(definition, isDispatched, () => {
        const known = runsOf(definition)
          .filter((run) => key !== null && run.key === key && (isActive(run) || run.createdAt > now - KEY_SECONDS))
          .at(-1);
        if (known) return answerRun(202, known);
        if (!definition.isActive || definition.runner === null) return refuse(409);
        if (mustStartBy !== null && mustStartBy <= (startAfter ?? 0)) return refuse(422);
        const run = newRun({ definition, batch: null, key, ...place });
        const expires = { mustStartBy: mustStartBy === null ? Number.POSITIVE_INFINITY : now + mustStartBy };
        if (startAfter !== null) {
          record(run, "TRIGGERED");
          runs.add(run);
          Object.assign(run, { notBefore: now + startAfter, ...expires });
          return answerRun(202, run);
        }
        if (triggerNow(run, definition.whenBusy, asked) !== "FIRED") return refuse(409);
        Object.assign(run, expires);
        return answerRun(202, run);
      });
      if (isDispatched) asked.forEach(sendStop);
      return answer;
    },

    /** Fires a trigger by hand, with its own `when_busy` or that of the policy. */
    fire(definition: ModelDefinition, whenBusy: WhenBusy | null, place: ModelPlace, isDispatched: boolean) {
      const asked: ModelRun[] = [];
      const answer = change(definition, isDispatched, () => {
        const isOpen = definition.isActive && definition.runner !== null;
        const isUnclear = whenBusy === "replace_running" && definition.maxRunning > 1;
        const run = newRun({ definition, batch: null, key: null, ...place });
        const outcome =
          isOpen && !isUnclear ? triggerNow(run, whenBusy ?? definition.whenBusy, asked) : ("REFUSED" as const);
        return () => ({ status: 202, outcome });
      });
      if (isDispatched) asked.forEach(sendStop);
      return answer;
    },

    /** Triggers a run for each of these places together. */
    invokeBatch: (definition: ModelDefinition, places: readonly ModelPlace[], isDispatched: boolean) =>
      change(definition, isDispatched, () => {
        if (!hasRoomFor(definition, places.length)) return refuse(409);
        const batch: ModelBatch = { count: places.length, isEnded: false };
        const noteQueued = triggerTogether(places.map((place) => newRun({ definition, batch, key: null, ...place })));
        return () => {
          noteQueued();
          return { status: 202, batch };
        };
      }),

    /** The runner of a run asks for children with these keys: those that are there already are the same. */
    triggerChildren: (run: ModelRun, attempt: number, keys: readonly string[], isDispatched: boolean) => {
      const definition = definitions[LEASING] ?? run.definition;
      const act = () => {
        if (attempt !== run.attempt || run.status !== "RUNNING" || isToStop(run)) return refuse(409);
        const known = childrenOf(run);
        const newKeys = keys.filter((key) => !known.some(({ childKey }) => childKey === key));
        if (newKeys.length > 0 && (depthOf(run) >= MAX_DEPTH || !hasRoomFor(definition, newKeys.length)))
          return refuse(409);
        const place = { concurrencyKey: "", priority: 0 };
        const triggered = newKeys.map((childKey) =>
          newRun({ definition, batch: null, key: null, ...place, parent: run, childKey }),
        );
        const noteQueued = triggerTogether(triggered);
        return () => {
          noteQueued();
          const children = keys
            .flatMap((key) => [...known, ...triggered].find(({ childKey }) => childKey === key) ?? [])
            .map((child) => ({ run: child, stand: standOf(child), isNew: triggered.includes(child) }));
          return { status: 200, children };
        };
      };
      return change(run.definition, isDispatched, act, definition);
    },

    /** How many runs of a batch are in each state, and whether it has ended: for readers, also when that is not recorded yet. */
    batchOf(batch: ModelBatch) {
      const members = membersOf(batch);
      const count = (stand: RunStatus) => members.filter((run) => standOf(run) === stand).length;
      const willBeRetried = (run: ModelRun) =>
        isRunning(run) &&
        countAttempts(run) < run.definition.maxAttempts &&
        run.stopEndsAt === Number.POSITIVE_INFINITY;
      const isOver = members.every((run) => (isOverdue(run) ? !willBeRetried(run) : !isActive(run)));
      return {
        ...{ run_count: batch.count, deleted: batch.count - members.length },
        ...{ pending: count("PENDING"), running: count("RUNNING") },
        ...{ completed: count("COMPLETED"), failed: count("FAILED") },
        isEnded: batch.isEnded || isOver,
      };
    },

    callBack: (run: ModelRun, attempt: number, result: "COMPLETED" | "FAILED", isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (attempt !== run.attempt) return refuse(409);
        if (run.status === "RUNNING") {
          if (run.dispatch !== "done") record(run, "DISPATCHED");
          run.dispatch = "done";
          run.isStopReported = result === "FAILED" && run.stopEndsAt < Number.POSITIVE_INFINITY;
          if (run.isStopReported) end(run, result, "STOP", "STOPPED");
          else end(run, result, "CALLBACK", result);
          noteEnd(run);
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
        noteEnd(run);
        return answerRun(200, run);
      }),

    /** A stop that gives the runner time, and the message to it. A run whose runner could not hear of it ends at once. */
    stopWithGrace: (run: ModelRun, isDispatched: boolean) => {
      let isAsked = false;
      const answer = change(run.definition, isDispatched, () => {
        if (!isActive(run)) return refuse(409);
        isAsked = askToStop(run);
        return answerRun(200, run);
      });
      if (isAsked && isDispatched) sendStop(run);
      return answer;
    },

    /** A runner asks for up to so many runs. Returns those that it gets. */
    lease(most: number, isDispatched: boolean): ModelRun[] {
      const holds = (run: ModelRun) => isRunning(run) && !isOverdue(run);
      const definition = definitions.find(
        (one) => one.runner === "leases" && one.isActive && nextOf(one, holds) !== undefined,
      );
      const leased: ModelRun[] = [];
      if (!definition) return leased;
      changes++;
      ended.clear();
      endOverdue(definition);
      for (let run = nextOf(definition); run && leased.length < most; run = nextOf(definition)) {
        start(run, "done");
        run.leaseEndsAt = now + LEASE_SECONDS;
        record(run, "LEASED");
        leased.push(run);
      }
      if (isDispatched) followEnds();
      return leased;
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
          noteEnd(run);
          return refuse(200);
        }
        run.attempt += 1;
        record(run, "RELEASED");
        Object.assign(run, { status: "PENDING", dispatch: "none" });
        if (countEvents(run, "RELEASED") > FREE_RELEASES) run.notBefore = now + BACK_OFF_SECONDS;
        letGo(run);
        return refuse(200);
      }),

    /**
     * Its runner suspends it: until an instant, or until somebody has answered a question or sent a signal, or its children have ended, or the
     * time for that is over.
     */
    suspend: (run: ModelRun, attempt: number, how: SuspendedFor, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (attempt !== run.attempt || run.status !== "RUNNING") return refuse(409);
        if (isToStop(run)) {
          end(run, "FAILED", "STOP", "STOPPED");
          noteEnd(run);
          return refuse(409);
        }
        if (run.dispatch !== "done") record(run, "DISPATCHED");
        run.dispatch = "done";
        const { definition } = run;
        definition.kept = definition.kept.filter((signal) => isKnown(definition, signal));
        if (how === "signal" && definition.kept.shift() !== undefined) {
          record(run, "SIGNALLED");
          return refuse(200);
        }
        const isForChildren = how === "children" || how === "failFast";
        run.haveChildrenEnded = isForChildren ? endOfChildren(run, how === "failFast") : null;
        if (run.haveChildrenEnded?.()) return refuse(200);
        if (how === "fail" || how === "continue") run.asked = { attempt, isAnswered: false };
        run.signalPlace = how === "signal" ? ++signalPlaces : 0;
        run.attempt += 1;
        record(run, "SUSPENDED");
        Object.assign(run, { status: "PENDING", dispatch: "none", isSuspended: true });
        const never = Number.POSITIVE_INFINITY;
        const at = now + SUSPENSION_SECONDS;
        Object.assign(
          run,
          how === "fail" || how === "signal" || how === "children"
            ? { notBefore: never, mustStartBy: at }
            : { notBefore: at, mustStartBy: never },
        );
        letGo(run);
        return refuse(200);
      }),

    /** Somebody answers the last question. */
    answer: (run: ModelRun, asked: NonNullable<ModelRun["asked"]>, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (asked.isAnswered) return refuse(200);
        if (!isAway(run) || asked.attempt !== run.attempt - 1) return refuse(409);
        asked.isAnswered = true;
        record(run, "ANSWERED");
        join(run);
        return refuse(200);
      }),

    /** Somebody sends the signal that all runs of a definition wait for, if they do. With the same id again, it is the same one. */
    signal: (definition: ModelDefinition, id: string, isDispatched: boolean) =>
      change(definition, isDispatched, () => {
        if (isKnown(definition, id)) return refuse(200);
        definition.received.set(id, now);
        definition.kept = definition.kept.filter((signal) => signal !== id);
        const [first] = runsOf(definition)
          .filter((run) => isAway(run) && run.signalPlace > 0)
          .sort((a, b) => a.signalPlace - b.signalPlace);
        if (first) {
          record(first, "SIGNALLED");
          join(first);
        } else definition.kept.push(id);
        return refuse(200);
      }),

    startNow: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (run.status !== "PENDING" || run.notBefore === 0 || run.isSuspended) return refuse(409);
        join(run);
        record(run, "QUEUED");
        return answerRun(200, run);
      }),

    prioritize: (run: ModelRun, priority: number, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (run.status !== "PENDING") return refuse(409);
        if (run.priority !== priority) record(run, "PRIORITIZED");
        run.priority = priority;
        return answerRun(200, run);
      }),

    retry: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        const { isActive: isOpen, runner } = run.definition;
        if (run.status !== "FAILED" || !isOpen || runner === null) return refuse(409);
        const hasSameKey = (other: ModelRun) => other !== run && other.key === run.key && isActive(other);
        if (run.key !== null && runsOf(run.definition).some(hasSameKey)) return refuse(409);
        run.attempt += 1;
        if (run.asked?.isAnswered === false) run.asked = null;
        for (const child of childrenOf(run)) if (child.status === "FAILED" || isToStop(child)) child.childKey = null;
        queue(run, "RETRIED");
        return answerRun(202, run);
      }),

    delete: (run: ModelRun, isDispatched: boolean) =>
      change(run.definition, isDispatched, () => {
        if (run.status === "RUNNING") return refuse(409);
        noteEnd(run, run);
        runs.delete(run);
        return refuse(204);
      }),

    replace: (
      definition: ModelDefinition,
      content: Pick<ModelDefinition, "isActive" | "runner"> | ModelLimits,
      isDispatched: boolean,
    ) =>
      change(definition, isDispatched, () => {
        Object.assign(definition, content);
        return refuse(200);
      }),

    /** True when something is due to a family, which no Worker has done yet. */
    isFamilyDue: () => due.parents.size + due.endedParents.size > 0,

    sweep(): void {
      for (const definition of definitions) {
        changes++;
        endOverdue(definition);
        promote(definition, "due");
      }
      followFamilies("due");
      for (const run of [...runs]) if (run.dispatch === "due") sendDispatch(run);
    },

    advance(seconds: number): void {
      now += seconds;
      for (const run of runs) if (run.dispatch === "later") run.dispatch = "due";
    },
  };
}
