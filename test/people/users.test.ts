import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

describe("GET /v1/users/me", () => {
  it("answers who the caller is, in one database request", async () => {
    const tenant = await createTenant(service.database);
    await service.database.sql`update users set first_name = 'Uma' where id = ${tenant.user.id}`;
    for (const [role, { id, key }] of Object.entries({
      OWNER: tenant.owner,
      ADMIN: tenant.admin,
      USER: tenant.user,
    })) {
      const [response, count] = await service.counted(() => service.get("/v1/users/me", key));
      const body = await response.json();
      expect([response.status, count]).toEqual([200, 1]);
      expect(contractFaults("get_me", 200, body)).toEqual([]);
      expect(body).toEqual({
        id,
        email: `${id}@test.example`,
        first_name: role === "USER" ? "Uma" : null,
        last_name: null,
        idp_type: "PASSWORD",
        current_tenant_id: tenant.id,
        current_tenant_role: role,
        default_tenant_id: tenant.id,
      });
    }
  });

  it("answers 304 while nothing changes", async () => {
    const tenant = await createTenant(service.database);
    const etag = (await service.get("/v1/users/me", tenant.user.key)).headers.get("etag") ?? "";
    const again = () => service.get("/v1/users/me", tenant.user.key, { "If-None-Match": etag });
    expect((await again()).status).toBe(304);
    await service.database.sql`update users set role = 'ADMIN' where id = ${tenant.user.id}`;
    expect((await again()).status).toBe(200);
  });
});
