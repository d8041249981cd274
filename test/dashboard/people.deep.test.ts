import { describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { addUser } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });

const linkIn = (html: string) =>
  (/\/app\/invites\/[0-9a-f-]+\?cell=one&amp;secret=[\w-]+/.exec(html)?.[0] ?? "").replace("&amp;", "&");

describe("people are invited", () => {
  it("with a form that shows the link once; the invite is then listed without its secret, and can be withdrawn", async () => {
    const { owner, user } = await openTenant(service);
    const response = await owner.post("/app/people/invite", { email: "ida@test.example", role: "ADMIN" });
    const link = linkIn(await response.text());
    expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect((await service.fetch(link)).status).toBe(200);

    const page = await owner.read("/app/people");
    expect(page).toContain("ida@test.example");
    expect(page).not.toContain(link.split("=")[1]);
    expect(await user.read("/app/people")).not.toContain("ida@test.example");
    const id = /invites\/([0-9a-f-]+)\/withdraw/.exec(page)?.[1];
    expect((await user.post(`/app/people/invites/${id}/withdraw`)).status).toBe(403);
    expect((await owner.post(`/app/people/invites/${id}/withdraw`)).status).toBe(303);
    expect(await owner.read("/app/people")).not.toContain("ida@test.example");
    expect((await service.fetch(link)).status).toBe(404);
  });

  it("from their own page while they have had no key, and not afterwards", async () => {
    const { tenant, owner } = await openTenant(service);
    const added = await owner.post("/app/people/new", { email: "uma@test.example", first_name: "Uma", role: "USER" });
    const path = added.headers.get("location") ?? "";
    expect(await owner.read(path)).toContain("They have not signed in yet.");
    expect(await owner.read(`/app/people/${tenant.user.id}`)).not.toContain("They have not signed in yet.");
  });

  it("not a second time when they can already sign in: the form says so and keeps what was typed", async () => {
    const { tenant, owner } = await openTenant(service);
    const email = `${tenant.user.id}@test.example`;
    const response = await owner.post("/app/people/invite", { email, role: "USER" });
    const html = await response.text();
    expect([response.status, html.includes("can already sign in"), html.includes(email)]).toEqual([409, true, true]);
    expect((await owner.post("/app/people/invite", { email: "nobody", role: "USER" })).status).toBe(422);
  });
});

describe("a user", () => {
  it("is deleted from their page, by an administrator alone, and is then not there any more", async () => {
    const { tenant, owner, user } = await openTenant(service);
    const gone = await addUser(service.database, tenant);
    expect(await owner.read(`/app/people/${gone.id}`)).toContain(`/app/people/${gone.id}/delete`);
    expect(await owner.read(`/app/people/${tenant.owner.id}`)).not.toContain("/delete");
    expect((await user.post(`/app/people/${gone.id}/delete`)).status).toBe(403);
    expect((await owner.post(`/app/people/${gone.id}/delete`)).status).toBe(303);
    expect((await owner.get(`/app/people/${gone.id}`)).status).toBe(404);
    expect((await service.get("/v1/users/me", gone.key)).status).toBe(401);
  });

  it("has no buttons to revoke keys when they are the OWNER and an ADMIN looks", async () => {
    const { tenant, owner } = await openTenant(service);
    expect(await owner.read(`/app/people/${tenant.owner.id}`)).toMatch(/keys\/[0-9a-f-]+\/revoke/);
    expect(await owner.read(`/app/people/${tenant.admin.id}`)).toMatch(/keys\/[0-9a-f-]+\/revoke/);
    await service.database.sql`update users set role = 'ADMIN' where id = ${tenant.owner.id}`;
    await service.database.sql`update users set role = 'OWNER' where id = ${tenant.admin.id}`;
    expect(await owner.read(`/app/people/${tenant.admin.id}`)).not.toMatch(/keys\/[0-9a-f-]+\/revoke/);
  });
});
