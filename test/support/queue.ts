import { beforeAll, beforeEach } from "vitest";
import { BUSY_RUNNER } from "./fake-runner.ts";
import { callBack, invoke, readRun } from "./lifecycle.ts";
import { type Service, startService } from "./service.ts";
import { createTenant, type TestTenant } from "./tenant.ts";

export const HOUR = 3600;

/**
 * A service for the tests of a file, and for each of them a tenant, whose definition starts runs but has a runner that takes none. Tests
 * read what it returns when they run.
 */
export function useQueue() {
  let service: Service;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startService();
  });
  beforeEach(async () => {
    tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  });

  return {
    service: () => service,
    tenant: () => tenant,
    invokeWith: (body: object = {}) => invoke(service, tenant, tenant.owner.key, body),
    end: (runId: string) => callBack(service, tenant, runId, { status: "COMPLETED" }),
    statusOf: async (runId: string) => (await readRun(service, tenant, runId)).status,
    /** Sends a POST as the owner. */
    post: (path: string, body?: object) => service.send("POST", path, tenant.owner.key, body),
    /** Reads what the owner may, below a path of runs. */
    read: async (path: string) =>
      (await service.get(`/v1/workflow-runs/${path}`, tenant.owner.key)).json<Record<string, unknown>>(),
  };
}
