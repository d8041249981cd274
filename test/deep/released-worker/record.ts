/**
 * Records what a Worker sends to its database on its main path, and what the database answers. The recording is the fixture of
 * `released-worker.test.ts`. Run this at each release, with the released Worker:
 *
 * npx node test/deep/released-worker/record.ts "$(git rev-parse --short HEAD)"
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import pg from "pg";
import { buildBundle } from "../../../scripts/local/bundle.ts";
import { startPostgres } from "../../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../../scripts/migrate.ts";
import { SETTINGS } from "../../support/settings.ts";
import { type Recording, type Step, shapeOf } from "./recording.ts";
import { API_KEY, backdate, DEFINITION_ID, insertWorld, readStand } from "./world.ts";

const [, , commit = ""] = process.argv;
if (commit === "") throw new Error("Usage: record.ts <the commit of this Worker>");
const { script } = buildBundle({ entry: "src/worker.ts", outdir: ".local/worker" });

const folder = mkdtempSync(join(tmpdir(), "workflow-runs-record-"));
const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
const queries: string[] = [];
let step: Step | undefined;

/** The text's number. */
function numberOf(query: string): number {
  const known = queries.indexOf(query);
  return known >= 0 ? known : queries.push(query) - 1;
}

const endpoint = await startSqlEndpoint({
  postgresUrl: postgres.url(),
  port: 0,
  async intercept({ statements, isBatch, isolationLevel, run }) {
    const { status, json } = await run();
    if (status !== 200) throw new Error(json);
    step?.requests.push({
      statements: statements.map(({ query, params }) => ({ query: numberOf(query), params: [...params] })),
      isBatch,
      isolationLevel: isolationLevel ?? null,
      answer: shapeOf(JSON.parse(json)),
    });
    return "continue";
  },
});
await migrate({ databaseUrl: postgres.url(), neonFetchEndpoint: endpoint.url, log: () => {} });
const client = new pg.Client({ connectionString: postgres.url() });
await client.connect();
const ask = async (query: string, values: unknown[]) => (await client.query(query, values)).rows;

/** The statuses that the runner answers; the last one is repeated. */
let answers = [202];
const tokens = new Map<string, string>();
const runner = createServer(async (request, response) => {
  const { data } = JSON.parse(await text(request));
  if (data?.callback_token !== undefined) tokens.set(data.run_id, data.callback_token);
  response.writeHead((answers.length > 1 ? answers.shift() : answers[0]) ?? 202).end();
});
await new Promise<void>((resolve) => runner.listen(0, "127.0.0.1", resolve));
const address = runner.address();
if (typeof address !== "object" || address === null) throw new Error("The runner has no port.");
await insertWorld(ask, `http://127.0.0.1:${address.port}/hook`);

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script,
    handleStructuredLogs: () => {},
    compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "",
    bindings: { ...SETTINGS, DATABASE_URL: postgres.url(), NEON_FETCH_ENDPOINT: endpoint.url },
  }),
);
const worker = await miniflare.getWorker();

const steps: Step[] = [];

/** Does `action`, and records it together with what the Worker does after its answer. */
async function record<Result>(name: string, action: () => Promise<Result>, backdated?: string): Promise<Result> {
  if (backdated !== undefined) await ask(backdate(backdated), []);
  step = { name, backdated: backdated ?? null, requests: [], stand: [] };
  const result = await action();
  await delay(1000);
  step.stand = await readStand(ask);
  steps.push(step);
  step = undefined;
  return result;
}

async function send(method: string, path: string, body?: object, token = API_KEY): Promise<{ id: string }> {
  const response = await miniflare.dispatchFetch(`${SETTINGS.PUBLIC_URL}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
  return answer === "" ? { id: "" } : JSON.parse(answer);
}
const sweep = async () => void (await worker.scheduled({ cron: "* * * * *" }));

const definition = `/v1/workflow-definitions/${DEFINITION_ID}`;
const invoke = (body: object = {}) => send("POST", `${definition}/invoke`, body);
const pathOf = ({ id }: { id: string }) => `/v1/workflow-runs/${id}`;

const first = await record("invoke: the slot is free, and the runner accepts the dispatch", () => invoke());
const second = await record("invoke: the slot is taken", () => invoke());
await record("read the run", () => send("GET", pathOf(first)));
await record("callback: COMPLETED, and the run that waited is promoted and dispatched", () =>
  send("POST", `${pathOf(first)}/callback`, { status: "COMPLETED" }, tokens.get(first.id)),
);
await record("stop", () => send("POST", `${pathOf(second)}/stop`, { reason: "Enough." }));
await record("retry", () => send("POST", `${pathOf(second)}/retry`));
await record("sweep: an overdue run", sweep, "deadline");
answers = [503, 202];
const third = await record("invoke with an idempotency key: the runner is busy", () =>
  invoke({ idempotency_key: "once" }),
);
await record("invoke with the same key", () => invoke({ idempotency_key: "once" }));
await record("sweep: the dispatch is due again, and is accepted", sweep, "dispatch");
answers = [400];
await record("callback: FAILED", () =>
  send("POST", `${pathOf(third)}/callback`, { status: "FAILED", error: "No such column." }, tokens.get(third.id)),
);
await record("invoke: the runner refuses the dispatch", () => invoke());
await record("list the runs of the workflow", () => send("GET", `${definition}/runs`));
await record("list the runs of the tenant", () => send("GET", "/v1/workflow-runs?status=FAILED"));
await record("read the events", () => send("GET", `${pathOf(second)}/events`));
await record("read the summary", () => send("GET", "/v1/workflow-runs/summary"));
await record("delete a run", () => send("DELETE", pathOf(third)));
await record("sweep: nothing to do", sweep);

const recording: Recording = { commit, queries, steps };
writeFileSync(join(import.meta.dirname, "recording.json"), `${JSON.stringify(recording, null, 1)}\n`);
console.log(`Recorded ${steps.length} steps.`);

await miniflare.dispose();
runner.closeAllConnections();
runner.close();
await client.end();
await endpoint.close();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
