/**
 * Local stacks in vitest's main process: what `npm run dev` starts, but with the Worker that is deployed, which is built once for all of
 * them. `npm run dev` itself takes a few seconds more of the CPU for each. Tests of its own start that.
 */
import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import process from "node:process";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { Stack } from "../../../scripts/local/browser.ts";
import { readWorkerOptions } from "../../../scripts/local/built-worker.ts";
import { type Bundle, buildService } from "../../../scripts/local/bundle.ts";
import { DEMO, DEMO_PEOPLE, seedDemo } from "../../../scripts/local/demo.ts";
import { writeDevConfig } from "../../../scripts/local/dev-config.ts";
import { root } from "../../../scripts/local/folders.ts";
import { loginVars, startLoginService } from "../../../scripts/local/login-service.ts";
import { findFreePort } from "../../../scripts/local/ports.ts";
import { exampleVars, type LocalDatabase, prepareVars, readOwnVars } from "../../../scripts/local/stack.ts";
import { readConfig } from "../../../src/config.ts";
import { startExampleRunner } from "../../examples/example-runner-process.ts";

/** How often the cron fires, as `npm run dev` does it. */
const CRON_MS = 60_000;

/** Builds the Worker below `folder`, and its assets. */
export async function buildWorker(folder: string): Promise<Bundle> {
  const { status } = spawnSync(process.execPath, ["scripts/collect-assets.ts"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("The assets could not be collected.");
  return buildService(relative(root, join(folder, "worker")));
}

/** Starts a stack with this database, which has the tables. `env` are settings of its example runner, such as WORK_SECONDS. */
export async function startBuiltStack(
  built: Bundle,
  database: LocalDatabase,
  env: Record<string, string>,
): Promise<Stack> {
  const endings: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await start(built, database, env, endings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(built: Bundle, database: LocalDatabase, env: Record<string, string>, endings: (() => unknown)[]) {
  const [web, runnerPort, loginPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const url = `http://localhost:${web}`;
  const { databaseUrl, neonFetchEndpoint } = database;
  prepareVars();
  const vars = {
    ...{ ...exampleVars(), ...readOwnVars(), ...loginVars(loginPort) },
    ...{ DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: neonFetchEndpoint, PUBLIC_URL: url },
    // On a busy machine the database may take long. It is not away.
    DATABASE_TIMEOUT_SECONDS: "60",
  };
  const { encryptionKeys } = readConfig(vars);
  await seedDemo({ ...database, runnerPort, encryptionKeys });
  const redirectUri = `${url}/app/sign-in/oidc/callback`;
  const login = await startLoginService({ port: loginPort, redirectUri, people: DEMO_PEOPLE });
  endings.push(login.close);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...readWorkerOptions(writeDevConfig(), built, vars),
      assets: { directory: join(root, ".assets"), routerConfig: { has_user_worker: true } },
      host: "127.0.0.1",
      port: web,
      // Otherwise Miniflare downloads an example of `Request.cf` when it starts. Nothing here reads that.
      cf: false,
      handleStructuredLogs: () => {},
    }),
  );
  endings.push(() => miniflare.dispose());
  // Started after the Worker and therefore stopped before it, so that it can still report that its runs have failed.
  const given = { ...env, PORT: String(runnerPort), WEBHOOK_SECRET: DEMO.webhookSecret };
  const runner = await startExampleRunner("TypeScript", given);
  endings.push(runner.stop);
  const worker = await miniflare.getWorker();
  const fireCron = () => worker.scheduled({ cron: "* * * * *" }).catch(() => {});
  await fireCron();
  const cron = setInterval(fireCron, CRON_MS);
  endings.push(() => clearInterval(cron));
  return { url, postgresUrl: databaseUrl, runnerUrl: runner.url };
}
