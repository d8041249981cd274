/** The questions of suspended runs, as a person sees and answers them. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { callApi, leaseRun } from "../support/browser/leased-run.ts";
import { complaintsOf, faultsInTheme, forgetComplaints, openPage, overflow, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

const PROMPT = "Pay <b>invoice 4711</b>, 1,200 €?";

/** A new run that asks whether to pay. */
async function askToPay(): Promise<string> {
  const run = await leaseRun(world);
  await run.tell("suspend", {
    waits: [{ key: "approve", kind: "question", prompt: PROMPT, choices: ["yes", "no"], people_only: false }],
  });
  return run.id;
}

async function open(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const page = await openPage(world.browser, world.stack.url, options);
  await signIn(page, "owner");
  return page;
}

const badge = (page: Page) => page.locator("#questions .badge");

describe("the questions that wait for somebody", () => {
  it("are counted beside the menu while the page is open, and answered on the page of the run", async () => {
    const page = await open();
    await page.locator("#freshness[data-state=live]").waitFor({ state: "attached" });
    expect(await badge(page).count()).toBe(0);
    const runId = await askToPay();
    await badge(page).filter({ hasText: "1" }).waitFor();
    await page.getByRole("link", { name: "For you" }).click();
    await page.getByRole("heading", { name: "For you" }).waitFor();
    for (const width of [390, 900, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await overflow(page)]).toEqual([width, 0]);
    }
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByText(PROMPT).click();
    await page.waitForURL(`**/app/runs/${runId}#wait-approve`);
    expect(await faultsInTheme(page)).toEqual([]);
    const comment = page.getByLabel("Comment (optional)");
    await comment.fill("As agreed");
    // The page of a PENDING run hears of all runs of its workflow. It is refreshed, and what was typed stays.
    const refreshed = page.waitForResponse((answer) => answer.url().endsWith(`/app/runs/${runId}`));
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    await refreshed;
    expect(await comment.inputValue()).toBe("As agreed");
    await page.getByRole("button", { name: "yes", exact: true }).click();
    const answers = page.getByRole("region", { name: "Answered" });
    await answers.getByText("As agreed").waitFor();
    expect([await answers.getByText(PROMPT).count(), await badge(page).count()]).toEqual([1, 0]);
    expect(await page.getByRole("region", { name: "What it waits for" }).count()).toBe(0);
    expect(await faultsInTheme(page)).toEqual([]);
    expect(complaintsOf(page)).toEqual([]);
    // Otherwise the next test would lease it.
    await callApi(world, "POST", `/workflow-runs/${runId}/stop`);
  });

  it("are answered without JavaScript, and a second tab says who was first", async () => {
    const runId = await askToPay();
    const [first, second] = [await open({ javaScriptEnabled: false }), await open({ javaScriptEnabled: false })];
    await first.goto("/app/waits");
    await first.getByText(PROMPT).click();
    await second.goto(`/app/runs/${runId}`);
    await first.getByRole("button", { name: "no", exact: true }).click();
    await first.getByRole("region", { name: "Answered" }).waitFor();
    await second.getByRole("button", { name: "yes", exact: true }).click();
    const alert = second.getByRole("alert");
    expect(await alert.textContent()).toMatch(/ has answered “no” at .+The first answer counts\./);
    await second.getByRole("link", { name: "Back" }).click();
    await second.getByRole("region", { name: "Answered" }).getByText("no", { exact: true }).waitFor();
    // A refusal is an answer that browsers report.
    forgetComplaints(second);
    expect(complaintsOf(first)).toEqual([]);
  });
});

describe("the children of a run", () => {
  it("are a tree that keeps up with them, on every width", async () => {
    const page = await open();
    const run = await leaseRun(world);
    const { workflow_definition_id: workflowId } = await callApi(world, "GET", `/workflow-runs/${run.id}`);
    await world.database.query(
      "update workflow_definitions set may_trigger = array[id], max_running = 9 where id = $1",
      [workflowId],
    );
    const children = ["page-1", "page-2"].map((key) => ({ workflow_definition_id: workflowId, key }));
    await run.tell("children", { children });
    await run.tell("suspend", { waits: [{ key: "pages", kind: "children" }] });
    const [one] = await world.database
      .query("select run_id from run_children where parent_run_id = $1 and key = 'page-1'", [run.id])
      .then(({ rows }) => rows.map((row) => String(row.run_id)));
    await page.goto(`/app/runs/${run.id}`);
    await page.locator("#freshness[data-state=live]").waitFor({ state: "attached" });
    const tree = page.getByRole("region", { name: "Children" });
    expect(await tree.getByRole("link", { name: /^Pending page-/ }).count()).toBe(2);
    expect(await page.locator(".head > .status").textContent()).toBe("Suspended");
    await callApi(world, "POST", `/workflow-runs/${one}/stop`, { reason: "x".repeat(300) });
    await page.getByText("1 of 2 children have ended").waitFor();
    await tree.getByRole("link", { name: "Failed page-1" }).waitFor();
    for (const width of [390, 900, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const heights = await tree
        .getByRole("link")
        .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().height));
      expect([width, await overflow(page), width > 390 || Math.min(...heights) >= 44]).toEqual([width, 0, true]);
    }
    expect(await faultsInTheme(page)).toEqual([]);
    await tree.getByRole("link", { name: /^Failed 1/ }).click();
    await page.getByRole("link", { name: /^Failed: / }).click();
    await page
      .locator(".facts")
      .getByRole("link", { name: run.id.slice(-8) })
      .click();
    await page.waitForURL(`**/app/runs/${run.id}`);
    expect(complaintsOf(page)).toEqual([]);
    await callApi(world, "POST", `/workflow-runs/${run.id}/stop`);
  });
});
