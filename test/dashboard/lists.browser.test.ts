/** Lists that stay still while things change, and the filters of the list of runs. */
import type { Page } from "playwright-core";
import { beforeEach, describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { faultsInTheme, OBSERVE_SHIFTS, openPage, overflow, shiftOf, signIn } from "../support/browser/pages.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

const it = withPages(world, async (create, path: string, options?: PageOptions) => {
  const page = await create(options);
  await signIn(page, "owner");
  await page.addInitScript(OBSERVE_SHIFTS);
  await page.goto(path);
  await page.getByText("Live.").waitFor();
  return page;
});

/** Adds runs that wait in the queue of a busy workflow, the newest last. Returns their ids. */
async function queueRuns(count: number): Promise<string[]> {
  const { rows } = await world.database.query<{ id: string }>(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, created_at)
     select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, 'PENDING', run_snapshot,
       clock_timestamp() + n * interval '1 millisecond'
     from workflow_runs, generate_series(1, $2::int) n where id = $1
     returning id`,
    [DEMO.runs.running, count],
  );
  return rows.map(({ id }) => id);
}

beforeEach(async () => {
  await world.database.query("delete from workflow_runs where status = 'PENDING' and tenant_id = $1", [DEMO.tenantId]);
});

/** Makes the page refresh, as after a change, and waits for the answer. */
const refresh = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((resolve) => {
    document.addEventListener("htmx:finally:request", () => resolve(), { once: true });
    document.dispatchEvent(new Event("due"));
  })`);

/** The ids of the listed runs, with how far each row is from the top of the page. */
const rowsOf = (page: Page): Promise<[string, number][]> =>
  page.evaluate(`[...document.querySelectorAll("tbody tr")].map((row) =>
    [row.id.replace("run-", ""), Math.round(row.getBoundingClientRect().top + scrollY)])`);

const boxOf = (page: Page, id: string) => page.getByLabel(`Select the run …${id.slice(-8)}`);

describe("the list of runs", () => {
  it("keeps its rows when runs arrive, and says how many there are; ticks stay with their runs", async ({ open }) => {
    const first = await queueRuns(25);
    const page = await open("/app/runs");
    const before = await rowsOf(page);
    expect(before.map(([id]) => id)).toEqual(first.toReversed());
    const ticked = first.slice(0, 3);
    for (const id of ticked) await boxOf(page, id).check();
    const counted = page.locator(".chip", { hasText: "pending" }).locator(".count");
    expect(await counted.textContent()).toBe("25");

    const arrived = await queueRuns(4);
    await refresh(page);
    const news = page.getByRole("link", { name: "4 new runs" });
    await news.waitFor();
    expect(await rowsOf(page)).toEqual(before);
    expect(await counted.textContent()).toBe("29");
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    expect(await faultsInTheme(page)).toEqual([]);

    await news.click();
    await page.locator(`#run-${arrived.at(-1)}`).waitFor();
    expect((await rowsOf(page)).slice(0, 4).map(([id]) => id)).toEqual(arrived.toReversed());
    expect(await page.locator(`#run-${ticked[0]}`).count()).toBe(0);
    // The first rows have moved to the next page, and are still selected.
    await page.getByText("Selected: 3, 3 not shown").waitFor();
    expect(await page.locator("tbody :checked").count()).toBe(0);
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/app/runs");
    await page.locator("#bulk").getByRole("button", { name: "Stop" }).click();
    await page.getByRole("heading", { name: "Stop 3 runs?" }).waitFor();
  });

  it("shows what has changed while the list as it is now was on its way", async ({ open }) => {
    const page = await open("/app/runs");
    const [id] = await queueRuns(1);
    await refresh(page);
    const [isRead, mayArrive] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route(
      (url) => url.pathname === "/app/runs" && !url.searchParams.has("shown"),
      async (route) => {
        const response = await route.fetch();
        isRead.resolve();
        await mayArrive.promise;
        await route.fulfill({ response });
      },
    );
    await page.getByRole("link", { name: "1 new run" }).click();
    await isRead.promise;
    await world.database.query(`update workflow_runs set ${FAILED} where id = $1`, [id, "No."]);
    await page.evaluate(`document.dispatchEvent(new Event("due"))`);
    mayArrive.resolve();
    await page.locator(`#run-${id} .status.failed`).waitFor();
  });

  it("keeps a run that does not match its filter any more where it is, with its new state", async ({ open }) => {
    const ids = await queueRuns(6);
    const page = await open("/app/runs?status=PENDING");
    const before = await rowsOf(page);
    await boxOf(page, String(ids[1])).check();
    await page.locator(`#run-${ids[2]} .grow`).hover({ force: true });
    await page.request.post(`/v1/workflow-runs/${ids[3]}/stop`, {
      headers: { Authorization: `Bearer ${DEMO.owner.key}` },
      data: { reason: "while somebody looks" },
    });
    await page.getByRole("link", { name: "1 run no longer matches" }).waitFor();
    await page.locator(`#run-${ids[3]} .status.failed`).waitFor();
    expect(await rowsOf(page)).toEqual(before);
    expect(await page.locator(`#run-${ids[2]}:hover`).count()).toBe(1);
    expect(await boxOf(page, String(ids[1])).isChecked()).toBe(true);
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    await page.getByRole("link", { name: "1 run no longer matches" }).click();
    await page.locator(`#run-${ids[3]}`).waitFor({ state: "detached" });
    expect(await boxOf(page, String(ids[1])).isChecked()).toBe(true);
  });

  it("has rows of one height, whatever their states are, and a narrow one does not move either", async ({ open }) => {
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 390, height: 844 },
    ]) {
      const ids = await queueRuns(3);
      const page = await open("/app/runs?status=PENDING", { viewport });
      const before = await rowsOf(page);
      await world.database.query(
        `update workflow_runs set status = 'FAILED', completed_at = now(), error = $2, ended_by = 'CALLBACK', failure_code = 'REPORTED',
           started_at = now(), deadline_at = now() + interval '1 hour'
         where id = $1`,
        [ids[2], "It has failed for a reason that is long. ".repeat(20)],
      );
      await refresh(page);
      await page.locator(`#run-${ids[2]} .status.failed`).waitFor();
      expect([viewport.width, await rowsOf(page)]).toEqual([viewport.width, before]);
      expect([viewport.width, await overflow(page)]).toEqual([viewport.width, 0]);
    }
  });

  it("shows at once what arrives in an empty list", async ({ open }) => {
    const page = await open("/app/runs?status=PENDING");
    await page.getByText("No runs match.").waitFor();
    const [id] = await queueRuns(1);
    await refresh(page);
    await page.locator(`#run-${id}`).waitFor();
  });
});

