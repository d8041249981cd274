/**
 * Part of `npm run check`: builds the Worker as a deployment would, holds its size to the limit, and tries it
 * against a real Postgres, since what the build leaves out might be needed after all.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { readConfig } from "../src/config.ts";
import { DEMO, seedDemo } from "./local/demo.ts";
import { startPostgres } from "./local/postgres.ts";
import { startSqlEndpoint } from "./local/sql-endpoint.ts";
import { migrate } from "./migrate.ts";

const LIMIT_KIB = 170;

/** What is tried. The pages are those with charts. */
const PATHS = [
  `/v1/workflow-runs/${DEMO.runs.completed}`,
  "/v1/path-parts",
  "/openapi.json",
  `/app/runs/${DEMO.runs.completed}`,
  `/app/workflows/${DEMO.quarterlyReportId}`,
  "/app/health",
];

const folder = mkdtempSync(join(tmpdir(), "workflow-runs-bundle-"));
try {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["deploy", "--dry-run", "--minify", "--outdir", join(folder, "worker")],
    { encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  const size = /gzip: ([\d.]+) KiB/.exec(stdout)?.[1];
  if (status !== 0 || size === undefined) throw new Error(`wrangler deploy --dry-run failed:\n${stdout}${stderr}`);
  console.log(`The Worker is ${size} KiB gzip of at most ${LIMIT_KIB} KiB.`);
  if (Number(size) > LIMIT_KIB) process.exitCode = 1;
  await tryWorker(readFileSync(join(folder, "worker/worker.js"), "utf8"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function tryWorker(script: string): Promise<void> {
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  const endpoint = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0 });
  const database = { databaseUrl: postgres.url(), neonFetchEndpoint: endpoint.url };
  const bindings = {
    ...parseEnv(readFileSync(".dev.vars.example", "utf8")),
    DATABASE_URL: database.databaseUrl,
    NEON_FETCH_ENDPOINT: database.neonFetchEndpoint,
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      handleStructuredLogs: () => {},
      script,
      compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "",
      bindings,
    }),
  );
  try {
    await migrate({ ...database, log: () => {} });
    await seedDemo({ ...database, runnerPort: 8788, encryptionKeys: readConfig(bindings).encryptionKeys });
    const signedIn = await miniflare.dispatchFetch("http://localhost/app/sign-in", {
      method: "POST",
      headers: { "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams({ key: DEMO.owner.key }),
      redirect: "manual",
    });
    const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    for (const path of PATHS) {
      const response = await miniflare.dispatchFetch(`http://localhost${path}`, {
        headers: path.startsWith("/app/") ? { Cookie } : { Authorization: `Bearer ${DEMO.owner.key}` },
        redirect: "manual",
      });
      if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      await response.body?.cancel();
    }
    console.log("The Worker as built answers from a real Postgres.");
  } finally {
    await miniflare.dispose();
    await endpoint.close();
    await postgres.stop();
  }
}
