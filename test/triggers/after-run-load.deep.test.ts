/** Two workflows that run after each other, under load. */
import { beforeAll, expect, it, vi } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { print, seeds } from "../support/harness.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { invoke } from "../support/lifecycle.ts";
import { createRandom } from "../support/random.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken } from "../support/tenant.ts";
import { addWorkflow } from "./second-workflow.ts";
import { createAfter } from "./support.ts";

/** How many runs begin a chain. Each chain has ten more. */
const ROOTS = 23;
const CLIENTS = 8;

// The Worker logs each of the thousands of requests, so the log is switched off.
beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

it.each(seeds(1))(
  "250 ends fire once each, though a third of the Workers die after the commit, without a deadlock (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    // Postgres counts the deadlocks of a database since it is there.
    const service = await startService({ isNew: true });
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const { sql } = service.database;
    const second = { ...tenant, definitionId: await addWorkflow(service.database, tenant) };
    await sql`update workflow_definitions set max_running = 4`;
    await createAfter(service, second.definitionId, tenant.owner.key, tenant.definitionId, { on: "ended" });
    await createAfter(service, tenant.definitionId, tenant.owner.key, second.definitionId, { on: "ended" });
    for (let i = 0; i < ROOTS; i++) await invoke(service, i % 2 === 0 ? tenant : second);

    const answers = new Set<number>();
    let isOver = false;
    async function client(): Promise<void> {
      for (;;) {
        const running = await sql`select id from workflow_runs where status = 'RUNNING'`;
        if (running.length === 0) {
          const [left] = await sql`
            select (select count(*) from workflow_runs where status = 'PENDING') + (select count(*) from due_firings) as count`;
          if (Number(left?.count) === 0) return;
          // What a Worker has left when it died is found by the sweep.
          await service.sweep();
          continue;
        }
        const id = String(random.pick(running).id);
        const path = `/v1/workflow-runs/${id}/callback`;
        const result = { status: random.pick(["COMPLETED", "FAILED"]), error: "It broke." };
        const [key, body] = [await runToken(tenant, id), result.status === "FAILED" ? result : { status: "COMPLETED" }];
        if (random.chance(0.33)) {
          const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
          await service.fetchAndDie(path, { method: "POST", headers, body: JSON.stringify(body) });
        } else {
          answers.add((await service.send("POST", path, key, body)).status);
        }
      }
    }
    async function sweeper(): Promise<void> {
      while (!isOver) await service.sweep();
    }
    const sweepers = [sweeper(), sweeper()];
    await Promise.all(Array.from({ length: CLIENTS }, client));
    isOver = true;
    await Promise.all(sweepers);

    const outcomes = await sql`
      select outcome, reason, count(*)::int as count from trigger_firings group by outcome, reason order by outcome`;
    await print(
      `The ends of ${ROOTS} chains: ${outcomes.map(({ outcome, count }) => `${count} ${outcome}`).join(", ")}.`,
    );
    expect(outcomes).toEqual([
      { outcome: "FIRED", reason: null, count: ROOTS * 10 },
      { outcome: "REFUSED", reason: "depth", count: ROOTS },
    ]);
    // Two clients may have ended the same run.
    expect([...answers].filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(await brokenInvariants(sql.query, { limited: [tenant.definitionId, second.definitionId] })).toEqual([]);
    const [stats] = await sql`select deadlocks::int from pg_stat_database where datname = current_database()`;
    expect(stats).toEqual({ deadlocks: 0 });
  },
  300_000,
);