/** What a run has when it ended by the callback of its runner. */
const FAILED = `status = 'FAILED', completed_at = now(), error = $2, ended_by = 'CALLBACK', failure_code = 'REPORTED'`;

describe("the page of a workflow", () => {
  const path = `/app/workflows/${DEMO.nightlyDigestId}`;

  it("keeps its runs and its queue when runs arrive and end, and so does the list of runs, in every width", async ({
    open,
  }) => {
    const [ending = ""] = await queueRuns(2);
    const sizes = [
      { width: 1440, height: 900 },
      { width: 1024, height: 768 },
      { width: 390, height: 844 },
    ];
    const opened = await Promise.all(
      sizes.flatMap((viewport) => [path, "/app/runs"].map((at) => open(at, { viewport }))),
    );
    const before = await Promise.all(opened.map(rowsOf));
    expect(before[0]?.map(([id]) => id)).toContain(`queue-${ending}`);
    const refreshAll = () => Promise.all(opened.map(refresh));
    // One after the other, as they come in a minute.
    for (let arrived = 0; arrived < 4; arrived++) {
      await queueRuns(1);
      await refreshAll();
    }
    for (const page of opened) await page.getByRole("link", { name: "4 new runs" }).last().waitFor();
    await world.database.query(
      `update workflow_runs set ${FAILED}, started_at = now(), deadline_at = now() + interval '1 hour' where id = $1`,
      [ending, "It has failed for a reason that is long. ".repeat(20)],
    );
    await refreshAll();
    for (const [index, page] of opened.entries()) {
      const where = [page.url(), page.viewportSize()?.width];
      await page.locator(`[id$="${ending}"] .status.failed`).last().waitFor();
      expect([where, await rowsOf(page)]).toEqual([where, before[index]]);
      const shift = await shiftOf(page);
      expect([where, shift <= 0.02, shift]).toEqual([where, true, shift]);
      expect([where, await overflow(page)]).toEqual([where, 0]);
    }
    const [page] = opened;
    await page?.getByRole("link", { name: "4 new runs, 1 run no longer waits" }).waitFor();
    await page?.getByRole("link", { name: "4 new runs", exact: true }).click();
    await page?.locator(`#queue-${ending}`).waitFor({ state: "detached" });
  });

  it("does not move when a queue begins or the slot becomes free, and shows the queue on request", async ({ open }) => {
    const page = await open(path);
    const before = await rowsOf(page);
    expect(before.filter(([id]) => id.startsWith("queue-"))).toEqual([]);
    // A line of text is not always as high as a line of two states, which may be rounded to one pixel.
    const expectStill = async () =>
      expect(await rowsOf(page)).toEqual(before.map(([id, top]) => [id, expect.closeTo(top, -0.5)]));
    const running = DEMO.runs.running;
    await world.database.query(`update workflow_runs set ${FAILED}, slot_no = null where id = $1`, [running, "No."]);
    await refresh(page);
    await page.locator(".still").getByText("free").waitFor();
    await expectStill();
    await world.database.query(
      `update workflow_runs set status = 'RUNNING', completed_at = null, error = null, ended_by = null, failure_code = null, slot_no = 1
       where id = $1`,
      [running],
    );
    const [id] = await queueRuns(1);
    await refresh(page);
    const news = page.locator("section", { hasText: "Queue" }).getByRole("link", { name: "1 new run" });
    await news.waitFor();
    await expectStill();
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    await news.click();
    await page.locator(`#queue-${id} .row-link:focus`).waitFor();
  });
});

