/**
 * What a sweep does when a chunk fails: it finds the rows that fail, sets them aside for a while, and does the others. So no row stops
 * those of other tenants. See migrations/functions/shared/rules/set_aside.sql.
 */
import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import type { Argument } from "../db/call.ts";
import { describeFailure, isInTheWay, isOutage } from "./failure.ts";
import { perform } from "./perform.ts";
import type { VerbServices } from "./services.ts";
import { nameSetAside, type SweepStep, WHOLE_STEP } from "./sweep-steps.ts";
import { defineVerb, type Verb } from "./verb.ts";

/** One of the things that a chunk works on. */
export type Candidate = { id: string; tenant_id: string | null };

/** When so many candidates of a tenant have failed alone in a chunk, the others of that tenant are set aside with them, untried. */
const MOST_OF_A_TENANT = 5;

/** How many parts of a chunk are tried. What is left is done by the next sweep, which leaves out what was set aside. */
const MOST_PARTS = 500;

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
    if (isOutage(error)) throw error;
    await twice(() => work([]));
    return (await halve(services, step, items, work, mayGoOn)).results;
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
      if (isOutage(error)) throw error;
      await work([]);
      const { candidates } = await performWith({ lists: true }, candidatesSchema);
      const halved = await halve(services, step, candidates, work, mayGoOn);
      results.push(...halved.results);
      if (halved.results.length === 0 && halved.failed === 0) throw error;
      // When none has failed alone, they were too many for one transaction, or the failure has passed.
      if (halved.failed === 0 || chunk === MOST_CHUNKS || !mayGoOn()) return results;
    }
  }
}

/** How long it is looked for what fails in a record of what was sent, once the share of its step is used up. */
const RECORD_MS = 5_000;

/**
 * How long {@link inParts} may go on with a record of what was sent: as long as its step has room, or a few seconds from now on. What is not
 * recorded is sent again, so a step whose share is used up still finds some of what fails.
 */
export function whileRecording(mayGoOn: () => boolean): () => boolean {
  const began = Date.now();
  return () => mayGoOn() || Date.now() - began < RECORD_MS;
}

/** Does `work` for the items that do not fail, and sets the others aside. `failed` is how many these are. */
async function halve<Item extends Candidate, Result>(
  services: VerbServices,
  step: SweepStep,
  items: readonly Item[],
  work: (part: readonly Item[]) => Promise<Result>,
  mayGoOn: () => boolean,
): Promise<{ results: Result[]; failed: number }> {
  const results: Result[] = [];
  const failed = new Map<Item, unknown>();
  const hopeless = new Map<string | null, unknown>();
  let parts = 0;

  function fail(item: Item, error: unknown): void {
    failed.set(item, error);
    const { tenant_id: tenantId } = item;
    const ofTenant = [...failed.keys()].filter((other) => other.tenant_id === tenantId);
    if (ofTenant.length === MOST_OF_A_TENANT) hopeless.set(tenantId, error);
  }

  async function tryPart(all: readonly Item[]): Promise<void> {
    const part: Item[] = [];
    for (const item of all) {
      if (hopeless.has(item.tenant_id)) failed.set(item, hopeless.get(item.tenant_id));
      else part.push(item);
    }
    const [first] = part;
    if (first === undefined || ++parts > MOST_PARTS || !mayGoOn()) return;
    try {
      results.push(await twice(() => work(part)));
    } catch (error) {
      if (isOutage(error)) throw error;
      if (part.length === 1) return fail(first, error);
      const middle = Math.ceil(part.length / 2);
      await tryPart(part.slice(0, middle));
      await tryPart(part.slice(middle));
    }
  }

  try {
    // Those of a tenant are beside each other, so that few parts have both good ones and bad ones.
    await tryPart(items.toSorted((a, b) => ((a.tenant_id ?? "") < (b.tenant_id ?? "") ? -1 : 1)));
  } finally {
    await setAside(
      services,
      step,
      [...failed].map(([{ id, tenant_id }, error]) => ({ id, tenant_id, error })),
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
      json: failures.map(({ id, tenant_id, error }) => ({ row_id: id, tenant_id, ...describeFailure(error) })),
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

/** A candidate that has failed. Its `id` is null for a step as a whole. */
type Failure = { id: string | null; tenant_id: string | null; error: unknown };

/** Sets aside what has failed, and names it in the log. When that cannot be recorded, the log says so, too. */
async function setAside(services: VerbServices, step: SweepStep, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  const recorded = await recordFailures(services, step, failures);
  for (const { id, tenant_id, error } of failures) {
    const row = recorded.find(({ row_id }) => row_id === id) ?? { row_id: id, tenant_id };
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
