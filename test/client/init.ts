import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import pg from "pg";
import { beforeAll, expect, it } from "vitest";
import { createEmptyTenant } from "../support/browser/tenants.ts";
import { runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { useTerminal } from "./terminal.ts";

/** What somebody does who begins: `workflow-runs init`, and the two commands that it prints. */
export function describeInit(world: () => World): void {
  const { home, node, program, wr, json } = useTerminal(world, "init");
  let owner: { WORKFLOW_RUNS_API_KEY: string };

  const addTenant = async () => {
    const database = new pg.Client(world().postgresUrl);
    await database.connect();
    const { key } = await createEmptyTenant(database);
    await database.end();
    return { WORKFLOW_RUNS_API_KEY: key };
  };

  beforeAll(async () => {
    owner = await addTenant();
  });

  /** Lines in a shell of somebody whose home is this folder, and who has no variables of ours. */
  const shell = (lines: readonly string[], folder: string, nodeOfWorker: string) => {
    const programs = [`workflow-runs() { '${node()}' '${program()}' "$@"; }`, `node() { '${nodeOfWorker}' "$@"; }`];
    const script = ["set -m", ...programs, ...lines].join("\n");
    return runProgram("bash", ["-c", script], { cwd: folder, env: { HOME: folder } });
  };

  it.each([
    ["shell", "work.sh"],
    ["python", "work.py"],
    ["typescript", "work.mts"],
  ])("leads in three commands from an empty tenant to a COMPLETED run, in %s", async (worker, file) => {
    const { WORKFLOW_RUNS_API_KEY: key } = await addTenant();
    // In the folder of the world, in which the package is installed.
    const folder = join(home(), worker);
    mkdirSync(folder);
    const signIn = `echo ${key} | workflow-runs login --url ${world().url} --quiet`;
    const made = await shell([signIn, `workflow-runs init "The \\"first\\" job" --worker ${worker}`], folder, node());
    expect(made.code).toBe(0);
    const printed = (label: string) => new RegExp(`^${label}: +(.+)$`, "m").exec(made.stdout)?.[1] ?? "";
    const commands = [printed("Start the worker"), printed("Trigger a run")];
    expect([existsSync(join(folder, file)), statSync(join(folder, "runner.env")).mode & 0o777]).toEqual([true, 0o600]);

    const [begin, trigger] = commands;
    const stop = ["kill -TERM -- -$WORKER", "wait $WORKER"];
    const lines = [`${begin} > worker.log 2>&1 & WORKER=$!`, String(trigger), "CODE=$?", ...stop, "exit $CODE"];
    const ended = await shell(lines, folder, process.execPath);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/^state +COMPLETED$/m)]);
    expect(readFileSync(join(folder, file), "utf8").trim().split("\n").length).toBeLessThanOrEqual(14);
  });

  it("makes nothing when it was here before, and uses a workflow and a worker that are there", async () => {
    const first = await json(["init", "Again", "--to", "again"], { ...owner, npm_command: "exec" });
    // Begun by npx, from the folder in which somebody is: the shell knows no other way to the command.
    expect(first.commands).toEqual({
      start: "npx workflow-runs run --env-file again/runner.env -- sh again/work.sh",
      invoke: "npx workflow-runs invoke Again --wait",
    });
    const refused = await wr(["init", "Other", "--to", "again"], owner);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining("runner.env is there already. Nothing was made"),
    ]);
    expect((await wr(["workflows", "get", "Other"], owner)).code).toBe(3);
    mkdirSync(join(home(), "elsewhere"));
    const second = await json(["init", "Again", "--to", "elsewhere"], owner);
    expect(second.workflow_definition_id).toBe(first.workflow_definition_id);
    await wr(["workflows", "create", "By webhook"], owner);
    const other = await wr(["init", "By webhook", "--to", "hook"], owner);
    expect([other.code, other.stderr]).toEqual([4, expect.stringContaining("which sends its runs to a URL")]);
    expect(existsSync(join(home(), "hook/runner.env"))).toBe(false);
    expect(readFileSync(join(home(), "elsewhere/runner.env"), "utf8")).toMatch(
      /^WORKFLOW_RUNS_URL=http.+\nWORKFLOW_RUNS_API_KEY=wr_.+\nWORKFLOW_RUNS_WORKFLOW=[0-9a-f-]{36}\n$/,
    );
  });

  it("needs an OWNER or ADMIN", async () => {
    const refused = await wr(["init", "Not mine", "--to", "mine"], { WORKFLOW_RUNS_API_KEY: "wr_demo_user" });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("OWNER or ADMIN")]);
    expect(existsSync(join(home(), "mine/runner.env"))).toBe(false);
  });

  it("has files and folders, which are created, moved and deleted by their paths", async () => {
    const create = (path: string) => json(["files", "create", path], owner);
    expect(await create("/reports/2026/")).toMatchObject({ part_type: "FOLDER", materialized_path: "/reports/2026" });
    expect(await create("/reports/2026/a.md")).toMatchObject({ part_type: "DOCUMENT" });
    expect(await create("/reports/2026/a.md/v1")).toMatchObject({ part_type: "DOCUMENT_VERSION" });
    const listed = await wr(["files", "list", "/reports/2026"], owner);
    expect(listed.stdout).toMatch(/ \/reports\/2026\/a\.md +document /);
    const moved = await json(["files", "move", "/reports/2026/a.md", "/reports/"], owner);
    expect(moved.materialized_path).toBe("/reports/a.md");
    const renamed = await json(["files", "move", "/reports/a.md", "/reports/2026/b.md"], owner);
    expect(renamed.materialized_path).toBe("/reports/2026/b.md");
    const asked = await wr(["files", "delete", "/reports"], owner);
    expect([asked.code, asked.stderr]).toEqual([
      4,
      expect.stringContaining("This deletes the folder /reports with everything below it."),
    ]);
    expect((await wr(["files", "delete", "/reports", "--yes"], owner)).stdout).toBe("Deleted /reports.\n");
    expect((await wr(["files", "list", "/reports"], owner)).code).toBe(3);
    expect((await wr(["files", "create", "reports"], owner)).stderr).toContain("Give a path such as /shared/reports/");
  });
}