describe("the filters of the list of runs", () => {
  it("are in one line, in words, and the range is shown on request", async ({ open }) => {
    for (const width of [1280, 1440]) {
      const page = await open("/app/runs?range=24h", { viewport: { width, height: 900 } });
      const tops = await page
        .locator(".filters > :visible")
        .evaluateAll((parts) =>
          parts.map((part) => part.getBoundingClientRect()).map(({ top, height }) => top + height),
        );
      expect([width, Math.max(...tops) - Math.min(...tops)]).toEqual([width, expect.toSatisfy((gap) => gap <= 4)]);
      expect(await page.locator("input[type=datetime-local]").first().isVisible()).toBe(false);
      await page.locator(".filters summary", { hasText: "Last 24 h" }).click();
      expect(await page.getByLabel("From").isVisible()).toBe(true);
      expect(await faultsInTheme(page)).toEqual([]);
      await page.keyboard.press("Escape");
      expect(await page.getByLabel("From").isVisible()).toBe(false);
    }
  });

  it("are by person, too, and each view is its URL, also without JavaScript", async ({ open }) => {
    const page = await open("/app/runs");
    await page.getByLabel("Person").selectOption({ label: "Adam Admin" });
    await page.waitForURL(`**/app/runs?user=${DEMO.admin.id}`);
    const names = async () => [...new Set(await page.locator("tbody .who-cell").allTextContents())];
    await expect.poll(names).toEqual(["Adam Admin"]);
    await expect.poll(() => page.getByLabel("Person").inputValue()).toBe(DEMO.admin.id);
    const plain = await openPage(world.browser, world.stack.url, { javaScriptEnabled: false });
    await signIn(plain, "owner");
    await plain.getByLabel("Person").selectOption({ label: "Me" });
    await plain.getByRole("button", { name: "Filter" }).click();
    await plain.waitForURL("**/app/runs?mine=1");
    await plain.locator(".filters summary").last().click();
    await plain.getByRole("link", { name: "Last 24 h" }).click();
    await plain.waitForURL("**/app/runs?mine=1&range=24h");
    await plain.context().close();
  });
});
