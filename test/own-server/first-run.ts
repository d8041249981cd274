/** Runs on a server of one's own, which a runner leases. */
import { randomUUID } from "node:crypto";
import type { OwnServer } from "./server.ts";

type Server = Pick<OwnServer, "ask" | "workflowOf" | "key">;

export type Lease = { run_id: string; callback_url: string; callback_token: string };

/** Sends JSON, and returns that of the answer. Throws when it is no success. */
export async function post(server: Server, path: string, body: object, token = server.key, method = "POST") {
  const answer = await server.ask(method, path, { body, headers: { Authorization: `Bearer ${token}` } });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** A workflow whose runs are leased, and the key of its runners. */
export async function addLeased(server: Server, name: string): Promise<{ id: string; runnerKey: string }> {
  const { id } = await post(server, "/v1/workflow-definitions", await server.workflowOf(name));
  const policy = { handover: "lease", max_running: 10 };
  await post(server, `/v1/workflow-definitions/${id}/policy`, policy, server.key, "PUT");
  const { key } = await post(server, "/v1/runner-keys", { name, workflow_definition_ids: [id] });
  return { id, runnerKey: key };
}

/** Triggers a run of a new workflow, and leases it. */
export async function beginRun(server: Server, name: string): Promise<Lease> {
  const { id, runnerKey } = await addLeased(server, name);
  await post(server, `/v1/workflow-definitions/${id}/invoke`, {});
  return leaseRun(server, name, runnerKey);
}

/** Leases a run, as a new runner. */
export async function leaseRun(server: Server, name: string, runnerKey: string): Promise<Lease> {
  const { token } = await post(server, "/v1/runner-sessions", { name, capacity: 1 }, runnerKey);
  const { leases } = await post(server, "/v1/leases", { request_id: randomUUID() }, token);
  return leases[0];
}

export const fileOf = ({ run_id }: Lease) => `/v1/workflow-runs/${run_id}/artifacts/report.txt`;

export async function storeFile(server: Server, lease: Lease, body: string): Promise<void> {
  const headers = { Authorization: `Bearer ${lease.callback_token}`, "Content-Type": "text/plain" };
  const stored = await server.ask("PUT", fileOf(lease), { body, headers });
  if (stored.status !== 201) throw new Error(`${stored.status} ${stored.body}`);
}

/** Brings a run from its invoke to its end, with a file that says its name. Returns its path and that of the file. */
export async function completeRun(server: Server, name: string): Promise<{ run: string; file: string }> {
  const lease = await beginRun(server, name);
  await storeFile(server, lease, name);
  await post(server, lease.callback_url, { status: "COMPLETED" }, lease.callback_token);
  return { run: `/v1/workflow-runs/${lease.run_id}`, file: fileOf(lease) };
}
