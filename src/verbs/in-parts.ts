/**
 * What a sweep does when a chunk fails, or takes too long: it finds the rows that do, sets them aside for a while, and does the others. So no
 * row stops those of other tenants. See migrations/functions/shared/rules/set_aside.sql.
 */
import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import type { Argument } from "../db/call.ts";
import { isTimeOut } from "../db/client.ts";
import { describeFailure, isInTheWay, isOutage } from "./failure.ts";
import { perform } from "./perform.ts";
import type { VerbServices } from "./services.ts";
import { nameSetAside, type SweepStep, WHOLE_STEP } from "./sweep-steps.ts";
import { defineVerb, type Verb } from "./verb.ts";

/** One of the things that a chunk works on. */
export type Candidate = { id: string; tenant_id: string | null };

/**
 * When so many candidates of a tenant have failed alone in a chunk, the others of that tenant are set aside with them, untried. These wait for
 * a minute, and the failed ones longer each time, so the untried ones are soon tried without the failed ones.
 */
const MOST_OF_A_TENANT = 5;

/** How many parts of a chunk are tried. What is left is done by the next sweep, which leaves out what was set aside. */
const MOST_PARTS = 500;

/** Into how many parts a chunk is cut that took too long: more than two, since each part that takes too long again costs the whole time limit. */
const PARTS_OF_TOO_LONG = 16;

/** The cron looks at least for so long for the rows that took too long, also when the share of their step is used up. */
const TOO_LONG_MS = 12_000;

/** In this time Neon's proxy cancels a statement for which the service has stopped waiting. Until then the statement holds its locks. */
const CANCEL_MS = 500;

/** How many chunks with failing candidates a call goes through. */
const MOST_CHUNKS = 20;

/**
 * Does `work` for all items, or for those that do not fail: when it fails, it halves the items until it has found the ones that fail, and
 * sets these aside. It begins no further part once `mayGoOn` returns false. Returns the results of the parts that succeeded; usually it is
 * one.
 * @throws when there was an outage, or when the work fails even without any item
 */
export async function inParts<Item extends Candidate, Result>(
  services: VerbServices,
  step: SweepStep,
  items: readonly Item[],
  work: (part: readonly Item[]) => Promise<Result>,
  mayGoOn = () => true,
): Promise<Result[]> {
  try {
    return [await twice(() => work(items))];
  } catch (error) {
    await throwOutage(services, error);
    await twice(() => work([]));
    return (await separate(services, step, items, work, error, mayGoOn)).results;
  }
}

/**
 * The same for a verb that works on a chunk which the database chooses, and takes `p_only` and `p_lists`. It goes on with a next chunk
 * while candidates fail.
 * @throws as {@link inParts} does, and when there was no candidate, or no time, to find out what fails
 */
export async function performInParts<Request, Result, Refusal extends { refused: string }>(
  services: VerbServices,
  step: SweepStep,
  verb: Verb<Request, Result, Refusal>,
  request: Request,
  mayGoOn = () => true,
): Promise<Result[]> {
  const performWith = async <Answer>(args: Record<string, Argument>, result: z.ZodType<Answer>) => {
    const whole = { ...verb, result, args: () => ({ ...verb.args(request), ...args }) };
    return (await twice(() => perform(services, whole, request))).result;
  };
  const work = (part: readonly Candidate[]) => performWith({ only: part.map(({ id }) => id) }, verb.result);
  const results: Result[] = [];
  for (let chunk = 1; ; chunk++) {
    try {
      results.push(await performWith({}, verb.result));
      return results;
    } catch (error) {
      await throwOutage(services, error);
      await work([]);
      const { candidates } = await performWith({ lists: true }, candidatesSchema);
      // Nothing is due any more: the transaction was committed although its answer came too late, or another sweep does the work.
      if (candidates.length === 0 && isTimeOut(error)) return results;
      const separated = await separate(services, step, candidates, work, error, mayGoOn);
      results.push(...separated.results);
      if (separated.results.length === 0 && separated.failed === 0) throw error;
      // When none has failed alone, they were too many for one transaction, or the failure has passed.
      if (separated.failed === 0 || chunk === MOST_CHUNKS || !mayGoOn()) return results;
    }
  }
}

/**
 * Throws an outage: it says nothing about the rows. A time-out is none for the cron, which alone leaves the sending to others (`sends`), and has
 * the time to find the rows that take so long: an alarm and an answered request end after 25 or 30 s. So the cron only waits until the
 * statement is cancelled.
 */
async function throwOutage({ sends }: VerbServices, error: unknown): Promise<void> {
  if (!sends && isTimeOut(error)) await new Promise((resolve) => setTimeout(resolve, CANCEL_MS));
  else if (isOutage(error)) throw error;
}

/** How long it is looked for what fails in a record of what was sent, once the share of its step is used up. */
const RECORD_MS = 5_000;

/**
 * How long {@link inParts} may go on with a record of what was sent: as long as its step has room, or a few seconds from now on. What is not
 * recorded is sent again, so a step whose share is used up still finds some of what fails.
 */
export const whileRecording = (mayGoOn: () => boolean) => atLeastFor(RECORD_MS, mayGoOn);

/** Returns a function that is true while `mayGoOn` is, and at least for `ms` from now on. */
function atLeastFor(ms: number, mayGoOn: () => boolean): () => boolean {
  const began = Date.now();
  return () => mayGoOn() || Date.now() - began < ms;
}

