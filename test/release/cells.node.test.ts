/** Two cells, each with a Postgres server of its own: the first one runs the recorded release, the second one today's Worker. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { tryLife } from "../../scripts/local/try-life.ts";
import {
  addLeased,
  invoke,
  newOwner,
  type Owner,
  openSession,
  RELEASE,
  readWorkers,
  runPath,
  tryAlarm,
  useWorkers,
} from "./world.ts";

const URLS = { one: "https://runs.example.com", two: "https://two.runs.example.com" };
const CELLS = Object.entries(URLS)
  .map(([name, url]) => `${name}=${url}`)
  .join(",");
/** Keys of the second cell, which the first one does not have. */
const OF_TWO = { RUN_TOKEN_SECRET: "k2:only-the-second-cell-has-this-one-0123456789" };

const startWorker = useWorkers();
let one: BuiltWorker;
let two: BuiltWorker;
let ofOne: Owner;
let ofTwo: Owner;

beforeAll(async () => {
  const { released, today } = await readWorkers("cells");
  [one, two] = await Promise.all([
    startWorker(released, { vars: { CELLS } }),
    startWorker(today, { vars: { CELLS, CELL: "two", ...OF_TWO } }),
  ]);
  [ofOne, ofTwo] = await Promise.all([newOwner(one), newOwner(two)]);
});

/** Runs `action`, and returns what it returned and how many requests the database of this cell got for it. */
async function counted<Result>(cell: BuiltWorker, action: () => Promise<Result>): Promise<[Result, number]> {
  const before = cell.countRequests();
  return [await action(), cell.countRequests() - before];
}

describe(`${RELEASE} in the first cell, and today's in the second one`, () => {
  it("each do their work: invoke, dispatch, callback, time-out, promotion", async () => {
    await tryLife(one);
    await tryLife(two);
  });

  it("refuse the credentials of each other with the address of the right cell, and do not ask the database", async () => {
    const session = await openSession(ofOne, await addLeased(ofOne));
    for (const [cell, owner, credential, url] of [
      [two, ofTwo, ofOne.key, URLS.one],
      [two, ofTwo, session, URLS.one],
      [one, ofOne, ofTwo.key, URLS.two],
    ] as const) {
      const path = credential === session ? "/v1/leases" : "/v1/workflow-runs";
      const method = credential === session ? "POST" : "GET";
      const body = credential === session ? {} : undefined;
      const [answer, requests] = await counted(cell, () => owner.send(method, path, credential, body));
      expect([answer.status, requests]).toEqual([421, 0]);
      expect(answer.text).toContain(`Send the request to ${url}.`);
    }
  });
});

describe("when the database server of the first cell is dead", () => {
  beforeAll(() => one.cutDatabase());

  it("the second one answers, sweeps by its cron, and ends what is due by its alarms, as always", async () => {
    expect((await ofOne.send("GET", "/v1/workflow-runs", ofOne.key)).status).toBe(503);
    await expect(one.sweep()).rejects.toThrow();

    const [completed, overdue] = [await invoke(ofTwo, ofTwo.definitionId), await invoke(ofTwo, ofTwo.definitionId)];
    const { callback_token: token } = await two.dispatchOf(completed);
    await ofTwo.ask(200, "POST", `${runPath(completed)}/callback`, { status: "COMPLETED" }, token);
    await two.dispatchOf(overdue);
    await two.query(
      `update workflow_runs set created_at = created_at - interval '1 day', started_at = started_at - interval '1 day',
        deadline_at = deadline_at - interval '1 day' where id = $1`,
      [overdue],
    );
    await two.sweep();
    expect(await ofTwo.ask(200, "GET", runPath(overdue))).toMatchObject({
      status: "FAILED",
      completed_at: expect.anything(),
    });

    await tryAlarm(two, ofTwo);
  });
});
