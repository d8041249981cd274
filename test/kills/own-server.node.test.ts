/**
 * `kill -9` of Node, workerd and Postgres of a server of one's own, while runners lease runs: twice KILLS times. Runs in Node, with what
 * `npm run build:server` makes.
 */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, inject, it } from "vitest";
import { startProxy } from "../own-server/proxy.ts";
import { type OwnServer, prepareServer, type Running, untilServing } from "../own-server/server.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { createRandom } from "../support/random.ts";
import { startLeaseRunners } from "./lease-runners.ts";

/** There are three kinds of processes to kill, so it is twice the usual number: `npm run test:kill` makes it 40. */
const KILLS = 2 * Number(process.env.KILLS ?? 1);
const RUNNERS = 20;
const RUNS = 100;
const DEFINITIONS = 10;
const LEASE_SECONDS = 5;
const LONGEST_LIFE_MS = 2_000;
/** Longer than the last runs take. The back-off of a run grows with each kill that it meets. */
const PATIENCE_MS = 120_000 + KILLS * 15_000;

const seed = inject("seed");
const random = createRandom(seed);
const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

it(`${RUNNERS} runners, ${RUNS} runs, ${KILLS} kills: nothing is lost, held twice or stuck (seed ${seed})`, async () => {
  const server = await prepareServer(endings, { persistent: true });
  let running = await untilServing(server.start());
  const baseUrl = `http://127.0.0.1:${await startProxy(server.port, endings)}`;
  const sql = (text: string, values: unknown[] = []) =>
    withClient<Record<string, unknown>[]>(server.adminUrl, async (client) => (await client.query(text, values)).rows);

  const definitionIds: string[] = [];
  for (let index = 0; index < DEFINITIONS; index++) {
    const body = await server.workflowOf(`Workflow ${index}`);
    const answer = await server.ask("POST", "/v1/workflow-definitions", { body });
    definitionIds.push(JSON.parse(answer.body).id);
  }
  await sql(`
    update workflow_definitions
    set handover = 'lease', lease_seconds = ${LEASE_SECONDS}, max_attempts = 10, retry_on = '{LOST}'`);
  const key = JSON.parse((await server.ask("POST", "/v1/runner-keys", { body: { name: "Runners" } })).body).key;
  const runners = startLeaseRunners({ baseUrl, key, random, count: RUNNERS });
  endings.push(runners.stop);

  const acknowledged: string[] = [];
  let isKilling = true;
  const invoking = (async () => {
    while (isKilling || acknowledged.length < RUNS) {
      const path = `/v1/workflow-definitions/${definitionIds[acknowledged.length % DEFINITIONS]}/invoke`;
      // An invoke without an answer is repeated with the same key.
      const body = { idempotency_key: `run-${acknowledged.length}` };
      const answer = await server.ask("POST", path, { body }).catch(() => undefined);
      if (answer?.status === 202) acknowledged.push(JSON.parse(answer.body).id);
      await delay(100);
    }
  })();
  const findFaults = async () => [
    ...(await brokenInvariants(sql, { acknowledged: [...acknowledged] })),
    ...runners.faults(),
  ];
  for (let count = 1; count <= KILLS; count++) {
    await delay(500 + random.integer(LONGEST_LIFE_MS));
    const victim = random.pick(["Node", "workerd", "Postgres", "Node and Postgres"]);
    running = await killSome(server, running, victim);
    expect(await findFaults(), `after kill ${count}, of ${victim}`).toEqual([]);
  }
  isKilling = false;
  await invoking;
  const limit = Date.now() + PATIENCE_MS;
  const listOpen = () => sql("select status, attempt, error from workflow_runs where status <> 'COMPLETED'");
  while ((await listOpen()).length > 0) {
    if (Date.now() > limit) throw new Error(`Not COMPLETED: ${JSON.stringify(await listOpen())}`);
    await delay(100);
  }
  await runners.stop();
  expect(await findFaults()).toEqual([]);
  expect(runners.taken.size).toBeGreaterThanOrEqual(RUNS);
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
});

/** Kills one of the processes, or two. What has started the server starts it again. */
async function killSome(server: OwnServer, running: Running, victim: string): Promise<Running> {
  if (victim === "Postgres") {
    await server.killPostgres();
    return running;
  }
  await server.killServer(running, victim === "workerd");
  if (victim !== "workerd" && victim !== "Node") await server.killPostgres();
  return untilServing(server.start());
}