/**
 * Does `work` for the items that do not fail, and sets the others aside. `failed` is how many these are, and `cause` why all of them together
 * have failed. It halves what fails. What took too long is cut into more parts, and a part that takes too long again comes after all others.
 * When there is no time left for such a part, it is set aside for a minute, and then tried with fewer others.
 */
async function separate<Item extends Candidate, Result>(
  services: VerbServices,
  step: SweepStep,
  items: readonly Item[],
  work: (part: readonly Item[]) => Promise<Result>,
  cause: unknown,
  mayGoOn: () => boolean,
): Promise<{ results: Result[]; failed: number }> {
  const results: Result[] = [];
  const failed = new Map<Item, Pick<Failure, "error" | "untried">>();
  const hopeless = new Map<string | null, unknown>();
  const tooLong: { part: readonly Item[]; error: unknown }[] = [];
  const hasTime = isTimeOut(cause) ? atLeastFor(TOO_LONG_MS, mayGoOn) : mayGoOn;
  let parts = 0;

  function fail(item: Item, error: unknown): void {
    failed.set(item, { error });
    const { tenant_id: tenantId } = item;
    const ofTenant = [...failed.keys()].filter((other) => other.tenant_id === tenantId);
    if (ofTenant.length === MOST_OF_A_TENANT) hopeless.set(tenantId, error);
  }

  async function tryPart(all: readonly Item[]): Promise<void> {
    const part: Item[] = [];
    for (const item of all) {
      if (hopeless.has(item.tenant_id)) failed.set(item, { error: hopeless.get(item.tenant_id), untried: true });
      else part.push(item);
    }
    const [first] = part;
    if (first === undefined || ++parts > MOST_PARTS || !hasTime()) return;
    try {
      results.push(await twice(() => work(part)));
    } catch (error) {
      await throwOutage(services, error);
      if (part.length === 1) fail(first, error);
      else if (isTimeOut(error)) tooLong.push({ part, error });
      else await tryParts(part, 2);
    }
  }

  async function tryParts(part: readonly Item[], count: number): Promise<void> {
    const size = Math.ceil(part.length / count);
    for (let begin = 0; begin < part.length; begin += size) await tryPart(part.slice(begin, begin + size));
  }

  try {
    // Those of a tenant are beside each other, so that few parts have both good ones and bad ones.
    const sorted = items.toSorted((a, b) => ((a.tenant_id ?? "") < (b.tenant_id ?? "") ? -1 : 1));
    if (isTimeOut(cause)) tooLong.push({ part: sorted, error: cause });
    else await tryPart(sorted);
    // Parts that take too long again are added to the list while the loop runs.
    for (const { part, error } of tooLong) {
      if (hasTime()) await tryParts(part, PARTS_OF_TOO_LONG);
      else for (const item of part) failed.set(item, { error, untried: true });
    }
  } finally {
    await setAside(
      services,
      step,
      [...failed].map(([{ id, tenant_id }, failure]) => ({ id, tenant_id, ...failure })),
    );
  }
  return { results, failed: failed.size };
}

const candidatesSchema = z.object({
  candidates: z.array(z.object({ id: z.string(), tenant_id: z.string().nullable() })),
});

/** Calls it once more when another transaction was in its way. */
async function twice<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isInTheWay(error)) throw error;
    return work();
  }
}

const setAsideFailures = defineVerb({
  name: "set_aside_failures",
  args: ({ step, failures }: { step: SweepStep; failures: readonly Failure[] }) => ({
    step,
    failures: {
      json: failures.map(({ id, error, ...of }) => ({ row_id: id, ...of, ...describeFailure(error) })),
    },
  }),
  result: z.object({
    set_aside: z.array(
      z.object({
        row_id: z.string().nullable(),
        tenant_id: z.string().nullable(),
        failures: z.int(),
        until: z.string(),
      }),
    ),
  }),
});

/**
 * A candidate that has failed, or that is set aside `untried`, since others beside it have: it was not tried alone. Its `id` is null for a step
 * as a whole.
 */
type Failure = { id: string | null; tenant_id: string | null; error: unknown; untried?: true };

/** Sets aside what has failed, and names it in the log. When that cannot be recorded, the log says so, too. */
async function setAside(services: VerbServices, step: SweepStep, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  const recorded = await recordFailures(services, step, failures);
  for (const { id, error, ...of } of failures) {
    const row = { row_id: id, ...of, ...recorded.find(({ row_id }) => row_id === id) };
    const what = nameSetAside({ step, row_id: id ?? WHOLE_STEP, tenant_id: row.tenant_id });
    log("error", "set aside", { step, what, ...row, ...describeError(error) });
  }
}

async function recordFailures(services: VerbServices, step: SweepStep, failures: readonly Failure[]) {
  try {
    return (await perform(services, setAsideFailures, { step, failures })).result.set_aside;
  } catch (error) {
    log("error", "set aside", { step, ...describeError(error) });
    if (isOutage(error)) throw error;
    return [];
  }
}

/** Does some work. When it fails as a whole, this is set aside: `of` is what it is about, and its ids are null for a step. */
export async function orSetAside(
  services: VerbServices,
  step: SweepStep,
  of: { id: string | null; tenant_id: string | null },
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isOutage(error)) throw error;
    await setAside(services, step, [{ ...of, error }]);
  }
}
