import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

/** What a run's command is given, and what it must not get. */
const GIVEN = `const { readFileSync } = require("node:fs");
const run = JSON.parse(readFileSync(0, "utf8"));
const { env } = process;
console.log("::progress 40 reading");
console.log("Reading " + run.run_snapshot.sources[0].materialized_path);
console.error("A warning");
console.log(JSON.stringify({
  input: run.input,
  isSame: env.WORKFLOW_RUN_ID === run.run_id && env.WORKFLOW_RUN_ATTEMPT === String(run.attempt) &&
    env.WORKFLOW_RUN_DEADLINE_AT === run.deadline_at && env.WORKFLOW_RUN_INPUT === JSON.stringify(run.input) &&
    env.WORKFLOW_RUN_SNAPSHOT === JSON.stringify(run.run_snapshot) &&
    env.WORKFLOW_RUN_WORKFLOW_NAME === run.run_snapshot.workflow_name,
  secrets: JSON.stringify([env, run, process.argv]).match(/wr_\\w+|whsec_|callback_token|eyJ/g),
}));
`;

/** What a runner does with the runs of a workflow. */
export function describeRun(world: () => World): void {
  const { home, node, program, environment, wr, json, start } = useTerminal(world, "run");
  const once = (...command: string[]) => wr(["run", "--workflow", "Plain", "--once", "--", ...command]);
  const createWorkflow = (name: string) => wr(["workflows", "create", name, "--lease", ...PARTS]);
  const invoke = async (name: string, input = "{}") =>
    (await wr(["invoke", name, "--input", input, "--quiet"])).stdout.trim();
  const resultOf = async (runId: string) => {
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    return (await fetch(`${world().url}/v1/workflow-runs/${runId}/result`, { headers })).json();
  };

  beforeAll(async () => {
    writeFileSync(join(home(), "given.cjs"), GIVEN);
    await Promise.all(["Plain", "Left", "Right"].map((name) => createWorkflow(name)));
  });

  it("gives a run to the command, and its output, log and progress to the service", async () => {
    const runId = await invoke("Plain", '{"quarter": "Q1"}');
    const args = ["run", "--workflow", "plain", "--once", "--", process.execPath, "given.cjs"];
    const ended = await wr(args, { WORKFLOW_RUNS_WEBHOOK_SECRET: DEMO.webhookSecret });
    expect([ended.code, ended.stdout]).toEqual([0, ""]);
    expect(ended.stderr).toContain(`Run ${runId} of "Plain" has begun.\nRun ${runId} is COMPLETED.\n`);
    const output = { input: { quarter: "Q1" }, isSame: true, secrets: null };
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED", output });
    const log = (await wr(["runs", "log", runId])).stdout;
    expect(log).toContain("Reading /shared/reports/q1\n");
    expect(log).toContain("A warning\n");
    expect(log).not.toContain("::progress");
    const entries: { text: string; sequence: number }[] = await json(["runs", "log", runId]);
    expect(entries.map(({ text }) => text).join("")).toBe(log);
    const followed = await wr(["runs", "log", "-f", runId, "--json"]);
    const lines = followed.stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(entries);
  });

  it("fails the run with the last lines of stderr, and exits with the command's code", async () => {
    const runId = await invoke("Plain");
    const ended = await once("sh", "-c", "echo Out; echo No such column >&2; exit 3");
    const error = "sh ended with exit code 3.\nNo such column";
    expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining(`Run ${runId} is FAILED. ${error}\n`)]);
    expect(await resultOf(runId)).toMatchObject({ status: "FAILED", failure_code: "REPORTED", error });
  });

  it("is retried by a policy that retries REPORTED, unless the exit code is one of --no-retry-on", async () => {
    const retried = ["--retry-on", "REPORTED", "--max-attempts", "2"];
    await wr(["workflows", "create", "Flaky", "--lease", ...retried]);
    const end = async (code: number) => {
      const id = (await wr(["invoke", "Flaky", "--quiet"])).stdout.trim();
      const command = ["sh", "-c", `exit ${code}`];
      await wr(["run", "--workflow", "Flaky", "--once", "--no-retry-on", "2", "--no-retry-on", "3", "--", ...command]);
      const { status } = await json(["runs", "get", id]);
      await wr(["runs", "stop", id]);
      return status;
    };
    expect([await end(1), await end(2), await end(3)]).toEqual(["PENDING", "FAILED", "FAILED"]);
  });

  it("takes no run when there is no such command", async () => {
    const runId = await invoke("Plain");
    const ended = await once("no-such-command");
    expect([ended.code, ended.stderr]).toEqual([4, 'There is no command "no-such-command". No run was taken.\n']);
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    await wr(["runs", "stop", runId]);
  });

  it("reports a command that cannot be started after all", async () => {
    const runId = await invoke("Plain");
    writeFileSync(join(home(), "broken"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const ended = await once("./broken");
    const error = "./broken could not be started: spawn ./broken ENOENT";
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining(`Run ${runId} is FAILED. ${error}\n`)]);
    expect(await resultOf(runId)).toMatchObject({ status: "FAILED", error });
  });

  it("keeps no more of 50 MB of output in memory than the service stores, which is the beginning and the end, and says so", async () => {
    const runId = await invoke("Plain");
    const script = "head -c 52428800 /dev/zero | tr '\\0' x | fold -w 99; echo; echo '{\"done\": true}'";
    const run = ["run", "--workflow", "Plain", "--once", "--", "sh", "-c", script];
    // With a heap that could not hold it.
    const args = ["--max-old-space-size=40", program(), ...run];
    const ended = await runProgram(node(), args, { cwd: home(), env: environment() });
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining(`Run ${runId} is COMPLETED.\n`)]);
    const note = "The log is longer than the service stores. Of the rest, its end is sent before the result.";
    expect(ended.stderr).toContain(`Run ${runId}: ${note}\n`);
    expect(await resultOf(runId)).toMatchObject({ output: { done: true } });
    const log = (await wr(["runs", "log", runId])).stdout;
    expect(log.length).toBeGreaterThan(1_250_000);
    const entries: { text: string; omitted_bytes: number }[] = await json(["runs", "log", runId]);
    const gap = entries.findIndex(({ omitted_bytes: bytes }) => bytes > 0);
    const textOf = (some: typeof entries) => some.map(({ text }) => text).join("");
    const kib = Math.ceil((entries[gap]?.omitted_bytes ?? 0) / 1024);
    const mark = `[${kib} KiB are left out here.]`;
    expect([gap, kib]).toEqual([expect.toSatisfy((index) => index > 0), expect.toSatisfy((size) => size > 45_000)]);
    for (const part of [textOf(entries.slice(0, gap)), mark, textOf(entries.slice(gap))]) expect(log).toContain(part);
  });

  it("works on as many runs at the same time as allowed", async () => {
    const runs = [await invoke("Left"), await invoke("Right")];
    const both = ["--workflow", "Left", "--workflow", "Right", "--concurrency", "2"];
    const runner = start(["run", ...both, "--", "sh", "-c", "sleep 30"]);
    for (const runId of runs) await runner.until(`Run ${runId} of`);
    await runner.end("SIGTERM");
    for (const runId of runs) expect(runner.stderr()).toContain(`Run ${runId} was given back.`);
    expect(runner.stderr()).not.toContain("By the policies of its workflows");
  });

  it.each([
    [["Left", "Left"], "1 run"],
    [["Left", "Right"], "2 runs"],
  ])("says at the start that of the workflows %j it can have no more than %s at the same time", async (names, most) => {
    const workflows = names.flatMap((name) => ["--workflow", name]);
    const runner = start(["run", ...workflows, "--concurrency", "5", "--", "true"]);
    await runner.until("Waiting for runs.");
    await runner.end("SIGTERM");
    const allowed = `By the policies of its workflows, this runner works on at most ${most} at the same time`;
    const sentence = `${allowed}, and not on 5.\n`;
    expect(runner.stderr()).toContain(sentence);
  });

  it("says that a workflow sends its runs to a URL, and changes that when it may", async () => {
    await wr(["workflows", "create", "Not leased", ...PARTS]);
    const command = ["run", "--workflow", "Not leased", "--once"];
    const refused = await wr([...command, "--", "true"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Add --set-policy to change that")]);
    const careless = await wr([...command, "--lease-seconds", "90", "--", "true"]);
    expect([careless.code, careless.stderr]).toEqual([4, expect.stringContaining("Add --set-policy to allow that.")]);
    const running = wr([...command, "--set-policy", "--lease-seconds", "90", "--", "true"]);
    await expect.poll(async () => (await wr(["workflows", "get", "Not leased"])).stdout).toMatch(/^handover +lease$/m);
    const runId = await invoke("Not leased");
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(stderr).toContain('"Not leased" now hands its runs to runners that ask for them.\n');
    expect(stderr).toContain('A lease of "Not leased" now lasts 90 seconds.\n');
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED" });
  });

  it("needs no more than a runner key, which does not reach the command, and the id of the workflow", async () => {
    const key = (await wr(["keys", "create", "machine", "--runner", "--workflow", "Plain", "--quiet"])).stdout.trim();
    const { id } = await json(["workflows", "get", "Plain"]);
    const runId = await invoke("Plain");
    const named = await wr(["run", "--api-key", key, "--workflow", "Plain", "--once", "--", "true"]);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("give the id of the workflow")]);
    const withKey = { WORKFLOW_RUNS_API_KEY: key };
    const other = await wr(["run", "--workflow", DEMO.nightlyDigestId, "--once", "--", "true"], withKey);
    const sentence = `There is no such workflow definition: ${DEMO.nightlyDigestId}.\n`;
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining(sentence)]);
    const unknown = await wr(["run", "--api-key", "wr_wrong", "--workflow", id, "--once", "--", "true"]);
    const refusal = "The service does not accept this API key: it is unknown, revoked or expired.\n";
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining(refusal)]);
    const ended = await wr(["run", "--workflow", id, "--once", "--", process.execPath, "given.cjs"], withKey);
    expect(ended.code).toBe(0);
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED", output: { isSame: true, secrets: null } });
  });
}
