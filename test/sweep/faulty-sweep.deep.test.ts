import { describe, expect, it } from "vitest";
import { createWorld, readStand, serviceUnder, settle, startReadyService, type World } from "../faults/world.ts";
import { listDispatched, startFakeRunner } from "../support/fake-runner.ts";
import { oneOfEachSort } from "../support/fault-sorts.ts";
import { FAULTS } from "../support/harness-protocol.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { callBack, invoke, invokePath, makeOverdue } from "../support/lifecycle.ts";
import type { Service } from "../support/service.ts";

/** An overdue run with another behind it, in a separate world. */
async function createBacklog(service: Service): Promise<World> {
  const world = await createWorld(service);
  const overdue = await invoke(service, world.tenant);
  await invoke(service, world.tenant);
  await makeOverdue(service, overdue, 60);
  return world;
}

describe("the sweep under every sort of fault between the service and its database", () => {
  it.concurrent.each(oneOfEachSort("sweep"))(
    "loses nothing by %s at any of its requests, and the next sweep succeeds",
    async (kind) => {
      const service = await startReadyService();
      const asked = await serviceUnder(kind, service);
      const control = await createBacklog(service);
      const [, requests] = await service.counted(() => service.sweep());
      const expected = await readStand(control);
      expect(expected).toContain("TIMED_OUT");
      expect(requests).toBeGreaterThan(3);

      for (let skip = 0; skip < requests; skip++) {
        const world = await createBacklog(service);
        await service.database.inflict({ kind, skip, times: 1 });
        const isWhole = await asked.sweep().then(
          () => true,
          () => false,
        );
        // What Neon's rate limit refuses is sent again by the sweep itself.
        if (kind === "rate limited" || kind === "http 429") expect([skip, isWhole]).toEqual([skip, true]);
        await service.database.mend();
        await service.sweep();
        await settle(world);
        expect([skip, await readStand(world)]).toEqual([skip, expected]);
        const { tenant } = world;
        expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
      }
    },
  );
});

describe("a run whose dispatch could not be recorded", () => {
  it.concurrent.each(oneOfEachSort("dispatch"))(
    "is dispatched again with the same webhook-id after %s, and ends as usual",
    async (kind) => {
      const service = await startReadyService();
      const asked = await serviceUnder(kind, service);
      const runner = await startFakeRunner();
      const world = await createWorld(service, runner.url);
      const { tenant } = world;
      // The first request of an invoke triggers the run; the others come after the answer.
      await service.database.inflict({ kind, skip: 1 });
      const response = await asked.send("POST", invokePath(tenant), tenant.owner.key, {});
      await service.database.mend();
      expect(response.status).toBe(202);
      await settle(world);

      const { id } = await response.json<{ id: string }>();
      const webhookIds = (await listDispatched(runner)).map(({ webhookId }) => webhookId);
      expect(webhookIds).toEqual(FAULTS[kind].isCarriedOut ? [`${id}.1`] : [`${id}.1`, `${id}.1`]);
      expect((await callBack(service, tenant, id, { status: "COMPLETED" })).status).toBe(200);
      expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id, acknowledged: [id] })).toEqual(
        [],
      );
    },
  );
});
