/** Two cells, each with a Postgres server of its own: the first one runs the recorded release, the second one today's Worker. */
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { tryLife } from "../../scripts/local/try-life.ts";
import { runProgram } from "../support/node/run-program.ts";
import {
  addLeased,
  invoke,
  lease,
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
  // One after another, since the driver has one endpoint for all databases of a process: that of the last one that was opened.
  one = await startWorker(released, { vars: { CELLS } });
  ofOne = await newOwner(one);
  two = await startWorker(today, { vars: { CELLS, CELL: "two", ...OF_TWO } });
  ofTwo = await newOwner(two);
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

const FILE = `
root: /workflows/finance
workflows:
  /workflows/finance/Quarterly report:
    sources: [/shared/sales.csv]
    instructions: [/shared/instructions.md]
    outputs: [/shared/outputs/q1/]
    runner_config: { url: "https://runner.example.com/hook", webhook_secret: "\${env:RUNNER}" }
    policy: { max_running: 5, max_attempts: 3, retry_on: [UNREACHED, LOST] }
    triggers:
      Every weekday:
        schedule: { cron: "0 6 * * 1-5", time_zone: Europe/Berlin }
        input: { quarter: 2026-Q1 }
  /workflows/finance/Publish:
    sources: [/shared/sales.csv]
    instructions: [/shared/instructions.md]
    outputs: [/shared/published/]
    policy: { handover: lease }
    triggers:
      Then:
        run: { of: /workflows/finance/Quarterly report, on: completed, input_from: output }
      By token:
        webhook: { scheme: token }
`;

/** What the command line prints, as this OWNER. Each variable that `input` names has a secret. */
async function workflowRuns(cell: BuiltWorker, { key }: Owner, args: string, input = ""): Promise<string> {
  const named = [...input.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => [name, DEMO.webhookSecret]);
  const env = { WORKFLOW_RUNS_URL: cell.url, WORKFLOW_RUNS_API_KEY: key, ...Object.fromEntries(named) };
  const command = ["client/src/cli/main.ts", ...args.split(" ")];
  const { code, stdout, stderr } = await runProgram(process.execPath, command, { env, input });
  if (code !== 0) throw new Error(`${args}: ${code} ${stderr}`);
  return stdout;
}

describe("a tenant that changes its cell", () => {
  it("takes its workflows, policies and triggers along by `export` and `apply`, and a second `apply` changes nothing", async () => {
    const before = await newOwner(one);
    await workflowRuns(one, before, "apply -", FILE);
    const exported = await workflowRuns(one, before, "export");
    expect(exported).toMatch(/Publish:[\s\S]*handover: lease[\s\S]*of: \/workflows\/finance\/Quarterly report/);

    // A new tenant, which has documents of the same paths, and no workflow yet.
    const moved = await newOwner(two);
    await moved.ask(204, "DELETE", `/v1/workflow-definitions/${moved.definitionId}`);
    expect(await workflowRuns(two, moved, "apply -", exported)).toContain("Done: ");
    expect(await workflowRuns(two, moved, "apply - --prune", exported)).toBe("Everything is as the file says.\n");
    expect((await workflowRuns(two, moved, "export")).replaceAll(two.url, one.url)).toBe(exported);

    const { items } = await moved.ask(200, "GET", "/v1/workflow-definitions");
    const { id } = items.find(({ name }: { name: string }) => name === "finance/Publish");
    const session = await openSession(moved, id);
    const runId = await invoke(moved, id);
    expect((await lease(moved, session)).leases).toMatchObject([{ run_id: runId }]);
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
