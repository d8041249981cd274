import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "Many";

type Given = { id: string; capability: string; materialized_path: string };

export function describeChangesOfRuns(world: () => World): void {
  const { wr, json, inTerminal } = useTerminal(world, "changes-of-runs");
  const ofWorkflow = ["--workflow", NAME];
  const bulk = (action: string, ...args: string[]) => wr(["runs", "bulk", action, ...ofWorkflow, ...args]);
  const states = async (...args: string[]) =>
    (await json(["runs", "list", ...ofWorkflow, ...args])).map(({ status }: { status: string }) => status);

  beforeAll(async () => {
    await wr(["workflows", "create", NAME, "--lease", ...PARTS]);
    for (const _ of [1, 2, 3]) await wr(["invoke", NAME]);
  });

  it("lists the runs of a time, which is told by dates or by how long ago it was", async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect(await states("--since", "1h")).toHaveLength(3);
    expect(await states("--since", "2020-01-31", "--until", tomorrow)).toHaveLength(3);
    expect(await states("--until", "1h")).toEqual([]);
    expect(await states("--since", tomorrow.slice(0, 10))).toEqual([]);
  });

  it("only says with --dry-run what it would change", async () => {
    const { code, stdout } = await bulk("stop", "--dry-run");
    expect([code, stdout]).toEqual([
      0,
      "This stops 3 of 3 matching runs. Nothing was changed, because of --dry-run.\n",
    ]);
    const report = JSON.parse((await bulk("stop", "--dry-run", "--json")).stdout);
    expect(report).toEqual({ action: "stop", dry_run: true, matched: 3, would_change: 3, refused: [] });
    expect((await bulk("stop", "--dry-run", "--until", "1h")).stdout).toContain("0 of 0 matching runs");
    expect(await states()).toEqual(["PENDING", "PENDING", "PENDING"]);
  });

  it("asks on a terminal, and changes nothing but after a yes", async () => {
    const command = `runs bulk stop --workflow ${NAME}`;
    const asked = "This stops 3 of 3 matching runs. Do it? [y/N] ";
    const refused = await inTerminal(command, { asked, typed: "\r" });
    expect([refused.code, refused.shown]).toEqual([1, expect.stringContaining("Nothing was changed.")]);
    expect(await states("--status", "PENDING")).toHaveLength(3);
    const done = await inTerminal(command, { asked, typed: "y\r" });
    expect([done.code, done.shown]).toEqual([0, expect.stringContaining("Stopped 3 of 3 matching runs.")]);
    expect(await states()).toEqual(["FAILED", "FAILED", "FAILED"]);
  });

  it("says which runs were refused, and why, with exit code 1", async () => {
    const retried = await bulk("retry", "--yes", "--json");
    expect(JSON.parse(retried.stdout)).toEqual({ action: "retry", dry_run: false, matched: 3, done: 3, refused: [] });
    const refused = await bulk("retry", "--yes", "--status", "PENDING");
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringMatching(/^Retried 0 of 3 matching runs\.\nRefused 3: .*PENDING.*\n$/),
    ]);
  });

  it("deletes a run that waits, as its help says", async () => {
    const id = (await wr(["invoke", NAME, "--quiet"])).stdout.trim();
    expect((await wr(["runs", "delete", "--help"])).stdout).toMatch(/Delete a run that waits\s+or\s+has\s+ended/);
    expect((await wr(["runs", "delete", id])).stdout).toBe(`Deleted ${id}.\n`);
  });

  it("deletes runs that have ended, one or all", async () => {
    expect((await bulk("stop", "--yes", "--quiet")).stdout).toBe("3\n");
    const [{ id }] = await json(["runs", "list", ...ofWorkflow]);
    expect((await wr(["runs", "delete", id])).stdout).toBe(`Deleted ${id}.\n`);
    expect((await wr(["runs", "get", id])).code).toBe(3);
    expect((await bulk("delete", "--since", "1h", "--yes")).stdout).toBe("Deleted 2 of 2 matching runs.\n");
    expect(await states()).toEqual([]);
  });
}

