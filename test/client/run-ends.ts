import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { processesOf } from "./processes.ts";
import { PARTS, useTerminal } from "./terminal.ts";

/** It ignores SIGTERM, and so does what it starts. */
const STUBBORN = 'trap "" TERM; echo begun; while :; do sleep 0.1; done';

/** How a runner and its command end when something else ends them. */
export function describeRunEnds(world: () => World): void {
  const { home, wr, json, start } = useTerminal(world, "run-ends");
  const invoke = async (name: string) => (await wr(["invoke", name, "--quiet"])).stdout.trim();
  const startRunner = (workflow: string, ...args: string[]) => start(["run", "--workflow", workflow, ...args]);

  beforeAll(async () => {
    const names = ["Stoppable", "Given back", "Short", "Impatient"];
    await Promise.all(names.map((name) => wr(["workflows", "create", name, "--lease", ...PARTS])));
  });

  /** The processes of the command that has written its process group into this file. */
  const leftOf = (pidFile: string) => processesOf([Number(readFileSync(join(home(), pidFile), "utf8"))]);

  it("ends the command with SIGTERM when its run is stopped, then with SIGKILL, and takes the next run", async () => {
    const runId = await invoke("Stoppable");
    // It hears of the stop by a heartbeat: the shorter the lease, the sooner.
    const flags = ["--set-policy", "--lease-seconds", "30", "--grace-seconds", "1"];
    const runner = startRunner("Stoppable", ...flags, "--", "sh", "-c", STUBBORN);
    await runner.until(`Run ${runId} of "Stoppable" has begun.`);
    await wr(["runs", "stop", runId]);
    await expect
      .poll(runner.stderr, { timeout: 60_000 })
      .toContain(`The result of run ${runId} is not wanted any more: `);
    const next = await invoke("Stoppable");
    await runner.until(`Run ${next} of "Stoppable" has begun.`);
    await runner.end("SIGINT");
  }, 120_000);

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "gives back what it holds on %s, and leaves no process",
    async (signal) => {
      const runId = await invoke("Given back");
      const script = `trap "" TERM; echo $$ > pid-${signal}; echo begun; sleep 300 & wait; wait`;
      const runner = startRunner("Given back", "--grace-seconds", "1", "--", "sh", "-c", script);
      await runner.until(`Run ${runId} of "Given back" has begun.`);
      await expect.poll(async () => (await wr(["runs", "log", runId])).stdout).toBe("begun\n");
      expect(await runner.end(signal)).toBe(0);
      expect(runner.stderr()).toContain("Unfinished runs are given back.");
      expect(runner.stderr()).toContain(`Run ${runId} was given back.`);
      expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
      expect(await leftOf(`pid-${signal}`)).toEqual([]);
      await wr(["runs", "stop", runId]);
    },
  );

  it("ends also what the command has started and left behind, and gives the run back only then", async () => {
    const runId = await invoke("Given back");
    const script = `echo $$ > pid-left; (trap "" TERM; echo begun; exec sleep 300 >&- 2>&-) & wait`;
    const runner = startRunner("Given back", "--grace-seconds", "1", "--", "sh", "-c", script);
    await expect.poll(async () => (await wr(["runs", "log", runId])).stdout).toBe("begun\n");
    expect(await runner.end("SIGTERM")).toBe(0);
    expect(runner.stderr()).toContain(`Run ${runId} was given back.`);
    expect(await leftOf("pid-left")).toEqual([]);
    await wr(["runs", "stop", runId]);
  });

  it("gives back what it holds when the program that reads its output has ended", async () => {
    const [runId, short] = [await invoke("Given back"), await invoke("Short")];
    const script =
      'echo begun; [ "$WORKFLOW_RUN_WORKFLOW_NAME" = Short ] || exec sleep 300; until [ -e go ]; do sleep 0.1; done';
    const flags = ["--workflow", "Short", "--concurrency", "2", "--grace-seconds", "1", "--json"];
    const runner = startRunner("Given back", ...flags, "--", "sh", "-c", script);
    for (const id of [runId, short]) {
      await expect.poll(async () => (await wr(["runs", "log", id])).stdout).toBe("begun\n");
    }
    runner.readNoMore();
    writeFileSync(join(home(), "go"), "");
    expect(await runner.end()).toBe(0);
    expect(await json(["runs", "get", short])).toMatchObject({ status: "COMPLETED" });
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    await wr(["runs", "stop", runId]);
  });

  it("ends at once when Ctrl-C is pressed again, with its command, and says what becomes of the run", async () => {
    const runId = await invoke("Impatient");
    const script = `trap "" TERM; echo $$ > pid-impatient; echo begun; sleep 300 & wait; wait`;
    const runner = startRunner("Impatient", "--grace-seconds", "300", "--", "sh", "-c", script);
    await expect.poll(async () => (await wr(["runs", "log", runId])).stdout).toBe("begun\n");
    runner.send("SIGINT");
    await runner.until("Stopping within 305 seconds.");
    // One that comes within a second is the same one, which `npx` has passed on.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await runner.end("SIGINT")).toBe(1);
    expect(runner.stderr()).toContain(
      "Exited at once. A run that was not given back becomes FAILED when its lease expires.",
    );
    await expect.poll(() => leftOf("pid-impatient")).toEqual([]);
    await wr(["runs", "stop", runId]);
  });
}
