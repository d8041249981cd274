import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "Audited";

export function describeAudit(world: () => World): void {
  const { wr, json, start } = useTerminal(world, "audit");
  const actionsOf = (events: { action: string }[]) => events.map(({ action }) => action);

  it("shows who changed what, newest first", async () => {
    const created = await wr(["workflows", "create", NAME, "--runner-url", world().runnerUrl, ...PARTS], {
      WORKFLOW_RUNS_WEBHOOK_SECRET: DEMO.webhookSecret,
    });
    expect(created.code).toBe(0);
    for (const verb of ["pause", "resume"]) expect((await wr(["workflows", verb, NAME])).code).toBe(0);
    const ofWorkflow = ["audit", "--workflow", NAME];
    const actions = ["resumed", "paused", "created"].map((what) => `workflow_definition.${what}`);
    expect(actionsOf(await json(ofWorkflow))).toEqual(actions);
    const { stdout } = await wr([...ofWorkflow, "--action", "workflow_definition.paused"]);
    expect(stdout).toMatch(/^AT +WHO +ACTION +OBJECT +CHANGE\n/);
    expect(stdout).toContain(`workflow_definition.paused  workflow_definition ${NAME}`);
    expect(stdout).toContain("is_active: true → false");
    expect(actionsOf(await json([...ofWorkflow, "--limit", "1"]))).toEqual(actions.slice(0, 1));
    expect(await json([...ofWorkflow, "--until", "1d"])).toEqual([]);
  });

  it.each<[code: number, args: string[], sentence: string]>([
    [4, ["--action", "nonsense"], "There is no such action"],
    [4, ["--object", DEMO.owner.id, "--workflow", NAME], "cannot be used with option '--workflow <workflow>'"],
    [3, ["--actor", "nobody@demo.example"], 'There is no user "nobody@demo.example"'],
  ])("exits with %i for %j, and says why", async (code, args, sentence) => {
    expect(await wr(["audit", ...args])).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
  });

  it("is not for a USER", async () => {
    const refused = await wr(["audit"], { WORKFLOW_RUNS_API_KEY: DEMO.user.key });
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("OWNER or ADMIN") });
  });

  it("follows changes until Ctrl-C, each once and none from before", async () => {
    const following = start(["audit", "-f", "--workflow", NAME, "--action", "workflow_definition.paused", "--json"]);
    const people = start(["audit", "-f", "--workflow", NAME]);
    await expect.poll(people.stderr).toContain("From now on.");
    // It reads what is old before that, and the other one does so at the same time.
    await expect
      .poll(async () => {
        await wr(["workflows", "pause", NAME]);
        await wr(["workflows", "resume", NAME]);
        return following.stdout() !== "" && people.stdout() !== "";
      })
      .toBe(true);
    expect(people.stdout()).toContain(`workflow_definition ${NAME}`);
    const lines = following.stdout().trim().split("\n");
    const ids = lines.map((line) => JSON.parse(line).id);
    expect(new Set(ids).size).toBe(ids.length);
    const all = await json(["audit", "--workflow", NAME, "--action", "workflow_definition.paused"]);
    const oldest = all.at(-1)?.id;
    expect(ids).not.toContain(oldest);
    expect(await following.end("SIGINT")).toBe(0);
    expect(await people.end("SIGINT")).toBe(0);
  });
}
