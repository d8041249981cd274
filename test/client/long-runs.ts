import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import type { Ended } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { type KillableService, startKillableService } from "./killable-service.ts";
import { processesOf } from "./processes.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const OUTAGE_MS = 120_000;

type LongRun = { ended: Ended; runId: string };

/** Starts runs that take minutes, in the background of other tests. Returns their tests, which come last. */
export function startLongRuns(world: () => World): () => void {
  const { home, wr, json, start } = useTerminal(world, "long-runs");
  let service: KillableService;
  let survivor: Promise<LongRun>;
  let hanging: Promise<LongRun>;
  const atService = () => ({ WORKFLOW_RUNS_URL: service.url });

  beforeAll(async () => {
    hanging = hang();
    service = await startKillableService();
    survivor = surviveOutage();
    return () => service.stop();
  });

  /** Takes the service away while the command of a run works. The command ends before the service is back. */
  async function surviveOutage(): Promise<LongRun> {
    const env = atService();
    const file = (name: string) => join(home(), `survivor-${name}`);
    await wr(["workflows", "create", "Survivor", "--lease", ...PARTS], env);
    const runId = (await wr(["invoke", "Survivor", "--quiet"], env)).stdout.trim();
    const work = "echo before; touch survivor-begun; until [ -e survivor-away ]; do sleep 0.1; done; echo 42";
    const running = wr(["run", "--workflow", "Survivor", "--once", "--", "sh", "-c", work], env);
    await vi.waitUntil(() => existsSync(file("begun")), { timeout: 60_000, interval: 100 });
    await service.kill();
    writeFileSync(file("away"), "");
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    await service.start();
    return { ended: await running, runId };
  }

  /** A command that never ends, in the shortest time that a run may have. */
  async function hang(): Promise<LongRun> {
    await wr(["workflows", "create", "Hanging", "--lease", "--max-seconds", "60", ...PARTS]);
    const runId = (await wr(["invoke", "Hanging", "--quiet"])).stdout.trim();
    const args = ["--workflow", "Hanging", "--once", "--grace-seconds", "1"];
    return { ended: await wr(["run", ...args, "--", "sh", "-c", "echo $$ > pid-hanging; sleep 1000"]), runId };
  }

  return () => {
    it("ends a command that hangs at the deadline of its run, and says so", async () => {
      const { ended, runId } = await hanging;
      // 128 and the number of SIGTERM.
      expect([ended.code, ended.stdout]).toEqual([143, ""]);
      const sentence = `The result of run ${runId} is not wanted any more: The deadline has passed.\n`;
      expect(ended.stderr).toContain(sentence);
      const group = Number(readFileSync(join(home(), "pid-hanging"), "utf8"));
      expect(await processesOf([group])).toEqual([]);
      expect((await wr(["runs", "get", runId])).stdout).toMatch(/^failed by +DEADLINE$/m);
    });

    it("goes on while the service is away for two minutes in its middle, and its result is reported", async () => {
      const { ended, runId } = await survivor;
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining(`Run ${runId} is COMPLETED.`)]);
      expect(ended.stderr).toContain(`Run ${runId}: Tries again: `);
      expect(await json(["runs", "get", runId], atService())).toMatchObject({ status: "COMPLETED" });
      expect((await wr(["runs", "log", runId], atService())).stdout).toBe("before\n42\n");
    }, 240_000);

    it("exits in time when it is ended while the service is away, and says what becomes of its run", async () => {
      const runId = (await wr(["invoke", "Survivor", "--quiet"], atService())).stdout.trim();
      const runner = start(["run", "--workflow", "Survivor", "--", "sh", "-c", "sleep 300"], atService());
      await runner.until(`Run ${runId} of "Survivor" has begun.`);
      await service.kill();
      expect(await runner.end("SIGTERM")).toBe(1);
      expect(runner.stderr()).toContain("Stopping within 10 seconds.");
      expect(runner.stderr()).toContain("A run that was not given back becomes FAILED when its lease expires.");
    });
  };
}
