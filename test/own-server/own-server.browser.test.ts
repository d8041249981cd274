/** The pages of a server of one's own: signing in, a run that somebody follows, and its file. */
import { randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/local/browser.ts";
import { complaintsOf, openPage, signIn } from "../support/browser/pages.ts";
import { prepareServer, untilServing } from "./server.ts";

const PATIENT = { timeout: 20_000 };

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

it("show a run from its invoke to its end, and its file, without a reload", async () => {
  const [server, browser] = await Promise.all([prepareServer(endings), launchBrowser()]);
  endings.push(() => browser.close());
  await untilServing(server.start());
  const post = async (path: string, body: object, token = server.key, method = "POST") =>
    JSON.parse((await server.ask(method, path, { body, headers: { Authorization: `Bearer ${token}` } })).body);
  const { id } = await post("/v1/workflow-definitions", await server.workflowOf("Report"));
  await post(`/v1/workflow-definitions/${id}/policy`, { handover: "lease" }, server.key, "PUT");
  const { key } = await post("/v1/runner-keys", { name: "Runner" });
  const { token } = await post("/v1/runner-sessions", { name: "Runner", capacity: 1 }, key);

  const page = await openPage(browser, `http://localhost:${server.port}`, {
    extraHTTPHeaders: { "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1" },
  });
  await signIn(page, { key: server.key });
  await page.goto(`/app/workflows/${id}`);
  await page.locator(".actions").getByRole("button", { name: "Invoke" }).click();
  await page.locator("#ask-invoke").getByRole("button", { name: "Invoke" }).click();
  await page.waitForURL(/\/app\/runs\/[0-9a-f-]{36}/);
  const status = page.locator(".head .status");
  const untilShown = (word: string) => expect.poll(() => status.textContent(), PATIENT).toContain(word);
  const { leases } = await post("/v1/leases", { request_id: randomUUID() }, token);
  await untilShown("Running");
  const { run_id, callback_url, callback_token } = leases[0];
  await server.ask("PUT", `/v1/workflow-runs/${run_id}/artifacts/report.txt`, {
    body: "All is well.",
    headers: { Authorization: `Bearer ${callback_token}`, "Content-Type": "text/plain" },
  });
  await post(callback_url, { status: "COMPLETED" }, callback_token);
  await untilShown("Completed");
  await page.getByRole("link", { name: "report.txt", exact: true }).click();
  await expect.poll(() => page.locator("body").textContent(), PATIENT).toContain("All is well.");
  expect(complaintsOf(page)).toEqual([]);
});
