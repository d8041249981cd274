import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { QUICK_NPX, runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { useTerminal } from "./terminal.ts";

const page = readFileSync(join(root, "docs/as-code.md"), "utf8");
const example = (name: string) => readFileSync(join(root, "examples/as-code", name), "utf8");

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);

const FILE = `
root: /workflows/as-code
workflows:
  /workflows/as-code/One:
    sources: [/shared/reports/q1/]
    instructions: [/shared/how-to-summarise.md]
    outputs: [/shared/summaries/]
    policy: { handover: lease }
    triggers:
      Hook: { webhook: { scheme: token } }
`;
const EMPTY = "root: /workflows/as-code\nworkflows: {}\n";

/** The command of a step, with its secrets. */
function stepOf(actions: string, name: string): { command: string; secrets: string[] } {
  const [, command = "", env = ""] =
    new RegExp(`- name: ${name}\\n +run: (?:\\|\\n)?((?:.*\\n)*?) +env:\\n((?: {10}.*\\n)*)`).exec(actions) ?? [];
  return { command, secrets: [...env.matchAll(/^ +(\w+): /gm)].map(([, secret = ""]) => secret) };
}

/** Workflows as code on the command line: what it says, asks and exits with. The rest is in test/workflows/as-code.deep.test.ts. */
export function describeAsCode(world: () => World): void {
  const { wr, home, environment, inTerminal } = useTerminal(world, "as-code");
  const write = (text: string) => writeFileSync(join(home(), "workflows.yaml"), text);
  const apply = (...args: string[]) => wr(["apply", "workflows.yaml", ...args]);

  it("tells by exit codes whether something would change", async () => {
    write(FILE);
    const planned = await apply("--dry-run");
    expect([planned.code, planned.stderr]).toEqual([2, "Nothing was changed, because of --dry-run.\n"]);
    expect(planned.stdout).toMatch(/^\+ create workflow \/workflows\/as-code\/One\n(.*\n)*2 to create\.\n$/);
    const done = await apply();
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/\nDone: 2 created\.\n$/)]);
    expect(done.stderr).toMatch(
      /^The service has made a secret for the trigger "Hook" of \/workflows\/as-code\/One\. It is/,
    );
    expect(done.stderr).not.toContain("whsec_");
    expect((await apply()).stdout).toBe("Everything is as the file says.\n");
    const { stdout: exported } = await wr(["export"]);
    expect(exported).toContain("\n  /workflows/Quarterly report:\n");
    const same = { code: 0, stdout: "Everything is as the file says.\n", stderr: "" };
    expect(await wr(["apply", "-", "--prune", "--dry-run"], {}, exported)).toEqual(same);
    write(FILE.replace("handover: lease", "handover: lease, max_running: 2"));
    const { changes, done: isDone } = JSON.parse((await apply("--json")).stdout);
    const differences = [{ field: "policy.max_running", before: 1, after: 2 }];
    expect([changes, isDone]).toEqual([
      [{ action: "change", kind: "workflow", path: "/workflows/as-code/One", name: null, differences }],
      true,
    ]);
    expect((await apply("--dry-run", "--api-key", "wr_nobody")).code).toBe(1);
    expect((await apply("--api-key", "wr_nobody")).code).toBe(2);
    write(`${FILE}  /workflows/elsewhere: {}\n`);
    expect(await apply("--dry-run")).toEqual({
      code: 4,
      stdout: "",
      stderr: expect.stringMatching(/^workflows\.yaml:11:3: /),
    });
    expect((await wr(["apply", "none.yaml"])).stderr).toMatch(/^none\.yaml cannot be read: /);
    expect((await wr(["export", "--root", "/shared"])).code).toBe(4);
  });

  it("asks on a terminal before it deletes, and elsewhere deletes nothing without --yes", async () => {
    write(EMPTY);
    const left = await apply();
    expect(left.stderr).toBe(
      "Not in the file, and left as it is, since there is no --prune:\n  /workflows/as-code/One\n",
    );
    expect(left.code).toBe(0);
    const unasked = await apply("--prune");
    expect([unasked.code, unasked.stdout]).toEqual([7, "- delete workflow /workflows/as-code/One\n"]);
    expect(unasked.stderr).toBe(
      "This deletes 1 workflow with 0 runs. Add --yes to do it, since nobody can be asked here.\n",
    );
    const asked = "This deletes 1 workflow with 0 runs. Do it? [y/N] ";
    const command = `apply ${join(home(), "workflows.yaml")} --prune`;
    const refused = await inTerminal(command, { asked, typed: "\r" });
    expect([refused.code, refused.shown]).toEqual([1, expect.stringContaining("Nothing was changed.")]);
    expect((await wr(["workflows", "get", "as-code/One"])).code).toBe(0);
    const done = await inTerminal(command, { asked, typed: "y\r" });
    expect([done.code, done.shown]).toEqual([0, expect.stringContaining("Done: 1 deleted.")]);
    expect((await wr(["workflows", "get", "as-code/One"])).code).toBe(3);
    write(FILE);
    const made = await inTerminal(`apply ${join(home(), "workflows.yaml")}`);
    expect([made.code, made.shown]).toEqual([
      0,
      expect.stringMatching(/Keep the secret of .*\s+http\S+\/v1\/inbound\/\S+\/whsec_/),
    ]);
    write(EMPTY);
    expect((await apply("--prune", "--yes")).code).toBe(0);
    write(`${FILE}      Never: { schedule: { cron: "0 6 31 2 *", time_zone: UTC } }\n`);
    const broken = await inTerminal(`apply ${join(home(), "workflows.yaml")}`);
    expect([broken.code, broken.shown]).toEqual([
      4,
      expect.stringMatching(/Keep the secret of .*\s+http\S+\/v1\/inbound\/\S+\/whsec_.*This has failed: .*"Never"/s),
    ]);
    write(EMPTY);
    expect((await apply("--prune", "--yes")).code).toBe(0);
  });

  it("works as docs/as-code.md says, with its examples, which are those of examples/as-code", {
    timeout: 120_000,
  }, async () => {
    const [file = "", , actions = ""] = blocks("yaml");
    expect([file, actions]).toEqual([example("workflows.yaml"), example("github-actions.yaml")]);
    const cwd = join(world().folder, "as-code-page");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "workflows.yaml"), file);
    const script = `set -eu -o pipefail\n${blocks("sh").join("")}`;
    const ended = await runProgram("bash", ["-c", script], { cwd, env: { ...QUICK_NPX, ...environment() } });
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringMatching(/error|fail/i)]);
    for (const said of ["The exit code is 2", "A second time, nothing would change.", ...blocks("diff")]) {
      expect(ended.stdout).toContain(said);
    }

    const secrets = {
      PUBLISH_RUNNER_SECRET: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=",
      PUBLISH_GITHUB_SECRET: "sixteen bytes or more",
    };
    const [plan, applied] = [stepOf(actions, "Show what would change"), stepOf(actions, "Apply")];
    expect(plan.secrets).toEqual(["WORKFLOW_RUNS_API_KEY"]);
    expect(applied.secrets).toEqual(["WORKFLOW_RUNS_API_KEY", ...Object.keys(secrets)]);
    const run = (command: string, env: Record<string, string> = {}) =>
      runProgram("bash", ["-ec", command], {
        cwd,
        env: environment({ ...env, GITHUB_STEP_SUMMARY: join(cwd, "summary.md") }),
      });
    const planned = await run(plan.command);
    expect([planned.code, planned.stdout]).toEqual([
      0,
      expect.stringContaining('+ create trigger "When the site changes"'),
    ]);
    expect(planned.stderr).toContain("The variable PUBLISH_GITHUB_SECRET is not set here.");
    expect(readFileSync(join(cwd, "summary.md"), "utf8")).toBe(planned.stdout);
    expect((await run(applied.command, secrets)).code).toBe(0);
    expect((await run(plan.command)).stdout).toContain("Everything is as the file says.");
    expect(existsSync(join(world().folder, "node_modules/workflow-runs/workflows.schema.json"))).toBe(true);
  });
}
