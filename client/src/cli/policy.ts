import type { Client } from "../client.ts";
import { unwrap } from "../connection.ts";
import { ApiProblem } from "../problem.ts";
import type { Policy } from "../types.ts";

const ofWorkflow = (id: string) => ({ params: { path: { definition_id: id } } });

/** The policy of a workflow. Null when the caller may not see it. */
export async function readPolicy(client: Client, id: string): Promise<Policy | null> {
  try {
    return await unwrap(client.api.GET("/v1/workflow-definitions/{definition_id}/policy", ofWorkflow(id)));
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

/** Changes some fields of a policy, and keeps the others. */
export async function setPolicy(client: Client, id: string, change: Partial<Policy>): Promise<void> {
  const body = { ...(await readPolicy(client, id)), ...change };
  await unwrap(client.api.PUT("/v1/workflow-definitions/{definition_id}/policy", { ...ofWorkflow(id), body }));
}
