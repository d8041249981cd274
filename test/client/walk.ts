import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { QUICK_NPX, runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";

const page = readFileSync(join(root, "docs/first-workflow.md"), "utf8");
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
const RUNNER = 'npx workflow-runs run --workflow "Count words" -- ';

export function describeWalk(world: () => World): void {
  let runner: ChildProcess | null = null;

  afterAll(() => {
    runner?.kill("SIGKILL");
    rmSync(join(root, "count-words.mjs"), { force: true });
  });

  it("works as written", { timeout: 180_000 }, async () => {
    const { url, folder } = world();
    const env = { ...QUICK_NPX, HOME: join(folder, "walk") };
    const said: string[] = [];
    const [start, ...steps] = blocks;
    expect(start).toBe("npm ci && npm run dev\n");
    for (const step of steps) {
      const words = step.replace("http://localhost:8787", url);
      if (step.startsWith(RUNNER)) {
        // In a terminal of its own, where it stays.
        runner = spawn("bash", ["-c", `exec ${words}`], {
          cwd: root,
          env: { ...process.env, HOME: env.HOME },
          stdio: "ignore",
          detached: true,
        });
        continue;
      }
      if (step.startsWith("RUN=") && runner?.pid) {
        process.kill(-runner.pid, "SIGINT");
        await once(runner, "close");
        runner = null;
      }
      const { code, stdout, stderr } = await runProgram("bash", ["-e", "-c", words], { cwd: root, env });
      expect([step, code, stderr]).toEqual([step, 0, expect.not.stringContaining(" at ")]);
      said.push(stdout);
    }
    const all = said.join("");
    expect(all).toMatch(/state +COMPLETED/);
    expect(all).toContain('"words": 6');
    expect(all).toContain("The exit code is 5.");
    expect(all).toContain('"words": 1');
    expect(all).not.toContain(DEMO.owner.key);
  });
}
