/** The Worker with its Durable Objects, which are this service's alone. */
import { env, runInDurableObject } from "cloudflare:test";
import { v7 as uuid } from "uuid";
import { vi } from "vitest";
import type { Hub } from "../../src/hub/hub.ts";
import type { Register } from "../../src/hub/register.ts";
import * as sweepModule from "../../src/sweep/sweep-tenant.ts";
import { TenantSweeper } from "../../src/worker.ts";
import { keptAlive, type Service, type ServiceOptions, startService } from "./service.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      HUB: DurableObjectNamespace<Hub>;
      REGISTER: DurableObjectNamespace<Register>;
    }
  }
}

export type LiveService = Service & {
  hubOf(tenantId: string): DurableObjectStub<Hub>;
  /** When the alarm of a tenant's hub fires, in milliseconds from now. Null when none is set. */
  alarmInMs(tenantId: string): Promise<number | null>;
  /** The same, once one is set: during a sweep there is none. */
  nextAlarmInMs(tenantId: string): Promise<number>;
  /** How many WebSockets the hub has that was last opened for the first time, which is that of the test's own tenant. */
  sockets(): Promise<number>;
};

/** The tenants whose hubs are in use, and the environment of the service that each belongs to. */
const tenantsInUse = new Map<string, object>();
const { sweepTenant } = TenantSweeper.prototype;

/*
 * The runtime of the tests has one environment for all files, so the sweeper of an alarm gets that of its tenant's service. When the service
 * is gone, it finds nothing due. With the runtime's own environment it would set the address of the database, which the driver keeps for the
 * whole runtime, and so misdirect the requests of the test file that runs then.
 */
TenantSweeper.prototype.sweepTenant = async function (this: TenantSweeper, tenantId, lateMs) {
  const bindings = tenantsInUse.get(tenantId);
  if (bindings === undefined) return { dueInMs: null, hasMoved: false };
  const own = { env: { value: bindings }, load: { value: async () => sweepModule } };
  return keptAlive(() => sweepTenant.call(Object.create(this, own), tenantId, lateMs));
};

const openHub = (tenantId: string) => env.HUB.get(env.HUB.idFromName(tenantId));

/** Has the hubs forget their tenants, so that their alarms find nothing due. */
export async function emptyHubs(): Promise<void> {
  for (const tenantId of tenantsInUse.keys()) {
    await runInDurableObject(openHub(tenantId), async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
  }
  tenantsInUse.clear();
}

/** How many WebSockets the hub of a tenant has: those of its streams, and of requests that wait. */
export const socketsOf = (service: LiveService, tenant: { id: string }): Promise<number> =>
  runInDurableObject(service.hubOf(tenant.id), (_, state) => state.getWebSockets().length);

export async function startLiveService(options: ServiceOptions = {}): Promise<LiveService> {
  const name = uuid();
  const hubOf = (tenantId: string) => {
    tenantsInUse.set(tenantId, service.bindings);
    return openHub(tenantId);
  };
  const objects = {
    HUB: { idFromName: (tenantId: string) => tenantId, get: (tenantId: string) => hubOf(tenantId) },
    REGISTER: { idFromName: () => name, get: () => env.REGISTER.get(env.REGISTER.idFromName(name)) },
  };
  const settings = { ...objects, ...options.settings };
  const service = await startService({ ...options, settings });

  const alarmInMs = async (tenantId: string) => {
    const at = await runInDurableObject(hubOf(tenantId), (_, { storage }) => storage.getAlarm());
    return at === null ? null : at - Date.now();
  };

  const live: LiveService = {
    ...service,
    hubOf,
    alarmInMs,
    nextAlarmInMs: (tenantId) =>
      vi.waitFor(async () => {
        const inMs = await alarmInMs(tenantId);
        if (inMs === null) throw new Error("No alarm is set.");
        return inMs;
      }, 20_000),
    async sockets() {
      const [id] = [...tenantsInUse].findLast(([, bindings]) => bindings === service.bindings) ?? [];
      return id === undefined ? 0 : socketsOf(live, { id });
    },
  };
  return live;
}
