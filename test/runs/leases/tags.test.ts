import { beforeEach, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../../support/browser.ts";
import { invoke } from "../../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../../support/of-each-test.ts";
import { startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

beforeEach(() => useLeases(service, tenant));

const wantTags = (...tags: string[]) => service.database.sql`
  update workflow_definitions set runner_tags = ${tags} where id = ${tenant.definitionId}`;

const leased = async (tags: string[]) => {
  const runner = await startRunner(service, tenant, { tags });
  return (await runner.lease()).leases.map(({ run_id }) => run_id);
};

const explain = async (runId: string) =>
  (await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key)).json<{ message: string }>();

/** What a page shows. */
const textOf = async (path: string) => (await owner.read(path)).replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

it("a runner gets only runs of workflows whose tags it has, and one with more tags than needed gets them, too", async () => {
  await wantTags("gpu", "eu");
  const runId = await invoke(service, tenant);
  for (const tags of [[], ["gpu"], ["cpu", "eu"]]) expect([tags, await leased(tags)]).toEqual([tags, []]);
  expect(await leased(["eu", "big", "gpu"])).toEqual([runId]);
});

it("a runner with tags gets the runs of workflows that want none", async () => {
  const runId = await invoke(service, tenant);
  expect(await leased(["gpu"])).toEqual([runId]);
});

it("the page of a workflow shows the runners that have its tags, and that of a run knows whether there is one", async () => {
  await wantTags("gpu");
  const runId = await invoke(service, tenant);
  await startRunner(service, tenant, { name: "Cellar", tags: ["eu"] });
  const pages = () =>
    Promise.all([`workflows/${tenant.definitionId}`, `runs/${runId}`].map((page) => textOf(`/app/${page}`)));
  const [without = "", waits] = await pages();
  expect([without, waits]).toEqual([
    expect.stringContaining("No runner is connected."),
    expect.stringContaining("It waits for a runner: none is connected."),
  ]);
  expect(without).not.toContain("Cellar");

  const runner = await startRunner(service, tenant, { name: "Attic", tags: ["eu", "gpu"] });
  expect(await pages()).toEqual([
    expect.stringContaining("Attic eu, gpu waits for work"),
    expect.stringContaining("It starts when a runner asks for it."),
  ]);
  const [lease] = (await runner.lease()).leases;
  if (lease === undefined) throw new Error("The runner got no run.");
  await runner.callBack(lease, { status: "COMPLETED" });
  expect((await pages())[1]).toContain("Completed in");
});

it("explain and Health name the tags that no connected runner has, and only these", async () => {
  await wantTags("gpu", "eu");
  const runId = await invoke(service, tenant);
  const health = () => textOf("/app/health");
  expect(await explain(runId)).toMatchObject({ reason: "no_runner_connected", missing_tags: ["gpu", "eu"] });

  await startRunner(service, tenant, { tags: ["eu"] });
  const facts = await explain(runId);
  expect(facts).toMatchObject({ reason: "no_runner_connected", runners_connected: 0, missing_tags: ["gpu"] });
  expect(facts.message).toContain("It waits because no runner is connected with the tag gpu, the last was seen at");
  expect(await health()).toContain("No runner with the tag gpu asks for them.");

  // Each tag is somebody's, but nobody has both.
  await startRunner(service, tenant, { tags: ["gpu"] });
  expect((await explain(runId)).message).toContain("no runner is connected with the tags gpu, eu");

  await startRunner(service, tenant, { tags: ["gpu", "eu"] });
  expect(await explain(runId)).toMatchObject({ reason: "lease", runners_connected: 1, missing_tags: [] });
  expect(await health()).toContain("A runner is connected, and takes the next one when it has room.");
});
