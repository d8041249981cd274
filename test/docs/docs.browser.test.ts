import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import {
  accessibilityFaults,
  complaintsOf,
  openPage,
  overflow,
  signIn,
  unreachable,
} from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { runProgram } from "../support/node/run-program.ts";

const world = useWorld();

describe("the documentation", () => {
  it.each(["light", "dark"] as const)(
    "has no accessibility faults in %s, and fits a telephone",
    async (colorScheme) => {
      const page = await openPage(world.browser, world.stack.url, {
        colorScheme,
        viewport: { width: 390, height: 800 },
      });
      for (const path of ["/docs", "/docs/runner-protocol", "/docs/notifications"]) {
        await page.goto(path);
        expect([path, await accessibilityFaults(page), await overflow(page)]).toEqual([path, [], 0]);
      }
      expect(complaintsOf(page)).toEqual([]);
      await page.context().close();
    },
  );

  it("can be read and used by keyboard and without JavaScript", async () => {
    const reader = await openPage(world.browser, world.stack.url, { javaScriptEnabled: false });
    await reader.goto("/docs");
    await reader.getByRole("link", { name: "Trigger a run" }).first().click();
    await reader.locator(":target").getByText("Python").click();
    await reader
      .locator(":target")
      .getByText(/^show\(call\("POST"/)
      .waitFor();
    await reader.context().close();

    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs/runner-protocol");
    expect(await unreachable(page)).toEqual([]);
    await page.context().close();
  });

  it("opens after signing in from /, and creates an API key with one click", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/");
    await page.waitForURL("**/app/sign-in**");
    await signIn(page, "owner");
    await page.goto("/docs");
    await page.getByRole("button", { name: "Make an API key" }).click();
    await page.getByText(/wr_[A-Za-z0-9_]{20,}/).waitFor();
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("has requests that work as pasted, in each language", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs");
    const [curl = "", typescript = "", python = ""] = await page.locator("#quick-start ~ ol pre").allTextContents();
    const operation = page.locator(".operation", { hasText: "/v1/users/me" });
    const requests = await operation.locator("pre").allTextContents();
    await page.context().close();

    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    const paste = async (name: string, text: string, command: string) => {
      const file = join(folder, name);
      writeFileSync(file, text.replace("wr_…", DEMO.owner.key));
      const { code, stdout, stderr } = await runProgram(command, [file]);
      return code === 0 ? JSON.parse(stdout) : stderr;
    };
    const answers = [
      await paste("curl.sh", `${curl}\n${requests[0]}`, "bash"),
      await paste("call.mts", `${typescript}\n${requests[1]}`, process.execPath),
      await paste("call.py", `${python}\n${requests[2]}`, "python3"),
    ];
    rmSync(folder, { recursive: true });
    for (const answer of answers) expect(answer).toMatchObject({ id: DEMO.owner.id });
  });

  it("has reads that find something in the demo tenant, except for endpoints and batches, of which it has none", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs");
    const requests = await page.locator(".operation pre").allTextContents();
    await page.context().close();
    const paths = requests.flatMap(
      (text) => /^curl "\$URL([^"]+)" \\\s+-H "Authorization: Bearer \$KEY"/.exec(text)?.[1] ?? [],
    );
    expect(paths.length).toBeGreaterThan(20);
    const missing: string[] = [];
    for (const path of paths) {
      const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
      const { status } = await fetch(`${world.stack.url}${path}`, { headers, redirect: "manual" });
      if (status >= 400) missing.push(`${status} ${path}`);
    }
    expect(missing.filter((one) => !/^404 \/v1\/(notification-endpoints|run-batches)\//.test(one))).toEqual([]);
  });

  it("opens again after a sign-in that was needed for its button", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs");
    await page.getByRole("link", { name: "sign in" }).click();
    await page.getByLabel("API key").fill(DEMO.owner.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Make an API key" }).waitFor();
    await page.context().close();
  });
});
