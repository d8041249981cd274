import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { tryWorkflow } from "../../scripts/local/smoke-workflow.ts";
import { runScript } from "../support/node/run-script.ts";
import { startSharedStack } from "../support/node/shared-stack.ts";
import { describeCheck } from "./check-deployment.ts";
import { describeDeployment } from "./deploy-cells.ts";
import { describeRotation } from "./rotate-cells.ts";

let stack: Stack;
let database: pg.Client;

beforeAll(async () => {
  stack = await startSharedStack();
  database = new pg.Client({ connectionString: stack.postgresUrl });
  await database.connect();
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

const smoke = (options = "", key: string = DEMO.owner.key) =>
  runScript(`smoke.ts ${stack.url} ${options}`.trim(), { API_KEY: key });

/** What there is in the tables that the smoke test writes to. */
async function count(): Promise<unknown> {
  const { rows } = await database.query(`
    select (select count(*) from path_parts) as parts, (select count(*) from workflow_definitions) as definitions,
      (select count(*) from workflow_runs r where r.run_snapshot ->> 'workflow_name' like 'Smoke test%') as runs`);
  return rows[0];
}

/** Waits until there is only what there was before. The runs of a deleted workflow are deleted by the sweep. */
async function leavesOnly(before: unknown): Promise<void> {
  const sweepAndCount = async () => {
    await (await fetch(`${stack.url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`)).body?.cancel();
    return count();
  };
  await expect.poll(sweepAndCount, { timeout: 60_000, interval: 500 }).toEqual(before);
}

describe("npm run smoke", () => {
  it("finds nothing wrong in the local stack, and leaves nothing behind", async () => {
    const before = await count();
    const { code, output } = await smoke();
    expect([code, output]).toEqual([0, expect.stringContaining("Nothing is wrong.")]);
    expect(output.match(/^✓/gm)).toHaveLength(7);
    expect(output).toMatch(
      /✓ a run +Invoked, dispatched after \d+ ms with the right signature, called back, and COMPLETED\./,
    );
    await leavesOnly(before);
  });

  it("says why a dispatch did not arrive, and leaves nothing behind", async () => {
    const before = await count();
    const { code, output } = await smoke(`--runner-url http://127.0.0.1:${await findFreePort()}/hook --runner-port 0`);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/✗ a run +The dispatch did not arrive\. The runner did not answer/),
    ]);
    await leavesOnly(before);
  });

  it("tries no run where no runner can be reached, and says so", async () => {
    const before = await count();
    const service = { origin: stack.url, key: DEMO.owner.key };
    expect(await tryWorkflow(service, null)).toEqual({ skipped: expect.stringContaining("--runner-url") });
    await leavesOnly(before);
  });

  it("says that the cron does not fire", async () => {
    await database.query("update sweep_state set ended_at = ended_at - interval '1 hour', paused_at = now()");
    const { code, output } = await smoke();
    await database.query("update sweep_state set ended_at = now(), paused_at = null");
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/✗ the cron +\/readyz is 503: The sweep has been paused/),
    ]);
    expect(output).toContain("Wrong: 1.");
  });

  it("says that a key does not work, and never shows it", async () => {
    const { code, output } = await smoke("", `${DEMO.owner.key}x`);
    expect([code, output.match(/^✗ (?:the API key|sign-in|a run)/gm)?.length]).toEqual([1, 3]);
    expect(output).not.toContain(DEMO.owner.key);
  });

  it("prints its usage when it is called without a URL or a key", async () => {
    for (const [command, key] of [
      ["smoke.ts", DEMO.owner.key],
      [`smoke.ts ${stack.url}`, ""],
      ["smoke.ts not-a-url", "k"],
    ] as const) {
      expect(await runScript(command, { API_KEY: key })).toEqual({
        code: 1,
        output: expect.stringContaining("--runner-url"),
      });
    }
    expect((await runScript("smoke.ts --help", {})).code).toBe(0);
  });
});

// Here, since a deployment of all cells tests each of them, and this file has a stack.
describe("npm run deploy", () => describeDeployment(() => stack));

describe("npm run rotate", () => describeRotation(() => stack));

describe("npm run deploy -- --check", () => describeCheck(() => stack));
