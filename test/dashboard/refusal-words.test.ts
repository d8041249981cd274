/** What pages say when something is refused, and before something is deleted. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forReader } from "../../src/dashboard/wording.ts";
import { type Browser, openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;
let owner: Browser;

beforeAll(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
});

beforeEach(async () => {
  ({ tenant, owner } = await openTenant(service));
});

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** The visible text of the card that says why something was refused. */
const saidIn = (html: string) => (html.split('<div class="card center">')[1] ?? "").replaceAll(/<[^>]+>/g, " ");

describe("a refused deletion", () => {
  it("says in words what prevents it, names it once, and shows no id and no status code", async () => {
    const runId = await insertRun(service.database, tenant, { status: "RUNNING" });
    const folder = saidIn(await (await owner.post(`/app/files/${tenant.sourcesId}/delete`)).text());
    const workflow = saidIn(await (await owner.post(`/app/workflows/${tenant.definitionId}/delete`)).text());
    for (const said of [folder, workflow]) {
      expect(said).toContain("This is not possible now");
      expect(said).not.toMatch(UUID);
      expect(said).not.toMatch(/409|Conflict/);
    }
    expect(folder).toContain(
      "Workflows refer to this file or folder or to something below it. Change or delete them first.",
    );
    expect(folder.split(/\bTest\b/).length - 1).toBe(1);
    expect(workflow).toContain(`Its run …${runId.slice(-8)} is RUNNING.`);
  });
});

describe("a sentence of the API", () => {
  it("names buttons instead of fields", () => {
    expect(forReader("The endpoint is disabled. Set `is_active` to true first.")).toBe(
      "The endpoint is disabled. Enable it first.",
    );
    expect(forReader("The workflow is paused. Set `is_active` to true to retry.")).toBe(
      "The workflow is paused. Resume it first.",
    );
  });
});

describe("a dialog that deletes", () => {
  it("names what it deletes, and how much goes with it", async () => {
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    await insertRun(service.database, tenant, { status: "FAILED" });
    const workflow = await owner.read(`/app/workflows/${tenant.definitionId}`);
    expect(workflow).toContain("Delete “Test”?");
    expect(workflow).toContain("its 2 runs with their events");
    const folder = await owner.read(`/app/files/${tenant.sourcesId}`);
    expect(folder).toContain("Delete the folder “sources”?");
    expect(folder).toContain("with what is in it (1 file or folder)");
    expect(await owner.read(`/app/people/${tenant.user.id}`)).toMatch(/Delete [^<]+@test.example\?/);
  });
});

describe("a refused form", () => {
  it("links each fault once to its field, and gives the fields with faults the focus", async () => {
    const html = await (await owner.post("/app/workflows/new", { name: "", max_run_duration_seconds: "5" })).text();
    const alert = /<div class="failure" role="alert">.*?<\/div>/s.exec(html)?.[0] ?? "";
    const links = [...alert.matchAll(/<a href="#([^"]+)">/g)].map(([, id]) => id ?? "");
    expect(links.toSorted()).toEqual([
      "field-instruction_path_part_ids",
      "field-max_run_duration_seconds",
      "field-name",
      "field-output_path_part_ids",
      "field-source_path_part_ids",
    ]);
    for (const id of links) expect(html).toMatch(new RegExp(`id="${id}"[^>]*autofocus`));
    const policy = await owner.post(`/app/workflows/${tenant.definitionId}/policy`, { max_attempts: "99" });
    expect(await policy.text()).toContain("<bdi>Attempts in total: ");
  });
});

describe("an endpoint", () => {
  it("works only once something was delivered to it", async () => {
    const hook = await startFakeRunner();
    const { id } = await createEndpoint(service, tenant, hook.url);
    const paths = ["/app/settings/notifications", `/app/settings/notifications/${id}`];
    for (const path of paths)
      expect([path, await owner.read(path)]).toEqual([path, expect.stringContaining("Nothing was delivered yet")]);
    await owner.post(`/app/settings/notifications/${id}/test`);
    for (const path of paths) {
      const [html, requests] = await service.counted(() => owner.read(path));
      expect([path, />Works</.test(html), requests]).toEqual([path, true, 1]);
    }
  });
});
