import { beforeAll, expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "Waited for";
/** What would move the cursor of a terminal, or turn its text round. */
const HARMFUL = /[\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

export function describeWaiting(world: () => World): void {
  const { wr, json, start, inTerminal } = useTerminal(world, "waiting");

  beforeAll(async () => {
    await wr(["workflows", "create", NAME, "--lease", ...PARTS]);
  });

  it("ends with exit code 6 when the time of --timeout is over, and the run goes on", async () => {
    const ended = await wr(["invoke", NAME, "--wait", "--timeout", "1s", "--json"]);
    const { id } = JSON.parse(ended.stdout);
    expect([ended.code, ended.stderr]).toEqual([
      6,
      `The run has not ended within 1 s, and goes on: \`workflow-runs runs watch ${id}\` follows it, and ` +
        `\`workflow-runs runs stop ${id}\` stops it.\n`,
    ]);
    expect((await wr(["invoke", NAME, "--follow", "--timeout", "1s"])).code).toBe(6);
    expect(await json(["runs", "get", id])).toMatchObject({ status: "PENDING" });
    await wr(["runs", "bulk", "stop", "--workflow", NAME, "--yes"]);
    expect((await wr(["runs", "retry", id, "--wait", "--timeout", "1s", "--quiet"])).stdout).toBe(`${id}\n`);
  });

  it.each(["--wait", "--follow"])("says after Ctrl-C that the run goes on: %s", async (flag) => {
    const waiting = start(["invoke", NAME, flag]);
    await waiting.until("\n");
    const [, id = ""] = /^Run (\S+)\n/.exec(waiting.stderr()) ?? [];
    // It listens to Ctrl-C from the moment on at which it names the run.
    expect(await waiting.end("SIGINT")).toBe(130);
    expect(waiting.stderr()).toContain(`The run goes on: \`workflow-runs runs watch ${id}\` follows it`);
    expect(await json(["runs", "get", id])).toMatchObject({ status: "PENDING" });
  });

  it("shows the whole log of a run before the event of its end", async () => {
    await wr(["runs", "bulk", "stop", "--workflow", NAME, "--yes"]);
    start(["run", "--workflow", NAME, "--once", "--", "sh", "-c", "echo first; sleep 2; echo last; echo end"]);
    const { code, shown } = await inTerminal(`invoke "${NAME}" --follow`);
    expect([code, shown]).toEqual([0, expect.stringMatching(/first\r?\n(.*\n)*.*last\r?\nend\r?\n(.*\n)*.*COMPLETED/)]);
    const [, afterEnd = ""] = shown.split("COMPLETED");
    expect(afterEnd).not.toMatch(/last|end\r?\n/);
  });

  it("prints nothing that moves the cursor or turns text round, and JSON keeps its value", async () => {
    // Marks of direction are the only such characters that a name may have.
    const name = "report\u200fgpj.\u200e2J";
    const created = await wr(["workflows", "create", name, "--lease", "--json", ...PARTS]);
    expect(created.stdout).not.toMatch(HARMFUL);
    expect(JSON.parse(created.stdout)).toMatchObject({ name });
    for (const args of [
      ["workflows", "list"],
      ["workflows", "get", name],
    ]) {
      const { stdout } = await wr(args);
      expect([args, stdout]).toEqual([args, expect.stringContaining("report\\u200fgpj.\\u200e2J")]);
      expect(stdout).not.toMatch(HARMFUL);
    }
    const output = String.raw`{"text": "\u009b2J\u202e"}`;
    const running = start(["run", "--workflow", name, "--once", "--", "sh", "-c", `echo '${output}'`]);
    const id = (await wr(["invoke", name, "--quiet"])).stdout.trim();
    expect(await running.end()).toBe(0);
    for (const args of [
      ["runs", "get", id],
      ["runs", "get", id, "--json"],
      ["runs", "watch", id, "--json"],
      ["runs", "list"],
    ]) {
      const { stdout } = await wr(args);
      expect([args, HARMFUL.test(stdout)]).toEqual([args, false]);
    }
    expect((await wr(["runs", "get", id])).stdout).toContain(String.raw`"\u009b2J\u202e"`);
  });
}
