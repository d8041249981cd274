/** A flood of messages that nobody has signed. */
import { describe, expect, it } from "vitest";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { createWebhook, post } from "./inbound-support.ts";
import { SIGNED } from "./signed-messages.ts";

const FLOOD = 5_000;
/** How many arrive at the same time. */
const AT_ONCE = 250;

const service = await startService();
const tenant = await createTenant(service.database);

describe(`${FLOOD} messages to one trigger that nobody has signed`, () => {
  it("are refused with at most 10 look-ups, and each signed one among them is taken", {
    timeout: 300_000,
  }, async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    // Without dispatches, each signed message costs one request besides the look-ups.
    await service.database.sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    const body = JSON.stringify({ filler: "x".repeat(1_000) });
    const wrong = SIGNED.github({ secret: "another secret, sixteen", body });
    const [statuses, requests] = await service.counted(async () => {
      const seen: Record<string, number> = {};
      for (let sent = 0; sent < FLOOD; sent += AT_ONCE) {
        const flood = Array.from({ length: AT_ONCE }, () => post(service, hook.id, body, wrong));
        const signed = post(service, hook.id, body, SIGNED.github({ secret: hook.secret, body }));
        for (const { status } of await Promise.all([...flood, signed])) seen[status] = (seen[status] ?? 0) + 1;
      }
      return seen;
    });
    const rounds = FLOOD / AT_ONCE;
    expect(statuses).toEqual({ 401: FLOOD, 202: rounds });
    expect(requests - rounds).toBeLessThanOrEqual(10);
  });
});
