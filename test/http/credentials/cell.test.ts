import { sign } from "hono/jwt";
import { describe, expect, it } from "vitest";
import { generateApiKey } from "../../../src/http/credentials/api-key.ts";
import { claimsOf, SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../../support/callers.ts";
import { invokePath } from "../../support/lifecycle.ts";
import { startService } from "../../support/service.ts";
import { createTenant } from "../../support/tenant.ts";

const ELSEWHERE = "https://two.example.com";
const RUN = "/v1/workflow-runs/01920000-0000-7000-8000-000000000401";

const service = await startService({
  settings: { SESSION_SECRET, CELLS: `two=${ELSEWHERE}/, six=http://localhost:1` },
});
const tenant = await createTenant(service.database);

/** A token of this cell or of another one, whose keys are not known here. */
const tokenOf = (cel: string) => sign({ sub: tenant.owner.id, cel, exp: 9e9 }, "only-this-cell-knows-it-0123456789");

type Problem = { detail: string };

/** What is answered to a request without any request to the database. */
async function answerTo(method: string, path: string, credential: string, body?: unknown) {
  const [response, requests] = await service.counted(() => service.send(method, path, credential, body));
  expect(requests).toBe(0);
  return response;
}

describe("a credential of another cell", () => {
  it("is answered 421 with the address of that cell, and nothing is looked up", async () => {
    const token = await tokenOf("two");
    const { key } = await generateApiKey("two");
    for (const [method, path, credential, body] of [
      ["GET", "/v1/workflow-runs", key],
      ["POST", invokePath(tenant), key, {}],
      ["POST", "/v1/runner-sessions", key, { name: "r", capacity: 1 }],
      ["GET", "/v1/workflow-runs", token],
      ["POST", `${RUN}/callback`, token, { status: "COMPLETED" }],
      ["POST", "/v1/leases", token, {}],
    ] as const) {
      const response = await answerTo(method, path, credential, body);
      expect([response.status, response.headers.get("location"), await response.json()]).toEqual([
        421,
        ELSEWHERE,
        expect.objectContaining({
          title: "Misdirected request",
          detail: `This is of another cell of the service. Send the request to ${ELSEWHERE}.`,
        }),
      ]);
    }
  });

  it("is told its address also when the name of the cell has digits", async () => {
    const regional = await startService({ database: service.database, settings: { CELLS: `eu1=${ELSEWHERE}` } });
    const response = await regional.get("/v1/workflow-runs", (await generateApiKey("eu1")).key);
    expect([response.status, response.headers.get("location")]).toEqual([421, ELSEWHERE]);
  });

  it("is answered without an address when CELLS does not have the cell", async () => {
    const response = await answerTo("GET", "/v1/workflow-runs", (await generateApiKey("zzz")).key);
    expect([response.status, response.headers.get("location"), (await response.json<Problem>()).detail]).toEqual([
      421,
      null,
      "This is of another cell of the service. Send the request to the address that you got with it.",
    ]);
  });

  it("is refused on pages, with a link: to sign in with its key, by its cookie, and by the link of an invite", async () => {
    const form = { method: "POST", headers: { Origin: "https://service.test" } };
    const { key } = await generateApiKey("two");
    const Cookie = `ks_uat=${await tokenOf("two")}`;
    const invite = `/app/invites/${tenant.id}?cell=two&secret=x`;
    const requests: [path: string, init: RequestInit<IncomingRequestCfProperties>, there: string][] = [
      ["/app/sign-in", { ...form, body: new URLSearchParams({ key }) }, "/app/sign-in"],
      ["/app/runs?status=FAILED", { headers: { Cookie } }, "/app/runs?status=FAILED"],
      ["/app/workflows/new", { ...form, headers: { ...form.headers, Cookie } }, "/app"],
      [invite, {}, invite.replace("&", "&amp;")],
    ];
    for (const [path, init, there] of requests) {
      const [response, count] = await service.counted(() => service.fetch(path, init));
      const html = await response.text();
      expect([path, response.status, count]).toEqual([path, 421, 0]);
      expect([path, /<a class="button primary" href="([^"]+)">Go to ([^<]+)</.exec(html)?.slice(1)]).toEqual([
        path,
        [`${ELSEWHERE}${there}`, "two.example.com"],
      ]);
    }
  });
});

describe("a credential of this cell, or of none", () => {
  it("is judged as always", async () => {
    const status = async (credential: string) => (await service.get("/v1/workflow-runs", credential)).status;
    expect(await status(tenant.owner.key)).toBe(200);
    expect(await status((await generateApiKey("one")).key)).toBe(401);
    expect(await status("wr_demo_owner")).toBe(401);
    expect(await status(await signSymmetric({ ...claimsOf(tenant), cel: "one" }, SESSION_KEYS.k2, "k2"))).toBe(200);
  });

  it("names it: a new key, and the link of an invite", async () => {
    const made = await service.send("POST", "/v1/api-keys", tenant.owner.key, { name: "Named" });
    expect((await made.json<{ key: string }>()).key).toMatch(/^wr_one_[0-9A-Za-z]{49}$/);
    const invited = await service.send("POST", "/v1/invites", tenant.owner.key, {
      ...{ tenant_id: tenant.id, email: "ida@test.example", role: "USER" },
    });
    expect(await invited.text()).toMatch(/\/app\/invites\/[0-9a-f-]+\?cell=one&secret=/);
  });
});
