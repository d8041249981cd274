import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import type { World } from "./installed-client.ts";
import { processesOf } from "./processes.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const page = readFileSync(join(root, "docs/runner-service.md"), "utf8");
const [, unitCommand = ""] = /^ExecStart=(.+)$/m.exec(page) ?? [];
const [, entrypoint = "[]"] = /^ENTRYPOINT (.+)$/m.exec(page) ?? [];
/** What the page tells its readers to replace. */
const INSTALLED_AT = "/opt/workflow-runner";
const WORKFLOW_ID = "01920000-0000-7000-8000-000000000301";

/** It ignores SIGTERM, as do its child processes, and says which process group it is. */
const STUBBORN = '#!/bin/sh\ntrap "" TERM\necho $$ > "pid-$WORKFLOW_RUN_ID"\necho begun\nsleep 300 & wait\nwait\n';

/** The one process, or all processes that were started together, as `kill` names them. */
const ALONE = (pid: number) => pid;
const GROUP = (pid: number) => -pid;

/** What becomes of a runner and its script when a service manager, a container or a person ends them. */
export function describeRunService(world: () => World): void {
  const { home, environment, wr, json } = useTerminal(world, "run-service");

  beforeAll(async () => {
    writeFileSync(join(home(), "work.sh"), STUBBORN);
    chmodSync(join(home(), "work.sh"), 0o755);
    await wr(["workflows", "create", "Served", "--lease", ...PARTS]);
  });

  /** Starts a runner, waits until its script works, ends it, and looks at what is left. */
  async function endWhileWorking(words: readonly string[], named: (pid: number) => number, key?: string) {
    const runId = (await wr(["invoke", "Served", "--quiet"])).stdout.trim();
    const [command = "", ...args] = words;
    const { pid = 0 } = spawn(command, args, {
      cwd: home(),
      env: { ...process.env, ...environment(key === undefined ? {} : { WORKFLOW_RUNS_API_KEY: key }) },
      stdio: "ignore",
      detached: true,
    });
    const groups = [pid];
    onTestFinished(() => {
      for (const group of groups) {
        try {
          process.kill(-group, "SIGKILL");
        } catch {
          // It has ended, as it should.
        }
      }
    });
    await expect.poll(async () => (await wr(["runs", "log", runId])).stdout).toBe("begun\n");
    groups.push(Number(readFileSync(join(home(), `pid-${runId}`), "utf8")));
    expect((await processesOf(groups)).join("\n")).toMatch(/workflow-runs(.*\n)*.*sleep 300/);
    process.kill(named(pid), "SIGTERM");
    await expect.poll(() => processesOf(groups)).toEqual([]);
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    await wr(["runs", "stop", runId]);
  }

  it.each([
    ["npx alone", ALONE],
    ["npx and its whole process group", GROUP],
  ])("is gone 10 seconds after a SIGTERM to %s, with its script, and has given the run back", async (_, named) => {
    await endWhileWorking(["npx", "workflow-runs", "run", "--workflow", "Served", "--", "./work.sh"], named);
  });

  it.each([
    ["the systemd unit", unitCommand.split(" ")],
    ["the Dockerfile", JSON.parse(entrypoint)],
  ])("does the same when it is started by the command of %s, with a runner key", async (_, words: string[]) => {
    const key = (await wr(["keys", "create", "service", "--runner", "--quiet"])).stdout.trim();
    const { id } = await json(["workflows", "get", "Served"]);
    const command = words.map((word) => word.replace(INSTALLED_AT, world().folder).replace(WORKFLOW_ID, id));
    expect(command).toEqual(expect.arrayContaining([id, "./work.sh"]));
    await endWhileWorking(command, ALONE, key);
  });
}
