import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { DEMO } from "../../../scripts/local/demo.ts";
import { type Ended, nodeOf, runProgram, type World } from "./installed-client.ts";
import { type KillableService, startKillableService } from "./killable-service.ts";

const PARTS = [
  "--source",
  "/shared/reports/q1",
  "--instruction",
  "/shared/how-to-summarise.md",
  "--output",
  "/shared/summaries",
];
const OUTAGE_MS = 60_000;

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
  secrets: JSON.stringify([env, run]).match(/wr_demo_owner|callback_token|eyJ/g),
}));
`;

export function describeRun(world: () => World): void {
  let home: string;
  let service: KillableService;
  let survivor: Promise<{ ended: Ended; runId: string }>;

  const program = () => join(world().folder, "node_modules/workflow-runs/bin/workflow-runs.js");
  const environment = (url = world().url) => ({
    HOME: home,
    WORKFLOW_RUNS_URL: url,
    WORKFLOW_RUNS_API_KEY: DEMO.owner.key,
  });
  const wr = (args: readonly string[], url?: string): Promise<Ended> =>
    runProgram(nodeOf(world().folder, "20"), [program(), ...args], { cwd: home, env: environment(url) });
  const json = async (args: readonly string[], url?: string) => JSON.parse((await wr([...args, "--json"], url)).stdout);
  const createWorkflow = (name: string, url?: string) =>
    wr(["workflows", "create", name, "--lease", ...PARTS, "--quiet"], url);
  const invoke = async (name: string, input = "{}", url?: string) =>
    (await wr(["invoke", name, "--input", input, "--quiet"], url)).stdout.trim();
  const resultOf = async (runId: string) => {
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    return (await fetch(`${world().url}/v1/workflow-runs/${runId}/result`, { headers })).json();
  };

  /** A runner as a process that is sent signals. It says what it does on stderr. */
  function startRunner(workflow: string, args: readonly string[]) {
    const all = [program(), "run", "--workflow", workflow, ...args];
    const env = { ...process.env, ...environment() };
    const child: ChildProcess = spawn(nodeOf(world().folder, "20"), all, {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const ended = once(child, "close");
    onTestFinished(() => void child.kill("SIGKILL"));
    return {
      child,
      said: () => said,
      until: (text: string) => expect.poll(() => said, { timeout: 20_000 }).toContain(text),
      async end(signal: NodeJS.Signals) {
        child.kill(signal);
        await ended;
        return child.exitCode;
      },
    };
  }

  beforeAll(async () => {
    home = join(world().folder, "run");
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "given.cjs"), GIVEN);
    service = await startKillableService();
    survivor = surviveOutage();
    await Promise.all(["Plain", "Stoppable", "Given back"].map((name) => createWorkflow(name)));
    return () => service.stop();
  }, 120_000);

  /** In the background of the other tests, since it takes its time. */
  async function surviveOutage() {
    const { url } = service;
    await createWorkflow("Survivor", url);
    await service.setLeaseSeconds(300);
    const runId = await invoke("Survivor", "{}", url);
    const running = wr(
      ["run", "--workflow", "Survivor", "--once", "--", "sh", "-c", "echo before; sleep 3; echo 42"],
      url,
    );
    await service.untilRunning(runId);
    await service.kill();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    await service.start();
    return { ended: await running, runId };
  }

  it("gives a run to the command, and its output, log and progress to the service", async () => {
    const runId = await invoke("Plain", '{"quarter": "Q1"}');
    const ended = await wr(["run", "--workflow", "plain", "--once", "--", process.execPath, "given.cjs"]);
    expect([ended.code, ended.stdout]).toEqual([0, ""]);
    expect(ended.stderr).toContain(`Run ${runId} is COMPLETED.`);
    const output = { input: { quarter: "Q1" }, isSame: true, secrets: null };
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED", output });
    const log = (await wr(["runs", "log", runId])).stdout;
    expect(log).toContain("Reading /shared/reports/q1\n");
    expect(log).toContain("A warning\n");
    expect(log).not.toContain("::progress");
  });

  it("fails the run with the last lines of stderr, and exits with the command's code", async () => {
    const runId = await invoke("Plain");
    const script = "echo Out; echo No such column >&2; exit 3";
    const ended = await wr(["run", "--workflow", "Plain", "--once", "--", "sh", "-c", script]);
    expect(ended.code).toBe(3);
    const error = "sh ended with exit code 3.\nNo such column";
    expect(await resultOf(runId)).toMatchObject({ status: "FAILED", failure_code: "REPORTED", error });
  });

  it("takes no run when there is no such command", async () => {
    const runId = await invoke("Plain");
    const ended = await wr(["run", "--workflow", "Plain", "--once", "--", "no-such-command"]);
    expect([ended.code, ended.stderr]).toEqual([4, 'There is no command "no-such-command". No run was taken.\n']);
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    await wr(["runs", "stop", runId]);
  });

  it("reports a command that cannot be started after all", async () => {
    const runId = await invoke("Plain");
    writeFileSync(join(home, "broken"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const ended = await wr(["run", "--workflow", "Plain", "--once", "--", "./broken"]);
    expect(ended.code).toBe(5);
    expect(await resultOf(runId)).toMatchObject({
      status: "FAILED",
      error: expect.stringContaining("could not be started"),
    });
  });

  it("keeps no more of 50 MB of output in memory than the service stores", async () => {
    const runId = await invoke("Plain");
    const script = "head -c 52428800 /dev/zero | tr '\\0' x | fold -w 99; echo; echo '{\"done\": true}'";
    // With a heap that could not hold it.
    const args = [
      "--max-old-space-size=40",
      program(),
      "run",
      "--workflow",
      "Plain",
      "--once",
      "--",
      "sh",
      "-c",
      script,
    ];
    const ended = await runProgram(nodeOf(world().folder, "20"), args, { cwd: home, env: environment() });
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining("is COMPLETED")]);
    expect(await resultOf(runId)).toMatchObject({ output: { done: true } });
    const log = (await wr(["runs", "log", runId])).stdout;
    expect(log.length).toBeGreaterThan(1_000_000);
    expect(log).toContain("[The log was cut here, since it was too long.]");
  });

  it("ends the command with SIGTERM when its run is stopped, then with SIGKILL, and takes the next run", async () => {
    const runId = await invoke("Stoppable");
    const script = 'trap "" TERM; echo begun; while :; do sleep 0.1; done';
    const runner = startRunner("Stoppable", ["--grace-seconds", "1", "--", "sh", "-c", script]);
    await runner.until(`Run ${runId} of "Stoppable" has begun.`);
    await wr(["runs", "stop", runId]);
    await expect.poll(runner.said, { timeout: 60_000 }).toContain(`The result of run ${runId} is not wanted any more`);
    const next = await invoke("Stoppable");
    await runner.until(`Run ${next} of "Stoppable" has begun.`);
    await runner.end("SIGINT");
  }, 120_000);

  it.each(["SIGINT", "SIGTERM"] as const)("gives back what it holds on %s, and leaves no process", async (signal) => {
    const runId = await invoke("Given back");
    const script = `trap "" TERM; echo $$ > pid-${signal}; sleep 300 & wait; wait`;
    const runner = startRunner("Given back", ["--grace-seconds", "1", "--", "sh", "-c", script]);
    await runner.until(`Run ${runId} of "Given back" has begun.`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await runner.end(signal)).toBe(0);
    expect(runner.said()).toContain("Unfinished runs are given back.");
    expect(runner.said()).toContain(`Run ${runId} was given back.`);
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    const left = await runProgram("sh", ["-c", `kill -0 -- -$(cat pid-${signal})`], { cwd: home });
    expect(left.code).not.toBe(0);
    await wr(["runs", "stop", runId]);
  });

  it("works on as many runs at the same time as allowed", async () => {
    await Promise.all(["Left", "Right"].map((name) => createWorkflow(name)));
    const runs = [await invoke("Left"), await invoke("Right")];
    const runner = startRunner("Left", ["--workflow", "Right", "--concurrency", "2", "--", "sh", "-c", "sleep 30"]);
    for (const runId of runs) await runner.until(`Run ${runId} of`);
    await runner.end("SIGTERM");
    for (const runId of runs) expect(runner.said()).toContain(`Run ${runId} was given back.`);
  });

  it("says that a workflow sends its runs to a URL, and changes that when it may", async () => {
    await wr(["workflows", "create", "Not leased", ...PARTS]);
    const command = ["run", "--workflow", "Not leased", "--once"];
    const refused = await wr([...command, "--", "true"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Add --set-policy to change that")]);
    const running = wr([...command, "--set-policy", "--lease-seconds", "90", "--", "true"]);
    await expect
      .poll(async () => (await wr(["workflows", "get", "Not leased"])).stdout, { timeout: 20_000 })
      .toMatch(/^handover +lease$/m);
    const runId = await invoke("Not leased");
    expect((await running).code).toBe(0);
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED" });
  });

  it("needs no more than a runner key, and the id of the workflow", async () => {
    const key = (await wr(["keys", "create", "machine", "--runner", "--workflow", "Plain", "--quiet"])).stdout.trim();
    const { id } = await json(["workflows", "get", "Plain"]);
    const runId = await invoke("Plain");
    const named = await wr(["run", "--api-key", key, "--workflow", "Plain", "--once", "--", "true"]);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("give the id of the workflow")]);
    expect((await wr(["run", "--api-key", key, "--workflow", id, "--once", "--", "true"])).code).toBe(0);
    expect(await resultOf(runId)).toMatchObject({ status: "COMPLETED" });
  });

  describe("a command while the service is down for a minute", () => {
    it("continues, and its result is reported", { timeout: 120_000 }, async () => {
      const { ended, runId } = await survivor;
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining(`Run ${runId} is COMPLETED.`)]);
      expect(ended.stderr).toContain("Tries again:");
      expect(await json(["runs", "get", runId], service.url)).toMatchObject({ status: "COMPLETED" });
      expect((await wr(["runs", "log", runId], service.url)).stdout).toBe("before\n42\n");
    });
  });
}
