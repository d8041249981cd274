import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { openSet, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { FAILURE_CODES, ON_TIMEOUT, RUN_STATUSES, WAIT_KINDS } from "../../db/enums.ts";
import type { Live } from "../../http/live/live.ts";
import { findPresence, hasTags, isConnected, missingTags, runnerSessionSchema } from "../leases/presence.ts";
import { OF_RUN } from "../refusals.ts";
import { WAIT_REASONS, type WaitReason } from "../run-rows.ts";
import { MOST_PLACES } from "./details-schema.ts";

/** `no_runner_connected`: see {@link whyWaiting}. */
export const EXPLAINED_REASONS = [...WAIT_REASONS, "no_runner_connected"] as const;
export type ExplainedReason = (typeof EXPLAINED_REASONS)[number];

/**
 * Why a run waits, now that it is known how many runners are connected that may lease it (null when its runs are not leased).
 * Without any, it waits for one, whether or not it is its turn.
 */
export function whyWaiting(reason: WaitReason | null, runnersConnected: number | null): ExplainedReason | null {
  const mayWaitForRunner = reason === "slot" || reason === "key" || reason === "lease";
  return mayWaitForRunner && runnersConnected === 0 ? "no_runner_connected" : reason;
}

const blockerSchema = z.object({ run_id: z.string(), deadline_at: z.string() });

const explanationSchema = z.object({
  status: z.enum(RUN_STATUSES),
  reason: openSet(WAIT_REASONS).nullable(),
  failure_code: openSet(FAILURE_CODES).nullable(),
  error: z.string().nullable(),
  deadline_at: z.string().nullable(),
  dispatched_at: z.string().nullable(),
  queue_position: z.int().nullable(),
  priority: z.int().default(0),
  higher_before: z.int().nullable().default(null),
  concurrency_key: z.string().nullable(),
  keys_take_turns: z.boolean(),
  keys_before: z.int().nullable().default(null),
  blocked_by: blockerSchema.nullable(),
  blockers: z.array(blockerSchema),
  start_after: z.string().nullable().default(null),
  must_start_by: z.string().nullable().default(null),
  tries: z.int().nullable(),
  last_error: z.string().nullable(),
  next_try_at: z.string().nullable(),
  suspension: z
    .object({
      since: z.string(),
      ends_at: z.string(),
      on_timeout: z.enum(ON_TIMEOUT),
      note: z.string().nullable(),
      waits: z.array(
        z.object({
          key: z.string(),
          kind: openSet(WAIT_KINDS),
          prompt: z.string().nullable(),
          due_at: z.string().nullable(),
          name: z.string().nullable().default(null),
          correlation: z.string().nullable().default(null),
          children: z.object({ total: z.int(), ended: z.int() }).nullable().default(null),
        }),
      ),
    })
    .nullish()
    .transform((suspension) => suspension ?? null),
  stop: z
    .object({
      reason: z.string().nullable(),
      requested_at: z.string(),
      acknowledged_at: z.string().nullable(),
      ends_at: z.string(),
    })
    .nullable(),
  runner_tags: z.array(z.string()).default([]),
  sessions: z.array(runnerSessionSchema).nullable(),
  now: z.string(),
  runner_last_seen_at: z.string().nullable(),
  durations: z.object({ p50_seconds: z.number(), p95_seconds: z.number(), runs: z.int() }).nullable(),
  estimated_start_at: z.object({ p50: z.string(), p95: z.string() }).nullable(),
});

/** The facts that explain why a run waits: see `explain_run` in SQL. Instants are RFC 3339. */
export type Explanation = Omit<z.infer<typeof explanationSchema>, "sessions" | "runner_tags" | "now" | "reason"> & {
  reason: ExplainedReason | null;
  /** The number of connected runners that may lease the run. Null when its runs are not leased. */
  runners_connected: number | null;
  /** The tags that keep the connected runners from the run: see `missingTags`. */
  missing_tags: string[];
};

const answerSchema = z.object({ tenant_id: z.string(), explanation: explanationSchema });

/**
 * Why a run waits, or that it does not wait.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function explainRun(
  { db, live }: { db: Database; live: Live },
  credential: Credential,
  runId: string,
): Promise<Explanation> {
  const answer = await readFor(db, credential, "explain_run", { run_id: runId }, answerSchema, OF_RUN);
  const { sessions, runner_tags: tags, now, ...facts } = answer.explanation;
  if (sessions === null) return { ...facts, runners_connected: null, missing_tags: [] };
  const runners = await findPresence(live, answer.tenant_id, sessions, now);
  const isThere = runners.filter(isConnected);
  const connected = isThere.filter(hasTags);
  const reason = whyWaiting(facts.reason, connected.length);
  const seen = [facts.runner_last_seen_at, ...runners.map((runner) => runner.last_seen_at)];
  return {
    ...facts,
    reason,
    ...(reason === "no_runner_connected" && { estimated_start_at: null }),
    runners_connected: connected.length,
    missing_tags: missingTags(tags, isThere),
    runner_last_seen_at:
      seen
        .filter((at) => at !== null)
        .sort()
        .at(-1) ?? null,
  };
}

/** `keys_before` in SQL counts up to this. */
const MOST_KEYS_BEFORE = 1_000;

/** The facts as one sentence for people. */
export function describeWait(facts: Explanation): string {
  switch (facts.status) {
    case "PENDING":
      return `${describePending(facts)}${describeLimit(facts)}.`;
    case "RUNNING":
      return describeRunning(facts);
    case "COMPLETED":
      return "It does not wait: it is COMPLETED.";
    case "FAILED":
      if (facts.failure_code === "SUPERSEDED") return `It does not wait: it was s${facts.error?.slice(1)}`;
      if (facts.failure_code === "EXPIRED" || facts.failure_code === "WAIT_EXPIRED")
        return `It does not wait any more. ${facts.error}`;
      return `It does not wait: it is FAILED (${facts.failure_code}).`;
  }
}

function describePending(facts: Explanation): string {
  const { reason, estimated_start_at } = facts;
  if (facts.suspension !== null) return describeSuspension(facts.suspension);
  const position = describePlace(facts);
  if (reason === "paused") return `It waits because its workflow is paused; ${position}`;
  if (reason === "no_runner") return `It waits because its workflow has no runner; ${position}`;
  if (reason === "delayed" || reason === "back_off") return `It ${describeDelay(facts)}`;
  if (reason === "no_runner_connected") {
    const tags = facts.missing_tags;
    const which =
      tags.length === 0 ? "that may lease it" : `with the ${tags.length === 1 ? "tag" : "tags"} ${tags.join(", ")}`;
    return `It waits because no runner is connected ${which}${lastSeen(facts)}; ${position}`;
  }
  if (reason === "lease") {
    const runners = facts.runners_connected === 1 ? "1 runner is" : `${facts.runners_connected} runners are`;
    return `It waits for a runner to ask for it: ${runners} connected${lastSeen(facts)}; ${position}`;
  }
  const slot = reason === "key" ? "a slot of its concurrency key" : "its workflow's slot";
  const estimate = estimated_start_at === null ? "" : `; it will probably start at about ${estimated_start_at.p50}`;
  return `It waits for ${slot}${describeBlockers(facts.blockers)}: ${position}${estimate}`;
}

const MAX_PROMPT = 200;

function describeSuspension({ waits, ends_at, on_timeout }: NonNullable<Explanation["suspension"]>): string {
  const things = waits.map(({ kind, key, prompt, due_at, name, correlation, children }) => {
    if (kind === "timer") return `the instant ${due_at}`;
    if (kind === "children") {
      const ended = children === null ? "" : `, of which ${children.ended} of ${children.total} have ended`;
      return `the ends of its children (${key})${ended}`;
    }
    if (kind === "signal") return `the signal “${name}” for “${correlation}”`;
    const [text = ""] = (prompt ?? key).split("\n", 1);
    return `an answer to “${text.length > MAX_PROMPT ? `${text.slice(0, MAX_PROMPT - 1)}…` : text}”`;
  });
  return `It is suspended, and waits for ${things.join(", and ")}; it ${on_timeout === "fail" ? "fails" : "goes on"} at ${ends_at} otherwise`;
}

const describeLimit = ({ must_start_by: at }: Explanation): string =>
  at === null ? "" : `; it expires unless it has started by ${at}`;

const describeDelay = ({ start_after, next_try_at }: Explanation): string =>
  start_after === null ? `is tried again by itself, not before ${next_try_at}` : `starts not before ${start_after}`;

function describePlace(facts: Explanation): string {
  const { queue_position: place, concurrency_key: key, keys_take_turns, keys_before, higher_before: higher } = facts;
  if (place === null) return `it ${describeDelay(facts)}`;
  const isFar = place > MOST_PLACES;
  if (!keys_take_turns) {
    if (isFar) return `its place in the queue is more than 1,000${describeHigher(higher)}`;
    return place === 1 ? "it is next in the queue" : `it is number ${place} in the queue${describeHigher(higher)}`;
  }
  const group = key === null ? "of those without a key" : "of its key";
  const count = isFar ? "1,000 or more" : `${place - 1}`;
  const before = place === 1 ? `it is the next ${group}` : `${count} ${group} before it${describeHigher(higher)}`;
  return `${before}; keys take turns${keys_before === null ? "" : `, and ${describeKeysBefore(keys_before)}`}`;
}

/** Of those before a run, how many pass it by their priority. */
function describeHigher(count: number | null): string {
  if (count === null || count === 0) return "";
  return `, behind ${count >= MOST_PLACES ? "1,000 or more" : count} with a higher priority`;
}

/** How many keys have their turn before that of a run. */
export function describeKeysBefore(count: number): string {
  if (count === 0) return "its own is next";
  const keys = count >= MOST_KEYS_BEFORE ? `${MOST_KEYS_BEFORE} or more keys` : count === 1 ? "1 key" : `${count} keys`;
  return `${keys} ${count === 1 ? "has its" : "have their"} turn before its own`;
}

function describeBlockers([first, ...others]: Explanation["blockers"]): string {
  if (first === undefined) return "";
  if (others.length === 0) return ` behind the run ${first.run_id}, which holds the slot`;
  return ` behind ${others.length + 1} runs, of which ${first.run_id} has to end first`;
}

const lastSeen = ({ runner_last_seen_at: at }: Explanation) => (at === null ? "" : `, the last was seen at ${at}`);

function describeRunning(facts: Explanation): string {
  const { reason, tries, last_error, next_try_at, dispatched_at, deadline_at } = facts;
  if (reason === "stop" && facts.stop !== null) {
    const { acknowledged_at, ends_at } = facts.stop;
    const knows = acknowledged_at === null ? "does not know of it yet" : `has known of it since ${acknowledged_at}`;
    return `It is to stop: its runner ${knows}, and has until ${ends_at} to end its work.`;
  }
  if (reason !== "dispatch") {
    return `It does not wait: its runner took it at ${dispatched_at} and has until ${deadline_at}.`;
  }
  const soFar = tries === 1 ? "1 try" : `${tries} tries`;
  const failure = last_error === null ? "" : `, the last failed: ${last_error.replace(/\.$/, "")}`;
  const next = next_try_at === null ? "" : `; the next try is due at ${next_try_at}`;
  return `It waits for its runner to take it: ${soFar} so far${failure}${next}.`;
}
