import { expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

/** The flags for how long a runner may be silent, and for what is retried. */
export function describePolicy(world: () => World): void {
  const { wr, json, environment } = useTerminal(world, "policy");
  const create = (name: string, ...flags: string[]) => wr(["workflows", "create", name, ...flags, ...PARTS]);
  const policyOf = async (name: string) => {
    const { id } = await json(["workflows", "get", name]);
    const headers = { Authorization: `Bearer ${environment().WORKFLOW_RUNS_API_KEY}` };
    return (await fetch(`${world().url}/v1/workflow-definitions/${id}/policy`, { headers })).json();
  };

  it("leases runs for five minutes and tries them once, unless told otherwise", async () => {
    await create("By default", "--lease");
    expect(await policyOf("By default")).toMatchObject({
      handover: "lease",
      lease_seconds: 300,
      max_attempts: 1,
      retry_on: [],
    });
    expect((await wr(["workflows", "get", "By default"])).stdout).toMatch(/^lease +5 min$/m);
  });

  it("is what the flags of `workflows create` say", async () => {
    const flags = ["--lease-seconds", "90", "--max-attempts", "3", "--retry-on", "LOST", "--retry-on", "deadline"];
    expect((await create("As told", "--lease", ...flags)).code).toBe(0);
    expect(await policyOf("As told")).toMatchObject({
      handover: "lease",
      lease_seconds: 90,
      max_attempts: 3,
      retry_on: ["LOST", "DEADLINE"],
    });
    const updated = await wr(["workflows", "update", "As told", "--max-running", "5"]);
    expect([updated.code, await policyOf("As told")]).toMatchObject([0, { max_running: 5 }]);
    const shown = (await wr(["workflows", "get", "As told"])).stdout;
    expect(shown).toMatch(/^at a time +5 runs$/m);
    expect(shown).toMatch(/^lease +1 min 30 s$/m);
    expect(shown).toMatch(/^attempts +3, after LOST, DEADLINE$/m);
  });

  it("says what becomes of a run when the workflow is busy, and how many wait", async () => {
    await create(
      "Busy",
      "--lease",
      "--when-busy",
      "replace_running",
      "--replace-grace-seconds",
      "30",
      "--max-queued",
      "5",
    );
    expect(await policyOf("Busy")).toMatchObject({
      ...{ when_busy: "replace_running", replace_grace_seconds: 30, max_queued: 5 },
    });
    const shown = (await wr(["workflows", "update", "Busy", "--when-busy", "Skip", "--max-queued", "any"])).stdout;
    expect(shown).toMatch(/^when busy +skip$/m);
    expect(await policyOf("Busy")).toMatchObject({ when_busy: "skip", replace_grace_seconds: 30, max_queued: null });
  });

  it("says which runs take turns", async () => {
    await create(
      "By customer",
      "--lease",
      "--max-running",
      "4",
      "--max-running-per-key",
      "2",
      "--key-from",
      "/customer/id",
    );
    expect(await policyOf("By customer")).toMatchObject({ max_running_per_key: 2, key_from: "/customer/id" });
    const shown = (await wr(["workflows", "get", "By customer"])).stdout;
    expect([/^per key +2 runs$/m.test(shown), /^key from +\/customer\/id$/m.test(shown)]).toEqual([true, true]);
    await wr(["workflows", "update", "By customer", "--max-running-per-key", "any", "--key-from", "none"]);
    expect(await policyOf("By customer")).toMatchObject({ max_running: 4, max_running_per_key: null, key_from: null });
  });

  it("wants tags of its runners, and who may run it without outputs", async () => {
    await wr(["workflows", "create", "Plain job", "--lease", "--runner-tags", "gpu,eu", "--run-needs", "read"]);
    expect(await policyOf("Plain job")).toMatchObject({ runner_tags: ["gpu", "eu"], run_needs: "read" });
    const shown = (await wr(["workflows", "get", "Plain job"])).stdout;
    expect([/^runner tags +gpu, eu$/m.test(shown), /^run by +who may see it$/m.test(shown)]).toEqual([true, true]);
    await wr(["workflows", "update", "Plain job", "--runner-tags", "none"]);
    expect(await policyOf("Plain job")).toMatchObject({ runner_tags: [] });
  });

  it("says whose runs its runs may trigger", async () => {
    await create("Page", "--lease");
    await create("Book", "--lease", "--may-trigger", "Page");
    const [book, page] = [await policyOf("Book"), await json(["workflows", "get", "Page"])];
    expect(book).toMatchObject({ may_trigger: [page.id] });
    expect((await wr(["workflows", "get", "Book"])).stdout).toMatch(/^may trigger +Page$/m);
    const refused = await wr(["workflows", "update", "Book", "--may-trigger", "Nowhere"]);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('There is no workflow "Nowhere"')]);
    await wr(["workflows", "update", "Book", "--may-trigger", "none"]);
    expect(await policyOf("Book")).toMatchObject({ may_trigger: [] });
  });

  it("has a schema for the input, and an invoke that does not fit says what is wrong and where", async () => {
    const schema = { properties: { pages: { type: "integer" } }, required: ["quarter"] };
    await create("Typed", "--lease", "--input-schema", JSON.stringify(schema));
    expect(await json(["workflows", "input-schema", "Typed"])).toEqual(schema);
    const refused = await wr(["invoke", "Typed", "--input", '{"pages": "3"}']);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("input.quarter: Is missing.")]);
    expect(refused.stderr).toContain("input.pages: Must be of the type integer, and is of the type string.");
    const shown = (await wr(["workflows", "update", "Typed", "--input-schema", "any"])).stdout;
    expect([shown.includes("must fit"), (await wr(["invoke", "Typed"])).code]).toEqual([false, 0]);
  });

  it("is part of a workflow for programs, and says which lease was asked for also where runs are not leased", async () => {
    const headers = { Authorization: `Bearer ${environment().WORKFLOW_RUNS_API_KEY}` };
    const created = JSON.parse((await create("With policy", "--lease-seconds", "90", "--json")).stdout);
    const answer = await fetch(`${world().url}/v1/workflow-definitions/${created.id}`, { headers });
    expect(created).toEqual({ ...JSON.parse(await answer.text()), policy: await policyOf("With policy") });
    expect(await json(["workflows", "get", "With policy"])).toEqual(created);
    const lease = /^lease +1 min 30 s, which has no effect while its runs are not leased$/m;
    expect((await wr(["workflows", "get", "With policy"])).stdout).toMatch(lease);
    const shown = (await wr(["workflows", "update", "With policy", "--lease-seconds", "300"])).stdout;
    expect(shown).toMatch(/^lease +5 min, which has no effect/m);
    const updated = await json(["workflows", "update", "With policy", "--lease"]);
    expect(updated.policy).toEqual({ ...created.policy, handover: "lease", lease_seconds: 300 });
    expect((await wr(["workflows", "get", "With policy", "--quiet"])).stdout).toBe(`${created.id}\n`);
  });

  it.each([
    [["--max-attempts", "3"], "Say with --retry-on after which failures a run is tried again."],
    [["--retry-on", "LOST"], "Say with --max-attempts how many attempts a run has in total."],
    [["--when-busy", "wait"], "It must be one of queue, skip, replace_queued, replace_running."],
    [["--max-queued", "0"], "It must be a whole number from 1 to 1000."],
    [["--lease-seconds", "5"], "It must be a whole number from 30 to 3600."],
  ])("creates nothing with %j, which cannot be meant", async (flags, sentence) => {
    const refused = await create("Half", "--lease", ...flags);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining(sentence)]);
    expect((await wr(["workflows", "get", "Half"])).code).toBe(3);
  });
}
