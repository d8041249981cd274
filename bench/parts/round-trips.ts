/** How many requests to the database each operation of the API makes, and how many bytes they send. */
import { setTimeout as delay } from "node:timers/promises";
import { fetch } from "undici";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";
import type { Context } from "../support/context.ts";
import type { Report } from "../support/report.ts";
import { startRunner, type Webhook } from "../support/runner.ts";
import { definitionId, folderId, ownerKey, seed, TENANT, userId, WEBHOOK_SECRET } from "../support/seed.ts";
import { bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

type Count = { operation: string; status: number; requests: number; statements: number; bytes: number };

export async function countRoundTrips(context: Context): Promise<Report> {
  const server = await context.server();
  const pool = await server.createDatabase("bench_round_trips");
  const webhooks: { webhook: Webhook; release: () => void }[] = [];
  // Holds its answer, so that what is written down after a hand-over is not taken for the request's own.
  const runner = await startRunner(
    (webhook) => new Promise((resolve) => void webhooks.push({ webhook, release: resolve })),
  );
  const vars = bindings(server.url("bench_round_trips"), server.endpointUrl);
  await seed(pool, { runs: 1000, definitions: 100, runnerUrl: runner.url, encryptionKey: vars.ENCRYPTION_KEY ?? "" });
  const worker = await startWorker(buildWorker("worker"), { vars });
  const sent: SqlTransaction[] = [];
  server.watch(async (request) => {
    sent.push(request);
    return "continue";
  });
  const counts: Count[] = [];

  async function call(method: string, path: string, body?: object, options: { ids?: string[]; token?: string } = {}) {
    sent.length = 0;
    const [template, search = ""] = path.split("?");
    const ids = [...(options.ids ?? [])];
    const url = (template ?? "").replaceAll(/\{\w+\}/g, () => ids.shift() ?? "") + (search && `?${search}`);
    const response = await fetch(worker.url + url, {
      method,
      headers: {
        Authorization: `Bearer ${options.token ?? ownerKey}`,
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${method} ${url}: ${response.status} ${text}`);
    counts.push({
      operation: `${method} ${path.replaceAll(/=[0-9a-f-]{36}/g, "=…")}`,
      status: response.status,
      ...sumOf(sent),
    });
    return JSON.parse(text === "" ? "{}" : text);
  }

  try {
    context.progress("calling every operation");
    await walkThrough(call, webhooks, sent, counts);
    const missing = await findUncalled(worker, counts);
    const ofApi = counts.filter(({ operation }) => / \/(v1|readyz)/.test(operation));
    const worst = Math.max(...ofApi.map(({ requests }) => requests));
    return {
      goals: [
        {
          goal: "database requests for each operation: 1",
          figure: [
            `${worst} at most, in ${ofApi.length} operations`,
            ...missing.map((name) => `${name} not called`),
          ].join("; "),
          met: missing.length === 0 && ofApi.every(({ requests }) => requests === 1),
        },
      ],
      tables: [
        {
          title: "Requests to the database for each operation",
          columns: ["Operation", "Answer", "Requests", "Statements", "Bytes sent"],
          rows: counts.map(({ operation, status, requests, statements, bytes }) =>
            [operation, status || "–", requests, statements, bytes].map(String),
          ),
          notes: "Counted where the database is asked. Bytes are those of the statements and their parameters as JSON.",
        },
      ],
    };
  } finally {
    server.watch(undefined);
    for (const { release } of webhooks) release();
    await worker.stop();
    runner.stop();
    await server.dropDatabase("bench_round_trips");
  }
}

function sumOf(sent: readonly SqlTransaction[]): Pick<Count, "requests" | "statements" | "bytes"> {
  const statements = sent.flatMap((request) => request.statements);
  const bytes = statements.map(({ query, params }) => JSON.stringify({ query, params }).length);
  return { requests: sent.length, statements: statements.length, bytes: bytes.reduce((a, b) => a + b, 0) };
}

type Call = (
  method: string,
  path: string,
  body?: object,
  options?: { ids?: string[]; token?: string },
) => Promise<Record<string, string>>;

async function walkThrough(
  call: Call,
  webhooks: { webhook: Webhook; release: () => void }[],
  sent: SqlTransaction[],
  counts: Count[],
): Promise<void> {
  const idOf = ({ id = "", path_part_id: partId }: Record<string, string>) => ({ ids: [partId ?? id] });

  const part = await call("POST", "/v1/path-parts", { name: "new", part_type: "FOLDER", parent_path_id: null });
  await call("GET", "/v1/path-parts");
  await call("GET", "/v1/path-parts/{path_part_id}", undefined, idOf(part));
  await call("PATCH", "/v1/path-parts/{path_part_id}", { name: "renamed" }, idOf(part));
  await call("DELETE", "/v1/path-parts/{path_part_id}", undefined, idOf(part));

  const content = {
    name: "New",
    runner_type: "SELF_HOSTED",
    runner_config: { url: "http://localhost:9", webhook_secret: WEBHOOK_SECRET },
    source_path_part_ids: [folderId(2)],
    instruction_path_part_ids: [folderId(4)],
    output_path_part_ids: [folderId(5)],
  };
  const definition = await call("POST", "/v1/workflow-definitions", content);
  await call("GET", "/v1/workflow-definitions");
  await call("GET", "/v1/workflow-definitions/{definition_id}", undefined, idOf(definition));
  await call("PUT", "/v1/workflow-definitions/{definition_id}", content, idOf(definition));
  await call("DELETE", "/v1/workflow-definitions/{definition_id}", undefined, idOf(definition));

  const free = { ids: [definitionId(50)] };
  const run = await call("POST", "/v1/workflow-definitions/{definition_id}/invoke", {}, free);
  const queued = await call("POST", "/v1/workflow-definitions/{definition_id}/invoke", {}, free);
  const dispatched = await until(() => webhooks.at(-1));
  sent.length = 0;
  dispatched.release();
  await until(() => sent[0]);
  counts.push({ operation: "after the answer: the hand-over is written down", status: 0, ...sumOf(sent) });
  await call("GET", "/v1/workflow-definitions/{definition_id}/runs", undefined, free);
  await call("GET", "/v1/workflow-runs");
  await call("GET", "/v1/workflow-runs?status=FAILED&status=RUNNING");
  await call("GET", "/v1/workflow-runs/summary");
  await call("GET", "/v1/workflow-runs/{run_id}", undefined, idOf(run));
  await call("GET", "/v1/workflow-runs/{run_id}/events", undefined, idOf(run));
  const { callbackToken: token } = dispatched.webhook;
  await call("POST", "/v1/workflow-runs/{run_id}/callback", { status: "COMPLETED" }, { ...idOf(run), token });
  await call("POST", "/v1/workflow-runs/{run_id}/stop", {}, idOf(queued));
  await call("POST", "/v1/workflow-runs/{run_id}/retry", {}, idOf(queued));
  await call("DELETE", "/v1/workflow-runs/{run_id}", undefined, idOf(run));

  const key = await call("POST", "/v1/api-keys", { name: "New" });
  await call("GET", "/v1/api-keys");
  await call("GET", "/v1/api-keys/{api_key_id}", undefined, idOf(key));
  await call("DELETE", "/v1/api-keys/{api_key_id}", undefined, idOf(key));

  await call("GET", "/v1/users/me");
  const tenant = [TENANT];
  await call("GET", "/v1/tenants/{tenant_id}/users", undefined, { ids: tenant });
  const user = { email: "new@bench.example", role: "USER" };
  const { id: newUser = "" } = await call("POST", "/v1/tenants/{tenant_id}/users", user, { ids: tenant });
  await call("PATCH", "/v1/tenants/{tenant_id}/users/{user_id}", { role: "ADMIN" }, { ids: [TENANT, newUser] });
  for (const what of ["deactivate", "activate"]) {
    const ids = [TENANT, newUser];
    await call("POST", `/v1/tenants/{tenant_id}/users/{user_id}/${what}`, undefined, { ids });
  }

  const grant = { tenant_id: TENANT, user_id: userId(2), path_part_id: folderId(2), capability: "READ_ONLY" };
  const permission = await call("POST", "/v1/user-permissions", grant);
  await call("GET", `/v1/user-permissions?tenant_id=${TENANT}&user_id=${userId(2)}`);
  await call(
    "PATCH",
    `/v1/user-permissions/{permission_id}?tenant_id=${TENANT}`,
    { capability: "READ_WRITE" },
    { ids: [permission.id ?? ""] },
  );
  await call("DELETE", `/v1/user-permissions/{permission_id}?tenant_id=${TENANT}`, undefined, {
    ids: [permission.id ?? ""],
  });
  await call("GET", "/healthz");
}

/** Waits for something that happens after an answer. */
async function until<Value>(find: () => Value | undefined): Promise<Value> {
  for (let tries = 0; tries < 500; tries++) {
    const value = find();
    if (value !== undefined) return value;
    await delay(10);
  }
  throw new Error("What should follow the answer did not come within 5 s.");
}

/** The operations that the API has and this file does not call. */
async function findUncalled(worker: Worker, counts: readonly Count[]): Promise<string[]> {
  const response = await fetch(`${worker.url}/openapi.json`);
  const { paths } = JSON.parse(await response.text());
  const called = new Set(counts.map(({ operation }) => operation.split("?")[0]));
  return Object.entries(paths)
    .filter(([path]) => path.startsWith("/v1/"))
    .flatMap(([path, methods]) => Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((operation) => !called.has(operation));
}
