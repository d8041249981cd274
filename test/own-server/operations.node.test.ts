/** A server of one's own through the whole table of operations, among which are all of the contract. */
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, expect, it } from "vitest";
import { startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { credentialFor, SESSION_SETTINGS } from "../support/callers.ts";
import { contractFaults, contractOperations } from "../support/contract.ts";
import { callOf, OPERATIONS, statusWithHubs } from "../support/operations.ts";
import { createStage, type StageService } from "../support/stage.ts";
import { prepareServer, untilServing } from "./server.ts";

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

it("answers each operation as the table of operations says, and those of the contract as the contract has them", async () => {
  const server = await prepareServer(endings);
  const running = await untilServing(
    server.start(...Object.entries(SESSION_SETTINGS).map(([name, value]) => `${name}=${value}`)),
  );
  const endpoint = await startSqlEndpoint({ postgresUrl: server.adminUrl, port: 0 });
  endings.push(endpoint.close);
  neonConfig.fetchEndpoint = endpoint.url;

  let addresses = 0;
  /** Each request comes from another address, since all that comes from one has a limit. A stream is not read before it is asked for. */
  const send = (...[method, path, key, body, headers]: Parameters<StageService["send"]>) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...{ Authorization: `Bearer ${key}`, "X-Forwarded-Proto": "https" },
        "X-Forwarded-For": `198.51.100.${++addresses % 256}`,
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  await expect.poll(async () => (await send("GET", "/readyz", server.key)).status, { timeout: 20_000 }).toBe(200);

  const stage = await createStage(
    { database: { sql: neon(server.adminUrl) }, send },
    "mark-of-all-values",
    "https://runner.example.com/hook",
  );
  const faults: string[] = [];
  const answered: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const [id, operation] of Object.entries(OPERATIONS)) {
    const call = await callOf(id, stage);
    const credential = await credentialFor(stage.tenant, call);
    const answer = await send(call.method, call.path, credential, call.body, call.headers);
    expected[id] = statusWithHubs(operation, call.invitedEmail !== undefined);
    answered[id] = answer.ok || answer.status === expected[id] ? answer.status : await answer.text();
    if (contractOperations.has(id) && !answer.bodyUsed) {
      const text = await answer.text();
      faults.push(...contractFaults(id, answer.status, text === "" ? undefined : JSON.parse(text)));
    }
    // A stream would go on.
    if (!answer.bodyUsed) await answer.body?.cancel();
  }
  expect(answered).toEqual(expected);
  expect([...contractOperations].filter((id) => !(id in answered))).toEqual([]);
  expect(faults).toEqual([]);
  // Its log has a line for each request, and nothing that a statement or a header had.
  const log = running.lines.join("\n");
  expect(log).toContain("/v1/workflow-definitions");
  expect([stage.mark, stage.tenant.owner.key].filter((value) => log.includes(value))).toEqual([]);
});
