/**
 * What the tests in Node share: a Postgres with a database for each local stack, the built Worker, the running stacks, and the installed
 * client. To make one of these takes seconds, so it is made only when the first test file asks for it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { TestProject } from "vitest/node";
import type { Stack } from "../../../scripts/local/browser.ts";
import { startPostgres } from "../../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../../scripts/local/sql-endpoint.ts";
import { installClient } from "../../client/installed-client.ts";
import provideChoice from "./choice.ts";
import { buildWorker, startBuiltStack } from "./stacks.ts";
import { createTemplate } from "./template-database.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-shared-"));
  const endings: (() => Promise<void>)[] = [];

  const postgres = once(async () => {
    const server = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
    endings.push(async () => {
      await server.stop();
      rmSync(server.dataDir, { recursive: true, force: true });
    });
    const endpoint = await startSqlEndpoint({ postgresUrl: server.url(), port: 0, socketDir: server.socketDir });
    endings.push(endpoint.close);
    return { server, neonFetchEndpoint: endpoint.url, databases: await createTemplate(server) };
  });
  const client = once(async () => {
    const installed = join(folder, "client");
    await installClient(installed);
    return installed;
  });
  const worker = once(() => buildWorker(folder));
  const stacks = new Map<string, Stack>();
  const routes: Record<string, (parameters: URLSearchParams) => Promise<unknown>> = {
    "/stacks": async (parameters) => {
      const [{ server, neonFetchEndpoint, databases }, built] = await Promise.all([postgres(), worker()]);
      const database = { databaseUrl: server.url(await databases.take()), neonFetchEndpoint };
      const stack = await startBuiltStack(built, database, Object.fromEntries(parameters));
      stacks.set(stack.url, stack);
      return stack;
    },
    "/stacks/stop": async (parameters) => {
      const url = parameters.get("url") ?? "";
      await stacks.get(url)?.stop();
      stacks.delete(url);
    },
    "/client": client,
  };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://shared");
    try {
      const route = routes[pathname];
      if (!route) throw new Error(`The harness has no ${pathname}.`);
      response.end(JSON.stringify((await route(searchParams)) ?? null));
    } catch (error) {
      // With its cause: a failed query says no more than its text.
      response.writeHead(500).end(inspect(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  provideChoice(project);
  project.provide("harnessUrl", `http://127.0.0.1:${address.port}`);

  return async () => {
    server.closeAllConnections();
    server.close();
    await Promise.all([...stacks.values()].map((stack) => stack.stop()));
    for (const end of endings.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Calls `make` once, at the first call. */
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
