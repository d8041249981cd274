import { describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { callBack, invokePath } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { runToken } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = await openTenant(service);

async function invokeWith(input: unknown): Promise<string> {
  const response = await service.send("POST", invokePath(tenant), tenant.owner.key, { input });
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const HOSTILE = "<script>alert(1)</script>";
const ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;";

describe("the page of a run", () => {
  it("shows the input and the result, escaped, and links to the artifacts and the log", async () => {
    const runId = await invokeWith({ [HOSTILE]: 1 });
    const path = `/app/runs/${runId}`;
    const before = await owner.read(path);
    expect(before).toContain(ESCAPED);
    expect(before).toContain("The run has no log entries so far.");

    const token = await runToken(tenant, runId);
    await service.send("POST", `/v1/workflow-runs/${runId}/log`, token, { sequence: 0, text: `${HOSTILE}\u001b[2J\n` });
    for (const [name, type] of [
      ["shown.png", "image/png"],
      ["saved.html", "text/html"],
    ] as const) {
      const headers = { "Content-Type": type, "Content-Length": "3" };
      const stored = await service.send("PUT", `/v1/workflow-runs/${runId}/artifacts/${name}`, token, 123, headers);
      expect(stored.status).toBe(201);
    }
    await callBack(service, tenant, runId, {
      ...{ status: "FAILED", error: "No.", output: { made: HOSTILE }, summary: `Summary ${HOSTILE}` },
      artifacts: [
        { name: "a.pdf", url: "https://files.example/a.pdf" },
        { name: "folder", path_part_id: tenant.outputsId },
        { name: HOSTILE },
      ],
    });
    const page = await owner.read(path);
    for (const text of [
      "REPORTED",
      `Summary ${ESCAPED}`,
      `&quot;made&quot;: &quot;${ESCAPED}&quot;`,
      'href="https://files.example/a.pdf"',
      `href="/app/files/${tenant.outputsId}"`,
      `<a href="/v1/workflow-runs/${runId}/artifacts/shown.png?attempt=1"><bdi class="wrap">shown.png</bdi></a>`,
      '<li><bdi class="wrap">saved.html</bdi>',
      `href="/v1/workflow-runs/${runId}/artifacts/saved.html?attempt=1" download="saved.html"`,
      `href="${path}/log"`,
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain(HOSTILE);

    const [log, requests] = await service.counted(() => owner.get(`${path}/log`));
    expect([log.status, requests, log.headers.get("Content-Type")]).toEqual([200, 1, "text/plain; charset=UTF-8"]);
    expect(await log.text()).toBe(`${HOSTILE}␛[2J\n`);
    expect((await user.get(`${path}/log`)).status).toBe(404);
  });

  it("shows the beginning of a long input, with a link to all of it", async () => {
    const runId = await invokeWith({ a: "😀".repeat(5000) });
    const page = await owner.read(`/app/runs/${runId}`);
    expect(page).toContain(`href="/v1/workflow-runs/${runId}/input"`);
    expect(page.match(/😀+…/u)?.[0]).toHaveLength(2 * (4096 - '{"a":"'.length) + 1);
    expect((await owner.get(`/v1/workflow-runs/${runId}/input`)).status).toBe(200);
  });
});
