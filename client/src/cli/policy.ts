import type { Client } from "../client.ts";
import { ApiProblem } from "../problem.ts";

/** How a workflow's runs reach a runner, and what happens to those that are lost. */
export type Policy = {
  handover: "webhook" | "lease";
  lease_seconds: number;
  max_attempts: number;
  retry_on: string[];
};

const pathOf = (id: string) => `/v1/workflow-definitions/${encodeURIComponent(id)}/policy`;

/** Null when the caller may not see it, or the service is older than policies. */
export async function readPolicy(client: Client, id: string): Promise<Policy | null> {
  try {
    const response = await client.request(pathOf(id));
    const policy: Policy = await response.json();
    return policy;
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

/** Changes some of it, and leaves the rest. */
export async function setPolicy(client: Client, id: string, change: Partial<Policy>): Promise<void> {
  const policy = { ...(await readPolicy(client, id)), ...change };
  await client.request(pathOf(id), {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(policy),
  });
}
