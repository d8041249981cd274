import { expect, it, vi } from "vitest";
import { listSmokeChecks } from "../../scripts/local/smoke-checks.ts";
import { LATE_SECONDS } from "../../src/sweep/sweep-state.ts";

it("the smoke test calls a sweep late when /readyz and the doctor do", async () => {
  let seconds_since_sweep = LATE_SECONDS;
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ seconds_since_sweep }));
  const { check } =
    listSmokeChecks({ origin: "https://runs.example", key: "k" }).find((one) => one.subject === "the cron") ?? {};
  expect(await check?.()).toBe("The last sweep ended 180 s ago.");
  seconds_since_sweep += 1;
  await expect(check?.()).rejects.toThrow("The last sweep ended 181 s ago; the cron fires every minute.");
});

it("the smoke test names a challenge of Cloudflare in every check that meets one, and takes it for no refusal", async () => {
  const headers = { "cf-mitigated": "challenge", "Content-Type": "text/html" };
  vi.spyOn(globalThis, "fetch").mockImplementation(
    async () => new Response("<!DOCTYPE html>", { status: 403, headers }),
  );
  for (const { subject, check } of listSmokeChecks({ origin: "https://runs.example", key: "k" }))
    await expect(check(), subject).rejects.toThrow(/^Cloudflare takes programs for bots/);
});
