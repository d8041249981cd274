/** Built Workers, today's and that of the recorded release, and tenants of theirs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v7 as uuid } from "uuid";
import { afterAll, expect } from "vitest";
import { type BuiltWorker, type BuiltWorkerOptions, startBuiltWorker } from "../../scripts/local/built-worker.ts";
import { type Bundle, buildService } from "../../scripts/local/bundle.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { readRelease, readReleasedWorker } from "../../scripts/local/release.ts";
import { callAs } from "../../scripts/local/try-answers.ts";
import { openDatabase } from "../../src/db/client.ts";
import { generateApiKey } from "../../src/http/credentials/api-key.ts";
import { createTenant } from "../../src/people/tenants.ts";
import { performAsOperator } from "../../src/verbs/perform.ts";

export const RELEASE = `release ${readRelease().version}`;

/** A built Worker. */
type Built = Pick<Bundle, "modules">;

/** The Worker of the recorded release, and today's as it is deployed. */
export const readWorkers = async (name: string) => ({
  released: readReleasedWorker(),
  today: await buildService(`.local/release-${name}/worker`),
});

/** Returns a function that starts a Worker. After the tests of the file, all of them are stopped, the last one first. */
export function useWorkers(): (built: Built, options?: BuiltWorkerOptions) => Promise<BuiltWorker> {
  const endings: (() => unknown)[] = [];

  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  });

  return async (built, options) => {
    const folder = mkdtempSync(join(tmpdir(), "workflow-runs-release-"));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const worker = await startBuiltWorker(built, folder, options);
    endings.push(worker.stop);
    return worker;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, and not typed.
type Json = any;

/** Sends a request with a token, and returns the JSON of the answer. Throws unless it has this status. */
export type Ask = (status: number, method: string, path: string, body?: object, token?: string) => Promise<Json>;

let addresses = 0;

/** The OWNER of a new tenant of this Worker, and a definition whose runs are sent to its runner. */
export async function newOwner(worker: BuiltWorker) {
  const { DATABASE_URL: databaseUrl = "", NEON_FETCH_ENDPOINT: neonFetchEndpoint, CELL: cell = "one" } = worker.vars;
  const { key, ...stored } = await generateApiKey(cell);
  const [tenantId, rootFolderId] = [uuid(), uuid()];
  await performAsOperator(openDatabase({ databaseUrl, neonFetchEndpoint, databaseTimeoutSeconds: 30 }), createTenant, {
    ...{ id: tenantId, name: "Acme", workflowsFolderId: uuid(), rootFolderId },
    owner: { id: uuid(), email: "owner@acme.example" },
    apiKey: { id: uuid(), name: "First key", ...stored },
  });
  // All that comes from one address has a limit.
  const address = { "CF-Connecting-IP": `192.0.2.${++addresses}` };
  const send = async (method: string, path: string, token: string, body?: object, more?: Record<string, string>) => {
    const { headers, ...rest } = callAs(token, body);
    const answer = await worker.request(method, path, { ...rest, headers: { ...headers, ...address, ...more } });
    return { status: answer.status, text: answer.body };
  };
  const ask: Ask = async (status, method, path, body, token = key) => {
    const answer = await send(method, path, token, body);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text.startsWith("{") ? JSON.parse(answer.text) : answer.text;
  };
  const [sources, instructions, outputs] = await Promise.all(
    ["sales.csv", "instructions.md", "outputs"].map(async (name): Promise<string> => {
      const part_type = name.includes(".") ? "DOCUMENT" : "FOLDER";
      return (await ask(201, "POST", "/v1/path-parts", { name, part_type, parent_path_id: rootFolderId })).path_part_id;
    }),
  );
  const addDefinition = async (runner_config: object | null): Promise<string> => {
    const definition = await ask(201, "POST", "/v1/workflow-definitions", {
      ...{ name: "Report", runner_type: "SELF_HOSTED", runner_config },
      ...{ source_path_part_ids: [sources], instruction_path_part_ids: [instructions] },
      output_path_part_ids: [outputs],
    });
    return definition.id;
  };
  const definitionId = await addDefinition({ url: worker.runnerUrl, webhook_secret: DEMO.webhookSecret });
  return { tenantId, key, send, ask, addDefinition, definitionId };
}

export type Owner = Awaited<ReturnType<typeof newOwner>>;

/** A definition whose runs are leased. Returns its id. */
export async function addLeased({ ask, addDefinition }: Owner): Promise<string> {
  const id = await addDefinition(null);
  await ask(200, "PUT", `/v1/workflow-definitions/${id}/policy`, { handover: "lease", lease_seconds: 30 });
  return id;
}

/** Opens a session of a runner that leases runs of this definition. Returns its token. */
export async function openSession({ ask }: Owner, definitionId: string): Promise<string> {
  const session = { name: "runner", workflow_definition_ids: [definitionId], capacity: 2 };
  return (await ask(201, "POST", "/v1/runner-sessions", session)).token;
}

export const invoke = async ({ ask }: Owner, definitionId: string): Promise<string> =>
  (await ask(202, "POST", `/v1/workflow-definitions/${definitionId}/invoke`, {})).id;

export const runPath = (id: string) => `/v1/workflow-runs/${id}`;

/** Asks for a run to work on, for up to so many seconds. */
export const lease = ({ ask }: Owner, session: string, wait_seconds = 0) =>
  ask(200, "POST", "/v1/leases", { request_id: uuid(), wait_seconds }, session);

/** Less than any of the requests would wait if the hub did not tell them of the change. */
const SOON_MS = 10_000;

/** What `waiting` answers, which must be soon after `change`. */
export async function soonAfter<Answer>(waiting: Promise<Answer>, change: () => Promise<unknown>): Promise<Answer> {
  // The request needs a moment to get to the hub.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await change();
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`It was not told within ${SOON_MS / 1000} s.`)), SOON_MS).unref(),
  );
  return Promise.race([waiting, late]);
}

/**
 * Stops a run with time for its runner. The alarm of the tenant's hub ends it when that time is over, without a sweep of the cron, and
 * starts the next run.
 */
export async function tryAlarm(worker: BuiltWorker, owner: Owner): Promise<void> {
  const definitionId = await addLeased(owner);
  const [stopped, next] = [await invoke(owner, definitionId), await invoke(owner, definitionId)];
  const session = await openSession(owner, definitionId);
  expect((await lease(owner, session)).leases).toMatchObject([{ run_id: stopped }]);
  const { leases } = await soonAfter(lease(owner, session, 60), () =>
    owner.ask(200, "POST", `${runPath(stopped)}/stop`, { grace_seconds: 1 }),
  );
  expect(leases).toMatchObject([{ run_id: next }]);
  expect(await owner.ask(200, "GET", runPath(stopped))).toMatchObject({ status: "FAILED" });
  await worker.sweep();
  expect(await owner.ask(200, "GET", "/readyz")).toMatchObject({ last_alarm: { late_ms: expect.any(Number) } });
}
