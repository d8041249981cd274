/** A reader that pages through the feed for 12 seconds, while 32 writers commit in random order, some of them after seconds. */
import { neon } from "@neondatabase/serverless";
import { expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { seeds } from "../support/harness.ts";
import { invoke } from "../support/lifecycle.ts";
import { createRandom } from "../support/random.ts";
import { readFeedPage } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const WRITERS = 32;
const MS = 12_000;
/** A connection string has at most 20 connections, so the writers use two different ones. */
const POOLS = 2;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it.each(seeds(1))(
  "a reader of the feed sees every event exactly once, in an order that never changes, while 32 writers commit (seed %i)",
  async (seed) => {
    const service = await startService();
    const { sql, url } = service.database;
    const random = createRandom(seed);
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    const until = Date.now() + MS;
    let isWriting = true;

    async function writer(number: number): Promise<void> {
      const own = neon(`${url}&application_name=writers-${number % POOLS}`);
      const write = () => own`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select ${tenant.id}, ${runId}, 1, 'DISPATCH_FAILED' from generate_series(1, ${1 + random.integer(3)})`;
      while (Date.now() < until) {
        const held = random.chance(0.05) ? 1 + random.integer(3) : random.integer(200) / 1000;
        // A transaction gets its number with its first event. Its second event is written after younger transactions have
        // committed.
        await own.transaction([write(), own`select pg_sleep(${held})`, write()]);
      }
    }

    let mostAtOnce = 0;
    async function observer(): Promise<void> {
      while (isWriting) {
        const [open] = await sql`
        select count(*)::int as number from pg_stat_activity
        where datname = current_database() and backend_xid is not null`;
        mostAtOnce = Math.max(mostAtOnce, open?.number);
        await pause(500);
      }
    }

    const seen: string[] = [];
    let heldBack = 0;
    async function reader(): Promise<void> {
      let cursor: string | null = null;
      for (;;) {
        const wasWriting = isWriting;
        const page = await readFeedPage(service, tenant.owner.key, cursor, [`limit=${1 + random.integer(100)}`]);
        seen.push(...page.items.map(({ id }) => id));
        if (page.holds_back) heldBack += 1;
        cursor = page.next_cursor;
        if (!wasWriting && !page.has_more && !page.holds_back) return;
        if (!page.has_more) await pause(20);
      }
    }

    const others = [reader(), observer()];
    await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
    isWriting = false;
    await Promise.all(others);
    const stored = await sql`
    select e.id::text as name from workflow_run_events e where e.tenant_id = ${tenant.id} order by e.epoch, e.xid, e.id`;
    expect(stored.length).toBeGreaterThan(1_500);
    expect(heldBack).toBeGreaterThan(0);
    expect(mostAtOnce).toBeGreaterThan(20);
    const order = stored.map(({ name }) => String(name));
    expect(firstDifference(seen, order)).toBeNull();
  },
);

/** The first difference of two lists, or null. They are too long for the difference that an assertion prints. */
function firstDifference(seen: readonly string[], expected: readonly string[]): object | null {
  const length = Math.max(seen.length, expected.length);
  for (let place = 0; place < length; place++) {
    if (seen[place] === expected[place]) continue;
    return { place, seen: seen.slice(place, place + 5), expected: expected.slice(place, place + 5) };
  }
  return null;
}
