import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { owner } = openedTenantOfEachTest(service);

describe("the theme", () => {
  it("is that of the system until another one is chosen, which needs no script and no database", async () => {
    expect(await owner.read("/app/people")).toContain('<html lang="en" data-theme="system">');
    const [chosen, requests] = await service.counted(() =>
      owner.post("/app/theme", { theme: "dark", back: "/app/people?offset=0" }),
    );
    expect([chosen.status, chosen.headers.get("Location"), requests]).toEqual([303, "/app/people?offset=0", 0]);
    const cookie = chosen.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    expect(cookie).toBe("theme=dark");
    const page = await service.fetch("/app/sign-in", { headers: { Cookie: cookie } });
    expect(await page.text()).toContain('<html lang="en" data-theme="dark">');
  });

  it("is one of three, and the form that changes it only redirects to pages of this service", async () => {
    const chosen = await owner.post("/app/theme", { theme: '"><script>', back: "https://elsewhere.example/app/" });
    expect([chosen.headers.get("Location"), chosen.headers.get("Set-Cookie")]).toEqual([
      "/app/runs",
      expect.stringMatching(/^theme=system;/),
    ]);
  });
});
