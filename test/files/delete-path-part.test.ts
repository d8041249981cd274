import { describe, expect, it } from "vitest";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

describe("DELETE /v1/path-parts/{path_part_id} of a part that a workflow refers to", () => {
  it("names the workflow to callers who may see it, and neither names nor counts it for others", async () => {
    const tenant = await createTenant(service.database);
    await service.database.sql`update workflow_definitions set name = 'Secret plan' where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, tenant.sourcesId, "READ_WRITE");
    const refusal = async (key: string) => {
      const response = await service.send("DELETE", `/v1/path-parts/${tenant.sourcesId}`, key);
      return [response.status, (await response.json<{ detail: string }>()).detail] as const;
    };
    expect(await refusal(tenant.owner.key)).toEqual([
      409,
      expect.stringContaining(`“Secret plan” (${tenant.definitionId})`),
    ]);
    const [status, detail] = await refusal(tenant.user.key);
    expect([status, detail]).toEqual([409, expect.stringContaining("that you may not see")]);
    expect(detail).not.toContain("Secret plan");
    expect(detail).not.toMatch(/\d/);
  });
});
