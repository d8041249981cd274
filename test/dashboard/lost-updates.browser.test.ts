/** Two people, or two tabs, who change a workflow or its policy at the same time. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { complaintsOf, faultsInTheme, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

const WORKFLOW = `/app/workflows/${DEMO.quarterlyReportId}`;

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });

async function openTabs(path: string): Promise<[Page, Page]> {
  const first = await openPage(world.browser, world.stack.url);
  await signIn(first, "owner");
  const second = await first.context().newPage();
  await Promise.all([first.goto(path), second.goto(path)]);
  return [first, second];
}

/** Presses the button that a person sees; the form's first button is for Enter. */
async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save", exact: true }).last().click();
  await page.waitForLoadState();
}

async function readPolicy(): Promise<unknown> {
  const response = await fetch(`${world.stack.url}/v1/workflow-definitions/${DEMO.quarterlyReportId}/policy`, {
    headers: { Authorization: `Bearer ${DEMO.owner.key}` },
  });
  return response.json();
}

it("the later save of a policy keeps what the first one has changed", async () => {
  const [first, second] = await openTabs(`${WORKFLOW}/policy`);
  await field(first, "Attempts in total").fill("5");
  await save(first);
  await first.waitForURL(`**${WORKFLOW}`);
  await field(second, "Seconds that a runner may be silent").fill("77");
  await save(second);
  await second.waitForURL(`**${WORKFLOW}`);
  expect(await readPolicy()).toMatchObject({ max_attempts: 5, lease_seconds: 77 });
  expect(complaintsOf(first)).toEqual([]);
});

it("what both have changed is shown with both values, and the person decides", async () => {
  const [first, second] = await openTabs(`${WORKFLOW}/policy`);
  await field(first, "Attempts in total").fill("6");
  await field(first, "Runs that wait, at most (optional)").fill("40");
  await save(first);
  await first.waitForURL(`**${WORKFLOW}`);
  await field(second, "Attempts in total").fill("7");
  await field(second, "Runs that wait, at most (optional)").fill("50");
  await field(second, "Seconds that a runner may be silent").fill("78");
  await save(second);
  const attempts = second.getByRole("group", { name: "Attempts in total" });
  expect(await attempts.locator("code").allTextContents()).toEqual(["7", "6"]);
  expect(await readPolicy()).toMatchObject({ max_attempts: 6, max_queued: 40, lease_seconds: 77 });
  expect(await faultsInTheme(second)).toEqual([]);
  await attempts.getByLabel(/What was saved meanwhile/).check();
  await save(second);
  await second.waitForURL(`**${WORKFLOW}`);
  expect(await readPolicy()).toMatchObject({ max_attempts: 6, max_queued: 50, lease_seconds: 78 });
});

it("an edit of a workflow keeps its new name, a pause, and a source that another one has chosen", async () => {
  const [first, second] = await openTabs(`${WORKFLOW}/edit`);
  await field(first, "Name").fill("Renamed meanwhile");
  await save(first);
  await first.waitForURL(`**${WORKFLOW}`);
  const { rows: changed } = await world.database.query(
    `update workflow_definitions d
     set is_active = false, source_path_part_ids = array[part.id], updated_at = statement_timestamp()
     from path_parts part
     where d.id = $1 and part.tenant_id = d.tenant_id and part.materialized_path like '%/sales.csv'
     returning d.source_path_part_ids`,
    [DEMO.quarterlyReportId],
  );
  await field(second, "Description (optional)").fill("What the second one wrote");
  await save(second);
  await second.waitForURL(`**${WORKFLOW}`);
  const { rows } = await world.database.query(
    "select name, description, is_active, source_path_part_ids from workflow_definitions where id = $1",
    [DEMO.quarterlyReportId],
  );
  const expected = { name: "Renamed meanwhile", description: "What the second one wrote", is_active: false };
  expect(rows).toEqual([{ ...expected, ...changed[0] }]);
});
