/** Settings → Notifications: an endpoint is added, tested, changed and deleted. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  complaintsOf,
  faultsInTheme,
  forgetComplaints,
  openPage,
  overflow,
  signIn,
  unreachable,
} from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const HREF = "/app/settings/notifications";

const world = useWorld();

/** The `webhook-id` and the type of each message that the endpoint was sent. */
const received: { id: string; type: string }[] = [];
/** The endpoint answers once this is resolved, so that a test first sees on the page that the delivery waits. */
let mayAnswer = Promise.resolve();
const hook = createServer(async (request, response) => {
  const { type }: { type: string } = JSON.parse(await text(request));
  received.push({ id: String(request.headers["webhook-id"]), type });
  await mayAnswer;
  response.writeHead(204).end();
});
let hookUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  const address = hook.address();
  if (typeof address !== "object" || address === null) throw new Error("The endpoint has no port.");
  hookUrl = `http://127.0.0.1:${address.port}/hook`;
});

const pages: Page[] = [];

afterEach(async () => {
  const opened = pages.splice(0);
  for (const page of opened) await page.context().close();
  expect(opened.flatMap(complaintsOf)).toEqual([]);
});

afterAll(async () => {
  hook.closeAllConnections();
  hook.close();
});

async function openAs(person: "owner" | "user", options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const page = await openPage(world.browser, world.stack.url, options);
  pages.push(page);
  await signIn(page, person);
  return page;
}

/** axe finds nothing in the page with its open dialog, in light and in dark, and the page fits a phone. */
async function expectGood(page: Page, name: string): Promise<void> {
  expect([name, await faultsInTheme(page)]).toEqual([name, []]);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 800 });
  expect([name, await overflow(page)]).toEqual([name, 0]);
  if (size) await page.setViewportSize(size);
}

const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });

/** Clicks the button that opens a dialog. */
async function openDialog(page: Page, label: string, title: string): Promise<Locator> {
  await button(page.locator(".head .actions"), label).click();
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.waitFor();
  await expectGood(page, title);
  return dialog;
}

/** Reads the secret from the page, and checks that each snippet contains it. */
async function readSecret(page: Page): Promise<string> {
  const secret = (await page.locator(".command code").first().textContent()) ?? "";
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  for (const language of ["curl", "TypeScript", "Python"]) {
    const snippet = page.getByRole("region", { name: language });
    expect([language, await snippet.locator("code").textContent()]).toEqual([
      language,
      expect.stringContaining(secret),
    ]);
  }
  return secret;
}

async function addEndpoint(page: Page, description: string): Promise<string> {
  await page.goto(HREF);
  await button(page.locator(".head .actions"), "Add an endpoint").click();
  const dialog = page.getByRole("dialog", { name: "Add an endpoint" });
  await dialog.getByLabel("URL").fill(hookUrl);
  await dialog.getByLabel("Description").fill(description);
  await button(dialog, "Add").click();
  await page.getByRole("heading", { name: "The endpoint is added" }).waitFor();
  return readSecret(page);
}

