import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type EventReader, readEvents } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { seeds } from "../support/harness.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { createRandom } from "../support/random.ts";
import { createTenant } from "../support/tenant.ts";
import { pause, untilQuiet } from "../support/waiting.ts";

const service = await startLiveService();

describe("streams", () => {
  it.each(seeds(1))("miss and repeat nothing when they are cut 20 times at random (seed %i)", async (seed) => {
    const random = createRandom(seed);
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const [first] = await service.database.sql`select coalesce(max(id), 0) as id from workflow_run_events`;
    const working = (async () => {
      for (let n = 0; n < 25; n++) {
        const runId = await invoke(service, tenant);
        await pause(random.pick([0, 50, 150]));
        await callBack(service, tenant, runId, { status: random.pick(["COMPLETED", "FAILED"]) });
      }
    })();
    const seen: string[] = [];
    const isWorking = () => Promise.race([working.then(() => false), pause(0).then(() => true)]);
    const goOn = async (until: (ids: string[]) => Promise<unknown>) => {
      seen.push(...(await listen(tenant.owner.key, seen.at(-1) ?? String(first?.id), until)));
    };
    for (let cuts = 0; cuts < 20 || (await isWorking()); cuts++) {
      await goOn(() => pause(random.pick([0, 50, 100, 200, 400])));
    }
    const stored = await service.database.sql`
      select e.id::text as id from workflow_run_events e where e.tenant_id = ${tenant.id} order by e.id`;
    await goOn((ids) => expect.poll(() => seen.length + ids.length).toBeGreaterThanOrEqual(stored.length));
    // An event may arrive after one with a higher id that was committed first.
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(stored.map(({ id }) => id));
  });

  /** The ids of the events that a stream sends before it is cut, when `until` resolves. That gets the ids as they come. */
  async function listen(
    key: string,
    lastEventId: string,
    until: (ids: string[]) => Promise<unknown>,
  ): Promise<string[]> {
    const response = await service.get("/v1/workflow-runs/stream", key, { "Last-Event-ID": lastEventId });
    const reader = readEvents(response);
    const ids: string[] = [];
    const reading = (async () => {
      for (let event = await reader.next(); event; event = await reader.next()) ids.push(event.id);
    })();
    await until(ids);
    await reader.close();
    await reading;
    return ids;
  }

  it("500 streams of 25 callers do not ask the database while nothing happens, and leave no socket open", async () => {
    const tenants = await Promise.all(Array.from({ length: 9 }, () => createTenant(service.database)));
    const callers = tenants
      .flatMap((tenant) => [tenant.owner, tenant.admin, tenant.user].map(({ key }) => key))
      .slice(0, 25);
    const readers: EventReader[] = [];
    for (const key of callers) {
      const streams = Array.from({ length: 20 }, () => service.get("/v1/workflow-runs/stream", key));
      for (const response of await Promise.all(streams)) {
        expect(response.status).toBe(200);
        readers.push(readEvents(response));
      }
    }
    const sockets = async () => {
      const counts = tenants.map(({ id }) =>
        runInDurableObject(service.hubOf(id), (_, state) => state.getWebSockets().length),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    expect([readers.length, await sockets()]).toEqual([500, 500]);
    // Each stream reads once more after it has subscribed.
    await untilQuiet(service.database);
    const [, requests] = await service.counted(() => pause(5_000));
    expect(requests).toBe(0);
    await Promise.all(readers.map((reader) => reader.close()));
    await expect.poll(sockets, { timeout: 60_000, interval: 200 }).toBe(0);
  });
});
