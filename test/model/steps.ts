import fc from "fast-check";
import type { WhenBusy } from "../../src/db/enums.ts";
import {
  LIMITED,
  type ModelInstants,
  type ModelLimits,
  type ModelPlace,
  type Mood,
  type SuspendedFor,
} from "./model.ts";

export const DEFINITIONS = 4;

/**
 * What happens to the Worker that makes a change. "dies": it dies when the database has committed the change. "forgets": it
 * loses its connection to the database then, so it sends dispatches and cannot record their outcome.
 */
export type Fate = "lives" | "dies" | "forgets";

type RunStep = { run: number; fate: Fate };

/** One thing that happens. Runs are counted from the newest, round and round. */
export type Step =
  | { kind: "nothing" }
  | {
      kind: "invoke";
      definition: number;
      key: string | null;
      place: ModelPlace;
      instants: ModelInstants;
      fate: Fate;
    }
  | { kind: "fire"; definition: number; whenBusy: WhenBusy | null; place: ModelPlace; fate: Fate }
  | { kind: "invokeBatch"; definition: number; places: ModelPlace[]; fate: Fate }
  | ({ kind: "callBack"; result: "COMPLETED" | "FAILED"; isOfOldAttempt: boolean } & RunStep)
  | { kind: "lease"; most: number; fate: Fate }
  | ({ kind: "heartbeat" | "release"; isOfOldAttempt: boolean } & RunStep)
  | ({ kind: "suspend"; how: SuspendedFor; isOfOldAttempt: boolean } & RunStep)
  | ({ kind: "triggerChildren"; keys: string[]; isOfOldAttempt: boolean } & RunStep)
  | ({ kind: "answer" } & RunStep)
  | { kind: "signal"; definition: number; id: string; fate: Fate }
  | ({ kind: "stop" } & RunStep)
  | ({ kind: "stopWithGrace" } & RunStep)
  | ({ kind: "startNow" } & RunStep)
  | ({ kind: "prioritize"; priority: number } & RunStep)
  | ({ kind: "retry" } & RunStep)
  | ({ kind: "delete" } & RunStep)
  | { kind: "replace"; definition: number; isActive: boolean; runner: Mood | null; fate: Fate }
  | { kind: "limit"; definition: number; limits: ModelLimits; fate: Fate }
  | { kind: "sweep" }
  | { kind: "advance"; seconds: number };

const fate = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Fate>("lives") },
  { weight: 1, arbitrary: fc.constant<Fate>("dies") },
  { weight: 1, arbitrary: fc.constant<Fate>("forgets") },
);
const definition = fc.nat(DEFINITIONS - 1);
const run = fc.nat(7);
const ofRun = (kind: "answer" | "stop" | "stopWithGrace" | "startNow" | "retry" | "delete") =>
  fc.record({ kind: fc.constant(kind), run, fate });

const isOfOldAttempt = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
const ofRunner = (kind: "heartbeat" | "release") => fc.record({ kind: fc.constant(kind), isOfOldAttempt, run, fate });

/**
 * Steps of time. Added up they keep away from the limits, of which a run's is 3600 s and a key's 24 h: the time that
 * the steps take themselves must not decide anything. Each is longer than the longest pause between two dispatches, the time
 * that a stop gives, a lease, and the back-off of an automatic retry.
 */
const ADVANCES = [1000, 4000, 20 * 3600];

/** Most runs have none. */
const priority = fc.constantFrom(0, 0, 0, 0, 1, 5, 9);
const placeIn = (...keys: string[]) => fc.record({ concurrencyKey: fc.constantFrom(...keys), priority });

/** The nearest limits that a policy may have. */
const asAllowed = (limits: ModelLimits): ModelLimits => ({
  ...limits,
  maxPerKey: limits.maxPerKey && Math.min(limits.maxPerKey, limits.maxRunning),
  whenBusy: limits.whenBusy === "replace_running" && limits.maxRunning > 1 ? "replace_queued" : limits.whenBusy,
});

