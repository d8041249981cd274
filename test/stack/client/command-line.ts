import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { DEMO } from "../../../scripts/local/demo.ts";
import { type Ended, nodeOf, runProgram, type World } from "./installed-client.ts";

const NOWHERE = "01920000-0000-7000-8000-00000000ffff";
const HELD = DEMO.runs.running;

export function describeCommandLine(world: () => World): void {
  let home: string;
  const program = () => join(world().folder, "node_modules/workflow-runs/bin/workflow-runs.js");
  /** On the oldest Node, as somebody who is signed in by the environment. */
  const wr = (args: readonly string[], env: Record<string, string> = {}, input?: string): Promise<Ended> => {
    const signedIn = { WORKFLOW_RUNS_URL: world().url, WORKFLOW_RUNS_API_KEY: DEMO.owner.key };
    const options = { cwd: home, env: { HOME: home, ...signedIn, ...env }, ...(input !== undefined && { input }) };
    return runProgram(nodeOf(world().folder, "20"), [program(), ...args], options);
  };
  const json = async (args: readonly string[]) => JSON.parse((await wr([...args, "--json"])).stdout);

  beforeAll(() => {
    home = join(world().folder, "home");
    mkdirSync(home, { recursive: true });
  });

  describe("login", () => {
    const signedOut = { WORKFLOW_RUNS_URL: "", WORKFLOW_RUNS_API_KEY: "" };

    it("keeps the key in a file that only its owner can read, and the next commands use it", async () => {
      const { url } = world();
      expect((await wr(["whoami"], signedOut)).code).toBe(2);
      const { code, stderr } = await wr(["login", "--url", url], signedOut, `${DEMO.owner.key}\n`);
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Signed in to ${url}`)]);
      const file = join(home, ".config/workflow-runs/login.json");
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ url, api_key: DEMO.owner.key });
      expect(JSON.parse((await wr(["whoami", "--json"], signedOut)).stdout)).toMatchObject({ id: DEMO.owner.id });
    });

    it("is overridden by the environment, which is overridden by flags; its key is not sent to another service", async () => {
      const id = async (args: string[], env: Record<string, string>) =>
        (await wr(["whoami", "--quiet", ...args], env)).stdout.trim();
      expect(await id([], { ...signedOut, WORKFLOW_RUNS_API_KEY: DEMO.admin.key })).toBe(DEMO.admin.id);
      expect(await id(["--api-key", DEMO.user.key], { ...signedOut, WORKFLOW_RUNS_API_KEY: DEMO.admin.key })).toBe(
        DEMO.user.id,
      );
      expect((await wr(["whoami"], { ...signedOut, WORKFLOW_RUNS_URL: "https://runs.example" })).code).toBe(2);
      expect((await wr(["logout"], signedOut)).code).toBe(0);
      expect((await wr(["whoami"], signedOut)).code).toBe(2);
    });
  });

  it.each<[code: number, args: string[]]>([
    [2, ["whoami", "--api-key", "wr_wrong"]],
    [3, ["runs", "get", NOWHERE]],
    [3, ["workflows", "get", "No such workflow"]],
    [3, ["invoke", NOWHERE]],
    [4, ["runs", "get", "no-id"]],
    [4, ["runs", "list", "--status", "DONE"]],
    [4, ["invoke", "Quarterly report", "--input", "[1]"]],
    [4, ["invoke", "Quarterly report", "--input", "@missing.json"]],
    [4, ["nonsense"]],
    [4, ["runs", "list", "--nonsense"]],
    [1, ["invoke", "Support triage"]],
    [1, ["whoami", "--url", "http://127.0.0.1:9", "--api-key", "k"]],
    [0, ["--help"]],
    [0, ["--version"]],
  ])("exits with %i for %j, and prints errors to stderr only", async (code, args) => {
    const ended = await wr(args);
    expect([ended.code, code === 0 || ended.stdout === "", code === 0 || ended.stderr !== ""]).toEqual([
      code,
      true,
      true,
    ]);
    expect(ended.stderr).not.toMatch(/ {4}at /);
  });

  it("has help with examples for every command", async () => {
    const { stdout } = await wr(["--help"]);
    const groups = { workflows: ["list", "get", "create", "pause", "resume"], keys: ["list", "create", "delete"] };
    const of = Object.entries(groups).flatMap(([group, names]) => names.map((name) => [group, name]));
    const runs = ["list", "get", "watch", "stop", "retry", "log", "explain"].map((name) => ["runs", name]);
    const notify = ["list", "create", "rotate", "test", "deliveries", "resend", "delete"].map((name) => [
      "notify",
      name,
    ]);
    const others = ["login", "whoami", "invoke", "events", "open", "run", "verify"].map((name) => [name]);
    for (const command of [...of, ...runs, ...notify, ...others]) {
      expect(stdout).toContain(`  ${command[0]}`);
      const help = await wr([...command, "--help"]);
      expect([command, help.code, help.stdout]).toEqual([command, 0, expect.stringMatching(/Examples?:\n {2}\$ /)]);
    }
  });

  it("prints a table for people, without colours to a pipe; the API's list for programs; and ids", async () => {
    const table = (await wr(["workflows", "list"])).stdout;
    expect(table).toMatch(/^ID +NAME +STATE +RUNNER +TIME LIMIT\n/);
    expect(table).toMatch(new RegExp(`^${DEMO.quarterlyReportId} +Quarterly report +active`, "m"));
    expect(table).not.toContain("\u001b");
    const list: { id: string }[] = await json(["workflows", "list"]);
    expect(list.map(({ id }) => id)).toContain(DEMO.quarterlyReportId);
    expect((await wr(["workflows", "list", "--quiet"])).stdout.trim().split("\n")).toEqual(list.map(({ id }) => id));
    const failed: { status: string }[] = await json(["runs", "list", "--status", "failed", "--limit", "3"]);
    expect(failed.map(({ status }) => status)).toEqual(["FAILED", "FAILED", "FAILED"]);
  });

  it("finds workflows by name in any case, and says when several have the name", async () => {
    expect(await json(["workflows", "get", "quarterly REPORT"])).toMatchObject({ id: DEMO.quarterlyReportId });
    const create = (name: string) =>
      json([
        "workflows",
        "create",
        name,
        "--source",
        "/shared/reports/q1",
        "--instruction",
        "/shared/how-to-summarise.md",
        "--output",
        "/shared/summaries",
      ]);
    const twins = [await create("Twin"), await create("Twin")];
    expect(twins[0]).toMatchObject({ name: "Twin", runner_config: null, max_run_duration_seconds: 300 });
    const { code, stderr } = await wr(["workflows", "get", "Twin"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining(twins[1].id)]);
    const lost = await wr([
      "workflows",
      "create",
      "X",
      "--source",
      "/shared/no",
      "--instruction",
      "/a",
      "--output",
      "/b",
    ]);
    expect([lost.code, lost.stderr]).toEqual([3, expect.stringContaining("There is no /shared/no")]);
  });

  it("invokes with input and waits for the end", async () => {
    writeFileSync(join(home, "input.json"), '{"quarter": "Q1"}');
    const invoke = ["invoke", "Quarterly report", "--input", "@input.json", "--idempotency-key", "one"];
    const [waited, again] = [await wr([...invoke, "--wait"]), await wr([...invoke, "--quiet"])];
    expect([waited.code, waited.stdout]).toEqual([0, expect.stringMatching(/^state +COMPLETED$/m)]);
    expect(waited.stdout).toContain(again.stdout.trim());
    const watched = await wr(["runs", "watch", again.stdout.trim()]);
    expect([watched.code, watched.stdout]).toEqual([0, expect.stringMatching(/TRIGGERED\n(.*\n)*.*COMPLETED\n$/)]);
    const followed = await wr(["invoke", "Quarterly report", "--input", "@-", "--follow"], {}, "{}");
    expect([followed.code, followed.stderr]).toEqual([0, expect.stringContaining("DISPATCHED")]);
  });

  it("stops, explains and retries a run; one that FAILED is exit code 5", async () => {
    const blocked = (await wr(["invoke", "Nightly digest", "--quiet"])).stdout.trim();
    const why = await wr(["runs", "explain", blocked]);
    expect(why.stdout).toMatch(new RegExp(`blocked by +${HELD}`));
    expect(await json(["runs", "stop", blocked, "--reason", "Wrong folder"])).toMatchObject({ status: "FAILED" });
    expect((await wr(["runs", "get", blocked])).stdout).toMatch(/^error +Stopped: Wrong folder$/m);
    expect((await wr(["runs", "watch", blocked])).code).toBe(5);
    expect((await wr(["runs", "log", "-f", blocked])).code).toBe(5);
    expect(await json(["runs", "retry", blocked])).toMatchObject({ id: blocked, status: "PENDING" });
    expect((await wr(["runs", "stop", blocked])).code).toBe(0);
  });

  it("pauses a workflow that has a runner, and resumes it", async () => {
    expect(await json(["workflows", "pause", "Contract review"])).toMatchObject({ is_active: false });
    expect((await wr(["invoke", "Contract review"])).stderr).toContain("paused");
    expect(await json(["workflows", "resume", "Contract review"])).toMatchObject({ is_active: true });
  });

  it("makes and deletes API keys by name, and opens pages", async () => {
    const key = (await wr(["keys", "create", "CI", "--quiet"])).stdout.trim();
    expect((await wr(["whoami", "--quiet", "--api-key", key])).stdout.trim()).toBe(DEMO.owner.id);
    expect((await wr(["keys", "list"])).stdout).toContain("CI");
    expect((await wr(["keys", "delete", "CI"])).code).toBe(0);
    expect((await wr(["whoami", "--api-key", key])).code).toBe(2);
    const url = `${world().url}/app/workflows/${DEMO.quarterlyReportId}\n`;
    expect((await wr(["open", "Quarterly report"])).stdout).toBe(url);
    expect((await wr(["open", HELD])).stdout).toBe(`${world().url}/app/runs/${HELD}\n`);
  });

  it("shows a line of progress on a terminal, and none elsewhere", async () => {
    const { url, folder } = world();
    const command = [nodeOf(folder, "20"), program(), "invoke", "'Quarterly report'", "--wait"].join(" ");
    // CI sets NO_COLOR, and may have no terminal of its own.
    const { NO_COLOR: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      TERM: "xterm",
      HOME: home,
      WORKFLOW_RUNS_URL: url,
      WORKFLOW_RUNS_API_KEY: DEMO.owner.key,
    };
    const terminal: ChildProcess = spawn("script", ["-qec", command, "/dev/null"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let shown = "";
    terminal.stdout?.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    await once(terminal, "close");
    expect([terminal.exitCode, shown]).toEqual([0, expect.stringMatching(/RUNNING {2}\d s/)]);
    expect(shown).toContain("\u001b[32mCOMPLETED");
  });
}
