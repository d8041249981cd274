// A word of the test. cspell:ignore zuse
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { callBack, invoke, invokePath } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

async function invokeWith(labels: Record<string, string>): Promise<string> {
  const response = await service.send("POST", invokePath(tenant), tenant.owner.key, { labels });
  return (await response.json<{ id: string }>()).id;
}

/** The ids of the runs that a page lists. */
const listed = (page: string) => [...page.matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id);

describe("labels on the dashboard", () => {
  it("are shown in the list and on the page of a run, escaped, as links to the runs that have them", async () => {
    const id = await invokeWith({ customer: "<b>4711</b>", env: "prod" });
    const escaped = "customer:&lt;b&gt;4711&lt;/b&gt;";
    const list = await owner.read("/app/runs");
    expect(list).toContain(escaped);
    expect(list).toContain("env:prod");
    const page = await owner.read(`/app/runs/${id}`);
    expect(page).toContain(escaped);
    expect(page).toContain('href="/app/runs?label=env%3Aprod"');
    expect(await owner.read(`/app/runs/${await invoke(service, tenant)}`)).not.toContain("<dt>Labels</dt>");
  });

  it("filter the list and its numbers, in one database request", async () => {
    const ids = [await invokeWith({ customer: "4711" }), await invokeWith({ customer: "4711", env: "prod" })];
    await invoke(service, tenant);
    await callBack(service, tenant, String(ids[0]), { status: "COMPLETED" });
    const [page, requests] = await service.counted(() => owner.read("/app/runs?label=customer:4711"));
    expect([listed(page), requests]).toEqual([ids.toReversed(), 1]);
    for (const [state, count] of [
      ["Pending", 0],
      ["Running", 1],
      ["Completed", 1],
    ]) {
      expect(page).toContain(`${state} <span class="count">${count}</span>`);
    }
    expect(page).toContain("All 2 that match");
    expect(listed(await owner.read("/app/runs?label=customer:4711&status=COMPLETED"))).toEqual([ids[0]]);
    expect(listed(await owner.read("/app/runs?label=customer:4711&label=env:prod"))).toEqual([ids[1]]);
    expect(await owner.read("/app/runs?label=customer:1")).toContain("No runs match.");
    // What is no label is ignored, like any other value that the filter does not know.
    expect(listed(await owner.read("/app/runs?label=4711"))).toHaveLength(3);
    const empty = await owner.get("/app/runs?label=customer%3A4711&label=&mine=");
    expect([empty.status, empty.headers.get("Location")]).toEqual([303, "/app/runs?label=customer%3A4711"]);
  });

  it("are pages of the list, back and forth", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 27; n++) ids.unshift(await invokeWith({ customer: "4711" }));
    const first = await owner.read("/app/runs?label=customer:4711");
    expect(listed(first)).toEqual(ids.slice(0, 25));
    const linkIn = (page: string, text: string) =>
      new RegExp(`href="([^"]+)">${text}`).exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await owner.read(linkIn(first, "Next"));
    expect(listed(second)).toEqual(ids.slice(25));
    expect(listed(await owner.read(linkIn(second, "← Previous")))).toEqual(ids.slice(0, 25));
  });

  it("choose the runs of a change of many", async () => {
    const id = await invokeWith({ customer: "4711" });
    await invoke(service, tenant);
    const response = await owner.post("/app/runs/bulk/confirmed", {
      action: "stop",
      all: "1",
      filter: "label=customer%3A4711",
    });
    const location = response.headers.get("Location");
    expect([response.status, location]).toEqual([303, "/app/runs?label=customer%3A4711&did=stop&done=1"]);
    expect(listed(await owner.read("/app/runs?status=FAILED"))).toEqual([id]);
  });

  it("go along when a run is triggered again", async () => {
    const id = await invokeWith({ customer: "4711" });
    await callBack(service, tenant, id, { status: "COMPLETED" });
    const response = await owner.post(`/app/runs/${id}/again`);
    const again = response.headers.get("Location")?.split("/").at(-1);
    expect(listed(await owner.read("/app/runs?label=customer:4711"))).toEqual([again, id]);
  });

  it("are found by the search, when all of a label was typed", async () => {
    const ids = [await invokeWith({ customer: "Zuse KG" }), await invokeWith({ customer: "Zuse KG" })];
    const [page, requests] = await service.counted(() => owner.read("/app/search?q=customer:Zuse+KG"));
    expect(requests).toBe(1);
    expect([...page.matchAll(/<li><a href="\/app\/runs\/([^"]+)"/g)].map(([, id]) => id)).toEqual(ids.toReversed());
    expect(page).toContain("<h2>Runs with this label</h2>");
    expect(await owner.read("/app/search?q=customer:Zuse")).toContain("Nothing was found.");
    for (let n = 0; n < 5; n++) await invokeWith({ customer: "Zuse KG" });
    const more = await owner.read("/app/search?q=customer:Zuse+KG");
    expect(more).toContain('<a href="/app/runs?label=customer%3AZuse+KG">All of them in the list</a>');
  });
});