/** Most runs join at once and never expire. The instants keep away from the sums of the steps of time, too. */
const instants = fc.constantFrom<ModelInstants[]>(
  ...Array.from({ length: 5 }, () => ({ startAfter: null, mustStartBy: null })),
  { startAfter: 1500, mustStartBy: null },
  { startAfter: 2500, mustStartBy: 5500 },
  { startAfter: null, mustStartBy: 1500 },
  { startAfter: 2500, mustStartBy: 1500 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  // The first, so that whatever is not needed for a failure becomes nothing. By itself it hardly ever comes.
  { withCrossShrink: true },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "nothing" }) },
  {
    weight: 140,
    arbitrary: fc.record({
      kind: fc.constant("invoke"),
      definition,
      key: fc.constantFrom(null, null, null, "a", "b"),
      place: placeIn("", "", "x", "y", "z"),
      instants,
      fate,
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant("fire"),
      definition,
      whenBusy: fc.constantFrom(null, "queue", "skip", "replace_queued", "replace_running"),
      place: placeIn("", "", "x", "y"),
      fate,
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant("invokeBatch"),
      definition,
      places: fc.array(placeIn("", "x", "y"), { minLength: 1, maxLength: 3 }),
      fate,
    }),
  },
  {
    weight: 120,
    arbitrary: fc.record({
      kind: fc.constant("callBack"),
      result: fc.constantFrom("COMPLETED", "FAILED"),
      isOfOldAttempt,
      run,
      fate,
    }),
  },
  { weight: 100, arbitrary: fc.record({ kind: fc.constant("lease"), most: fc.constantFrom(1, 2, 5), fate }) },
  { weight: 60, arbitrary: ofRunner("heartbeat") },
  { weight: 30, arbitrary: ofRunner("release") },
  {
    weight: 80,
    arbitrary: fc.record({
      kind: fc.constant("suspend"),
      how: fc.constantFrom("timer", "fail", "continue", "signal", "children", "children", "failFast"),
      isOfOldAttempt,
      run,
      fate,
    }),
  },
  {
    weight: 140,
    arbitrary: fc.record({
      kind: fc.constant("triggerChildren"),
      keys: fc.subarray([..."abc"], { minLength: 1 }),
      isOfOldAttempt,
      run,
      fate,
    }),
  },
  { weight: 60, arbitrary: ofRun("answer") },
  {
    weight: 40,
    arbitrary: fc.record({ kind: fc.constant("signal"), definition, id: fc.constantFrom(..."abcdefgh"), fate }),
  },
  { weight: 40, arbitrary: ofRun("stop") },
  { weight: 60, arbitrary: ofRun("stopWithGrace") },
  { weight: 40, arbitrary: ofRun("startNow") },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant("prioritize"), priority, run, fate }) },
  { weight: 60, arbitrary: ofRun("retry") },
  { weight: 20, arbitrary: ofRun("delete") },
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant("replace"),
      definition,
      isActive: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      runner: fc.constantFrom<(Mood | null)[]>("takes", "takes", "takes", "busy", "refuses", "gone", null),
      fate,
    }),
  },
  {
    weight: 60,
    arbitrary: fc.record({
      kind: fc.constant("limit"),
      definition: fc.constantFrom(...LIMITED),
      limits: fc
        .record<ModelLimits>({
          maxRunning: fc.constantFrom(1, 2, 3, 4),
          maxPerKey: fc.constantFrom(null, 1, 2),
          whenBusy: fc.constantFrom("queue", "queue", "skip", "replace_queued", "replace_running"),
          hasGrace: fc.boolean(),
          maxQueued: fc.constantFrom(null, null, 1, 3),
        })
        .map(asAllowed),
      fate,
    }),
  },
  { weight: 60, arbitrary: fc.constant<Step>({ kind: "sweep" }) },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant("advance"), seconds: fc.constantFrom(...ADVANCES) }) },
);

export const stepsOf = (length: number) => fc.array(step, { minLength: length, maxLength: length });
