/** The state of a run that no runner has taken, or that was asked to stop, on its page and in the lists. */
import { afterEach, describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { complaintsOf, faultsInTheme, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

afterEach(async () => {
  await world.database.query("delete from running_attempts where run_id = $1", [DEMO.runs.running]);
  await world.database.query("update workflow_runs set dispatched_at = started_at where id = $1", [DEMO.runs.running]);
});

const PATHS = [`/app/runs/${DEMO.runs.running}`, "/app/runs?status=RUNNING", "/app/workflows"];

describe("a RUNNING run", () => {
  it("is shown in amber until a runner has taken it, and changes when one has", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await signIn(page, "owner");
    await world.database.query("update workflow_runs set dispatched_at = null where id = $1", [DEMO.runs.running]);
    for (const path of PATHS) {
      await page.goto(path);
      const state = page.locator(".status.not-taken").first();
      expect([path, await state.textContent()]).toEqual([path, "Not taken yet"]);
      const colourOf = (selector: string): Promise<string> =>
        page.evaluate(`getComputedStyle(document.querySelector("${selector}")).color`);
      expect(await colourOf(".status.not-taken")).not.toBe(await colourOf("body"));
      expect([path, await faultsInTheme(page)]).toEqual([path, []]);
    }
    await page.goto(`/app/runs/${DEMO.runs.running}`);
    await world.database.query("update workflow_runs set dispatched_at = started_at where id = $1", [
      DEMO.runs.running,
    ]);
    await page.evaluate("document.querySelector('#live').dispatchEvent(new Event('refresh'))");
    await page.locator("#head .status.running").waitFor();
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("is STOPPING with a clock that runs, while its runner may end its work", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await signIn(page, "owner");
    await world.database.query(
      `insert into running_attempts (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at)
       select id, tenant_id, attempt, now(), now() + interval '5 minutes' from workflow_runs where id = $1`,
      [DEMO.runs.running],
    );
    for (const path of PATHS) {
      await page.goto(path);
      expect([path, await page.locator(".status.stopping").first().textContent()]).toEqual([path, "Stopping"]);
      const clock = page.locator("small", { hasText: "left to stop" }).locator("[data-tick=left]").first();
      const before = await clock.textContent();
      await expect.poll(() => clock.textContent()).not.toBe(before);
      expect([path, await faultsInTheme(page)]).toEqual([path, []]);
    }
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });
});
