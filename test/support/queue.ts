import { BUSY_RUNNER } from "./fake-runner.ts";
import { callBack, invoke, readRun } from "./lifecycle.ts";
import { tenantOfEachTest } from "./of-each-test.ts";
import { startService } from "./service.ts";

export const HOUR = 3600;

/** A service, and for each test of the file a tenant, whose definition starts runs but has a runner that takes none. */
export async function startQueue() {
  const service = await startService();
  const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });
  return {
    service,
    tenant,
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
