/** A reader that pages through the feed while 32 writers commit in random order, some of them after seconds. */
import { expect, it } from "vitest";
import { readFeedPage } from "../../notify/read-feed.ts";
import { BUSY_RUNNER } from "../../support/fake-runner.ts";
import { seeds } from "../../support/harness.ts";
import { invoke } from "../../support/lifecycle.ts";
import { createRandom } from "../../support/random.ts";
import { startService } from "../../support/service.ts";
import { createTenant } from "../../support/tenant.ts";

const WRITERS = 32;
const MS = 10_000;

it.each(seeds(1))(
  "a reader of the feed sees every event exactly once, in an order that never changes, while many writers commit (seed %i)",
  async (seed) => {
    const service = await startService();
    const { sql } = service.database;
    const random = createRandom(seed);
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    const until = Date.now() + MS;
    let isWriting = true;

    const write = () => sql`
    insert into workflow_run_events (tenant_id, run_id, attempt, type)
    select ${tenant.id}, ${runId}, 1, 'DISPATCH_FAILED' from generate_series(1, ${1 + random.integer(3)})`;
    async function writer(): Promise<void> {
      while (Date.now() < until) {
        const held = random.chance(0.05) ? 1 + random.integer(3) : random.integer(20) / 1000;
        // A transaction gets its number with its first event. Its second event is written after younger transactions have
        // committed.
        await sql.transaction([write(), sql`select pg_sleep(${held})`, write()]);
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
      }
    }

    const reading = reader();
    await Promise.all(Array.from({ length: WRITERS }, writer));
    isWriting = false;
    await reading;
    const stored = await sql`
    select e.id::text as name from workflow_run_events e where e.tenant_id = ${tenant.id} order by e.epoch, e.xid, e.id`;
    expect(stored.length).toBeGreaterThan(500);
    expect(heldBack).toBeGreaterThan(0);
    expect(seen).toEqual(stored.map(({ name }) => name));
  },
);
