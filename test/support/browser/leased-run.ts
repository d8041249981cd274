import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { DEMO } from "../../../scripts/local/demo.ts";
import type { World } from "./world.ts";

/** Calls the API, as the demo's OWNER unless another token is given. */
export async function callApi(
  world: World,
  method: string,
  path: string,
  body?: object,
  token: string = DEMO.owner.key,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${world.stack.url}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Makes a workflow whose runs are leased, and returns its id. */
export async function createLeasedWorkflow(world: World, policy: object = {}): Promise<unknown> {
  const { items } = await callApi(world, "GET", "/workflow-definitions?limit=1");
  const [known] = Array.isArray(items) ? items : [];
  const { id } = await callApi(world, "POST", "/workflow-definitions", {
    name: "Leased",
    runner_type: "SELF_HOSTED",
    source_path_part_ids: known.source_path_part_ids,
    instruction_path_part_ids: known.instruction_path_part_ids,
    output_path_part_ids: known.output_path_part_ids,
  });
  const given = { handover: "lease", lease_seconds: 300, max_attempts: 1, retry_on: [], ...policy };
  await callApi(world, "PUT", `/workflow-definitions/${id}/policy`, given);
  return id;
}

/** A RUNNING run of which the test is the runner. */
export type LeasedRun = {
  id: string;
  tell(path: string, body: object): Promise<Record<string, unknown>>;
  append(sequence: number, text: string): Promise<Record<string, unknown>>;
  /** Stores a file, and returns its path. */
  store(name: string, content: string, type: string): Promise<string>;
};

/** Triggers a run of a workflow of its own and leases it. */
export async function leaseRun(world: World, invocation: object = {}): Promise<LeasedRun> {
  const workflowId = await createLeasedWorkflow(world);
  await callApi(world, "POST", `/workflow-definitions/${workflowId}/invoke`, invocation);
  const session = await callApi(world, "POST", "/runner-sessions", { name: "Test", capacity: 1 });
  const { leases } = await callApi(world, "POST", "/leases", { request_id: randomUUID() }, String(session.token));
  const [lease] = Array.isArray(leases) ? leases : [];
  const tell = (path: string, body: object) =>
    callApi(world, "POST", `/workflow-runs/${lease.run_id}/${path}`, body, lease.callback_token);
  const store = async (name: string, content: string, type: string) => {
    const path = `/v1/workflow-runs/${lease.run_id}/artifacts/${name}`;
    const headers = { Authorization: `Bearer ${lease.callback_token}`, "Content-Type": type };
    const response = await fetch(world.stack.url + path, { method: "PUT", headers, body: content });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return path;
  };
  return { id: lease.run_id, tell, append: (sequence, text) => tell("log", { sequence, text }), store };
}

/** The lines of the log that are elements of the page now. */
export const shownLines = (page: Page): Promise<string[]> =>
  page.getByRole("log").locator(".line > span").allTextContents();
