import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { startService } from "../support/service.ts";

const service = await startService();

describe("GET /healthz", () => {
  it("answers with the database's time in the form of the contract, in one request", async () => {
    const [response, requests] = await service.counted(() => service.fetch("/healthz"));
    expect([response.status, requests]).toEqual([200, 1]);
    expect(contractFaults("health_check", 200, await response.json())).toEqual([]);
  });
});

describe("GET /readyz", () => {
  it("is 503 with the reason until a sweep has ended, and when the last one is over 3 minutes old", async () => {
    const reason = async () => {
      const response = await service.fetch("/readyz");
      const body = await response.json<{ detail?: string; status: unknown }>();
      return [response.status, body.detail ?? body.status];
    };
    expect(await reason()).toEqual([503, expect.stringContaining("No sweep has ended yet")]);

    await service.sweep();
    expect(await reason()).toEqual([200, "ready"]);

    await service.database.sql`update sweep_state set ended_at = ended_at - interval '200 seconds'`;
    expect(await reason()).toEqual([503, expect.stringMatching(/The last sweep ended 2\d\d seconds ago/)]);
  });
});
