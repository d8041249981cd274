import { beforeAll, expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "Delayed";

/** Runs that start later, or not too late, on the command line. */
export function describeDelayedRuns(world: () => World): void {
  const { wr, json } = useTerminal(world, "delayed-runs");
  const invoke = (...args: string[]) => wr(["invoke", NAME, ...args]);
  const triggered = async (...args: string[]): Promise<string> => (await invoke(...args, "--quiet")).stdout.trim();
  const inMs = (at: string) => Date.parse(at) - Date.now();

  beforeAll(async () => {
    await wr(["workflows", "create", NAME, "--lease", ...PARTS]);
  });

  it("triggers a run that joins the queue later, and fails unless it has started in time", async () => {
    const id = await triggered("--start-after", "2h", "--must-start-by", "2099-01-31T12:00Z");
    const run = await json(["runs", "get", id]);
    expect(run).toMatchObject({ status: "PENDING", must_start_by: "2099-01-31T12:00:00.000Z", queue_position: null });
    expect(inMs(run.start_after)).toBeGreaterThan(3_600_000);
    expect(inMs(run.start_after)).toBeLessThanOrEqual(7_200_000);
    expect((await wr(["runs", "explain", id])).stdout).toContain(`It starts not before ${run.start_after}`);
    expect((await wr(["runs", "start-now", id])).code).toBe(0);
    expect(await json(["runs", "get", id])).toMatchObject({ status: "PENDING", start_after: null, queue_position: 1 });
    const again = await wr(["runs", "start-now", id]);
    expect([again.code, again.stdout, again.stderr]).toEqual([
      ...[1, "", expect.stringContaining("it is in the queue, and starts at its turn")],
    ]);
    await wr(["runs", "stop", id]);
    const ended = await wr(["runs", "start-now", id]);
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("Only a PENDING run can wait")]);
  });

  it("triggers a run that passes those that wait, and lets another one pass it", async () => {
    const [first, urgent] = [await triggered(), await triggered("--priority", "5")];
    expect(await json(["runs", "get", urgent])).toMatchObject({ priority: 5, queue_position: 1 });
    expect((await wr(["runs", "prioritize", first, "9"])).code).toBe(0);
    expect((await wr(["runs", "get", first])).stdout).toMatch(/^position +1\npriority +9$/m);
    expect((await wr(["runs", "explain", urgent])).stdout).toContain("behind 1 with a higher priority");
    const refused = await wr(["runs", "prioritize", first, "10"]);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining("It must be a whole number from 0 to 9."),
    ]);
    for (const id of [first, urgent]) await wr(["runs", "stop", id]);
  });

  it("is not watched by accident for weeks, and has no log yet", async () => {
    const id = await triggered("--start-after", "30d");
    const refused = await wr(["runs", "watch", id]);
    expect([refused.code, refused.stdout]).toEqual([4, ""]);
    expect(refused.stderr).toMatch(/^The run starts not before \d{4}-.*To watch it until then, add --wait/);
    const log = await wr(["runs", "log", id]);
    expect(log).toEqual({ code: 0, stdout: "", stderr: "The run has no log yet. With -f, it is shown as it comes.\n" });
    await wr(["runs", "stop", id, "--reason", "It was asked for in the wrong folder, and for a quarter that goes on"]);
    // It has taken no time, since it never started, and its error is cut.
    const listed = (await wr(["runs", "list", "--status", "FAILED", "--limit", "100"])).stdout;
    expect(listed).toMatch(new RegExp(`^${id} .* ago +Stopped: It was asked for in the wrong folder, .*…$`, "m"));
    expect((await wr(["runs", "log", id])).stderr).toBe("The run has no log.\n");
    expect((await wr(["runs", "watch", id, "--wait"])).code).toBe(5);
  });

  it("explains a run that has not started in time", async () => {
    const id = await triggered("--must-start-by", "5s");
    await expect.poll(async () => (await json(["runs", "get", id])).failure_code, { timeout: 30_000 }).toBe("EXPIRED");
    expect((await wr(["runs", "explain", id])).stdout).toContain("Expired: it had not started by");
  });

  it.each<[what: string, args: string[], sentence: string]>([
    ["an instant that has passed", ["--start-after", "2020-01-31"], "It must be in the future."],
    ["no instant", ["--must-start-by", "soon"], "It must be a date, a date with a time, or how long from now"],
    ["one that is too far away", ["--start-after", "91d"], "Must be within 90 days from now."],
    ["an end before the start", ["--start-after", "2h", "--must-start-by", "1h"], "later than `start_after`"],
  ])("refuses %s", async (_, args, sentence) => {
    const { code, stdout, stderr } = await invoke(...args);
    expect([code, stdout, stderr]).toEqual([4, "", expect.stringContaining(sentence)]);
  });
}