export function describeChangesOfWorkflows(world: () => World): void {
  const { wr, json } = useTerminal(world, "changes-of-workflows");

  it("updates what is named, and keeps the rest", async () => {
    const before = await json(["workflows", "create", "Old", "--lease", "--description", "For tests", ...PARTS]);
    const after = await json(["workflows", "update", "Old", "--name", "New", "--max-seconds", "900"]);
    const { updated_at: _, ...kept } = before;
    expect(after).toMatchObject({ ...kept, name: "New", max_run_duration_seconds: 900 });
    expect((await wr(["workflows", "get", "New"])).stdout).toMatch(/^handover +lease$/m);
    const secret = { WORKFLOW_RUNS_WEBHOOK_SECRET: DEMO.webhookSecret };
    const { stdout } = await wr(["workflows", "update", "New", "--runner-url", world().runnerUrl], secret);
    expect(stdout).toMatch(/^handover +webhook$/m);
    expect(stdout).toMatch(/^description +For tests$/m);
    const leased = await wr(["workflows", "update", "New", "--lease", "--max-attempts", "3", "--retry-on", "lost"]);
    expect(leased.stdout).toMatch(/^handover +lease$/m);
    expect(leased.stdout).toMatch(/^attempts +3, after LOST$/m);
  });

  it("shows the paths of its files and folders", async () => {
    const template = ["--template", "/shared/review-checklist.md"];
    const created = await wr([
      "workflows",
      "create",
      "Shown",
      "--lease",
      "--source",
      "/shared/invoices",
      ...PARTS,
      ...template,
    ]);
    for (const line of [
      /^sources +\/shared\/invoices\n +\/shared\/reports\/q1$/m,
      /^instructions +\/shared\/how-to-summarise\.md$/m,
      /^outputs +\/shared\/summaries$/m,
      /^template +\/shared\/review-checklist\.md$/m,
    ]) {
      expect(created.stdout).toMatch(line);
    }
    const { stdout } = await wr(["workflows", "update", "Shown", "--no-template"]);
    expect(stdout).toMatch(/^outputs +\/shared\/summaries$/m);
    expect(stdout).not.toMatch(/^template/m);
    expect((await wr(["workflows", "get", "Shown"])).stdout).toMatch(/^sources +\/shared\/invoices$/m);
  });

  it("tells of another workflow of the same name, and how to resume one that is paused", async () => {
    const first = await json(["workflows", "create", "Namesake", "--lease"]);
    const second = await wr(["workflows", "create", "Namesake", "--lease"]);
    expect(second.stderr).toContain(`1 other workflow has this name: ${first.id}. Name them by their ids.`);
    await wr(["workflows", "pause", first.id]);
    const refused = await wr(["invoke", first.id]);
    expect(refused.stderr).toBe("The workflow is paused. Resume it by `workflow-runs workflows resume <workflow>`.\n");
  });

  it("says that nothing can be invoked without a runner, and how to give one", async () => {
    const { code, stderr } = await wr(["workflows", "create", "No runner", ...PARTS]);
    const hint =
      "Nothing can be invoked until it has a runner: give it one by `workflows update` with --lease or --runner-url.\n";
    expect([code, stderr]).toEqual([0, `Created No runner.\n${hint}`]);
    const refused = await wr(["invoke", "No runner"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/has no runner.*--lease.*--runner-url/)]);
    expect((await wr(["workflows", "update", "No runner", "--lease"])).code).toBe(0);
    expect((await wr(["invoke", "No runner"])).code).toBe(0);
    const leased = await wr(["workflows", "create", "Leased", "--lease", ...PARTS]);
    expect(leased.stderr).toBe("Created Leased.\n");
  });

  it("shares a workflow with a USER, who can then run it, and gives nothing twice", async () => {
    await json(["workflows", "create", "Shared", "--lease", ...PARTS]);
    await wr(["users", "create", "sharer@demo.example"]);
    const share = ["workflows", "share", "Shared", "sharer@demo.example"];
    const given: Given[] = await json(share);
    expect(given.map(({ capability }) => capability)).toContain("READ_WRITE");
    expect(given.map(({ materialized_path }) => materialized_path)).toContain("/shared/summaries");
    const again = await wr(share);
    expect(again).toEqual({ code: 0, stdout: "", stderr: "sharer@demo.example could already run Shared.\n" });
    const admin = await wr(["workflows", "share", "Shared", "admin@demo.example"]);
    expect(admin.stderr).toBe("admin@demo.example could already run Shared.\n");
    const lets = { WORKFLOW_RUNS_API_KEY: DEMO.user.key };
    expect((await wr(["invoke", "Shared"], lets)).code).toBe(3);
    expect((await wr(["workflows", "share", "Shared", "user@demo.example"])).code).toBe(0);
    expect((await wr(["invoke", "Shared"], lets)).code).toBe(0);
  });

  it("shares a workflow with a USER of whom several do so at the same moment", async () => {
    await json(["workflows", "create", "Shared by many", "--lease", ...PARTS]);
    await wr(["users", "create", "wanted@demo.example"]);
    const share = ["workflows", "share", "Shared by many", "wanted@demo.example"];
    const shared = await Promise.all([wr(share), wr(share), wr(share)]);
    expect(shared.map(({ code, stderr }) => [code, stderr.replace(/^\S+ could already run .*\n/, "")])).toEqual(
      shared.map(() => [0, ""]),
    );
    expect((await wr(share)).stderr).toBe("wanted@demo.example could already run Shared by many.\n");
  });

  it("makes a permission to read one to write, where a workflow needs that", async () => {
    await wr(["users", "create", "writer@demo.example"]);
    await json(["workflows", "create", "Reader", "--lease", ...PARTS]);
    const toRead: Given[] = await json(["workflows", "share", "Reader", "writer@demo.example"]);
    const [source] = toRead.filter(({ materialized_path }) => materialized_path === "/shared/reports/q1");
    expect(source).toMatchObject({ capability: "READ_ONLY" });
    const turned = ["--source", "/shared/summaries", ...PARTS.slice(2, 4), "--output", "/shared/reports/q1"];
    await json(["workflows", "create", "Writer", "--lease", ...turned]);
    const toWrite: Given[] = await json(["workflows", "share", "Writer", "writer@demo.example"]);
    expect(toWrite.map(({ id, capability }) => [id, capability])).toContainEqual([source?.id, "READ_WRITE"]);
    // Of the rest, only the workflow itself was missing.
    expect(toWrite).toHaveLength(2);
  });

  it("deletes a workflow with its runs, after --yes", async () => {
    await wr(["workflows", "create", "Gone", "--lease", ...PARTS]);
    await wr(["invoke", "Gone"]);
    const dry = await wr(["workflows", "delete", "Gone", "--dry-run"]);
    expect(dry.stderr).toBe(
      'This deletes the workflow "Gone" with its run. Nothing was changed, because of --dry-run.\n',
    );
    expect((await wr(["workflows", "delete", "Gone", "--yes"])).stdout).toBe("Deleted Gone.\n");
    expect((await wr(["workflows", "get", "Gone"])).code).toBe(3);
  });
}