describe("an OWNER", () => {
  it("adds an endpoint, and gets its secret once, with snippets in three languages", async () => {
    const page = await openAs("owner", { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByText("Nobody is notified yet.").waitFor();
    await expectGood(page, "no endpoint");
    const dialog = await openDialog(page, "Add an endpoint", "Add an endpoint");
    await dialog.getByLabel("URL").fill(hookUrl);
    await dialog.getByLabel("Description").fill("Accounting");
    for (const event of ["A run completed", "A run failed"]) await dialog.getByLabel(event, { exact: true }).uncheck();
    await button(dialog, "Add").click();

    await page.getByRole("alert").getByText("Choose at least one event.").waitFor();
    await expectGood(page, "a refused endpoint");
    forgetComplaints(page);
    expect(await page.getByLabel("Description").inputValue()).toBe("Accounting");
    await page.getByLabel("A run failed", { exact: true }).check();
    await button(page.locator("main"), "Add").click();

    await page.getByRole("heading", { name: "The endpoint is added" }).waitFor();
    const secret = await readSecret(page);
    await expectGood(page, "the secret");
    await button(page.locator(".card > .actions"), "Copy the secret").click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(secret);
    const python = page.getByRole("region", { name: "Python" });
    await python.getByRole("button").click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await python.locator("code").textContent());

    await page.getByRole("link", { name: "Done" }).click();
    await page.getByRole("heading", { name: "Accounting" }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.goto(HREF);
    await page.getByRole("link", { name: "Accounting" }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await expectGood(page, "an endpoint in the list");
    expect(await unreachable(page)).toEqual([]);
  });

  it("sends a test, sees it delivered, and sends it again", async () => {
    const page = await openAs("owner");
    await addEndpoint(page, "Tested");
    await page.getByRole("link", { name: "Done" }).click();
    await page.getByText("There are no deliveries yet.").waitFor();
    const count = received.length;

    let held = Promise.withResolvers<void>();
    mayAnswer = held.promise;
    await button(page, "Send a test").click();
    const row = page.getByRole("row", { name: /notification_endpoint\.test/ });
    await row.getByText("Waits").waitFor();
    held.resolve();
    await row.getByText("Delivered").waitFor();
    await row.getByText(/^204 in \d+ ms$/).waitFor();
    expect(await row.count()).toBe(1);
    await expectGood(page, "a delivery");
    expect(await unreachable(page)).toEqual([]);

    held = Promise.withResolvers<void>();
    mayAnswer = held.promise;
    await button(page, "Send again: notification_endpoint.test").click();
    await expect.poll(() => received.length).toBe(count + 2);
    const [first, second] = received.slice(count);
    expect(first?.type).toBe("notification_endpoint.test");
    expect(second).toEqual(first);
    await row.getByText("Waits").waitFor();
    held.resolve();
    await row.getByText("Delivered").waitFor();
    expect(await row.count()).toBe(1);
  });

  it("gives it a new secret, changes it, disables it and enables it, and deletes it", async () => {
    const page = await openAs("owner");
    const secret = await addEndpoint(page, "Changing");
    await page.getByRole("link", { name: "Done" }).click();
    const fact = (name: string) => page.locator(".facts > div", { hasText: name }).locator("dd");

    await button(await openDialog(page, "New secret", "Give it a new secret"), "Make a new secret").click();
    await page.getByRole("heading", { name: "The new secret" }).waitFor();
    expect(await readSecret(page)).not.toBe(secret);
    await expectGood(page, "the new secret");
    await page.getByRole("link", { name: "Done" }).click();
    await fact("Old secret signs until").waitFor();

    const change = await openDialog(page, "Change", "Change the endpoint");
    await change.getByLabel("A run started", { exact: true }).check();
    await button(change, "Save").click();
    await fact("Notified when").getByText("A run started").waitFor();

    await button(page, "Disable").click();
    await fact("State").getByText("Disabled. Somebody has disabled it.").waitFor();
    expect(await button(page, "Send a test").count()).toBe(0);
    await expectGood(page, "a disabled endpoint");
    await button(page, "Enable").click();
    await fact("State").getByText("Nothing was delivered yet").waitFor();

    await button(await openDialog(page, "Delete", "Delete “Changing”?"), "Delete it").click();
    await page.waitForURL(`**${HREF}`);
    expect(await page.getByRole("link", { name: "Changing" }).count()).toBe(0);
  });
});

describe("a USER", () => {
  it("sees no endpoint, and can add none", async () => {
    const owner = await openAs("owner");
    await addEndpoint(owner, "Not for everybody");
    const href = await owner.getByRole("link", { name: "Done" }).getAttribute("href");
    const page = await openAs("user");
    await page.goto(HREF);
    await page.getByText("An OWNER or ADMIN manages notifications.").waitFor();
    expect(await page.getByRole("button", { name: "Add an endpoint" }).count()).toBe(0);
    expect(await page.content()).not.toContain("Not for everybody");
    await expectGood(page, "notifications for a USER");
    expect((await page.goto(href ?? ""))?.status()).toBe(404);
    forgetComplaints(page);
  });
});