export function describePeople(world: () => World): void {
  const { wr, json, inTerminal } = useTerminal(world, "people");
  const NEW = "ida@demo.example";

  it("adds a user, changes their role, lets them out and in, and deletes them after --yes", async () => {
    const made = await json(["users", "create", NEW, "--first-name", "Ida"]);
    expect(made).toMatchObject({ email: NEW, first_name: "Ida", role: "USER" });
    expect(await json(["users", "role", NEW, "admin"])).toMatchObject({ user_id: made.user_id, role: "ADMIN" });
    expect((await wr(["users", "deactivate", NEW])).stdout).toMatch(/^state +deactivated /m);
    expect((await wr(["users", "list"])).stdout).toMatch(new RegExp(`${NEW} +Ida +ADMIN +deactivated`));
    expect((await wr(["users", "activate", made.user_id])).stdout).toMatch(/^state +active$/m);
    expect((await wr(["users", "delete", NEW, "--dry-run"])).stderr).toContain("Nothing was changed");
    expect((await wr(["users", "delete", NEW, "--yes"])).stdout).toBe(`Deleted ${NEW}.\n`);
    expect((await wr(["users", "list"])).stdout).not.toContain(NEW);
  });

  it("asks before it hands the tenant over, and then says that you are ADMIN", async () => {
    const admin = "admin@demo.example";
    const roleOf = async (email: string): Promise<string> =>
      (await json(["users", "list"])).find((user: { email: string }) => user.email === email)?.role;
    const sentence = `This hands the tenant over: ${admin} becomes its OWNER, and its OWNER becomes ADMIN.`;
    const dry = await wr(["users", "role", admin, "OWNER", "--dry-run"]);
    expect(dry).toEqual({ code: 0, stdout: "", stderr: `${sentence} Nothing was changed, because of --dry-run.\n` });
    const asked = `${sentence} Do it? [y/N] `;
    const refused = await inTerminal(`users role ${admin} OWNER`, { asked, typed: "\r" });
    expect([refused.code, refused.shown]).toEqual([1, expect.stringContaining("Nothing was changed.")]);
    expect((await wr(["users", "role", admin, "USER", "--dry-run"])).stderr).toContain(
      `This makes ${admin} USER. Noth`,
    );
    expect(await roleOf(admin)).toBe("ADMIN");
    const done = await wr(["users", "role", admin, "OWNER", "--yes"]);
    expect([done.code, done.stderr, done.stdout]).toEqual([0, "You are ADMIN now.\n", expect.stringMatching(/OWNER/)]);
    const back = { WORKFLOW_RUNS_API_KEY: DEMO.admin.key };
    expect((await wr(["users", "role", "owner@demo.example", "OWNER", "--yes"], back)).code).toBe(0);
    expect(await roleOf(admin)).toBe("ADMIN");
  });

  it("invites somebody by a link that is shown once, and withdraws the invite", async () => {
    const link = (await wr(["invites", "create", NEW, "--role", "admin", "--quiet"])).stdout.trim();
    expect((await fetch(link)).status).toBe(200);
    const listed = await wr(["invites", "list"]);
    expect(listed.stdout).toMatch(new RegExp(`${NEW} +ADMIN +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +-$`, "m"));
    expect(listed.stdout).not.toContain(link);
    expect((await wr(["invites", "delete", NEW])).code).toBe(0);
    expect(await json(["invites", "list", "--status", "all"])).toEqual([]);
  });
}
