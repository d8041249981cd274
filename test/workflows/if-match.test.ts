import { describe, expect, it } from "vitest";
import { insertParts } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService({ settings: { CORS_ORIGINS: "https://app.test" } });

const definitionPath = ({ definitionId }: TestTenant) => `/v1/workflow-definitions/${definitionId}`;
const policyPath = (tenant: TestTenant) => `${definitionPath(tenant)}/policy`;

/** What this test reads of the OpenAPI document. */
type Documented = {
  paths: Record<
    string,
    Record<
      string,
      {
        security?: Record<string, unknown>[];
        parameters?: { in: string; name: string }[];
        responses: Record<string, { headers?: object }>;
      }
    >
  >;
};

async function prepare() {
  const tenant = await createTenant(service.database);
  const tree = await insertParts(service.database, tenant, ["/in", "/how.md", "/out"]);
  const body = {
    name: "Report",
    runner_type: "SELF_HOSTED",
    runner_config: { url: "https://runner.example.com/hook", webhook_secret: "0123456789abcdef" },
    source_path_part_ids: [tree.idOf("/in")],
    instruction_path_part_ids: [tree.idOf("/how.md")],
    output_path_part_ids: [tree.idOf("/out")],
  };
  const put = (path: string, json: unknown, ifMatch?: string) =>
    service.send("PUT", path, tenant.owner.key, json, ifMatch === undefined ? {} : { "If-Match": ifMatch });
  const tagOf = async (path: string) => (await service.get(path, tenant.owner.key)).headers.get("ETag") ?? "";
  return { tenant, body, put, tagOf, definition: definitionPath(tenant), policy: policyPath(tenant) };
}

/** What the audit log has of a workflow, by action. */
const changesOf = async ({ id }: TestTenant) =>
  (await service.database.sql`select action from audit_events where tenant_id = ${id} order by at`).map(
    (row) => row.action,
  );

describe("a change with If-Match", () => {
  it("replaces a definition that is as it was read, and answers the tag that it has now", async () => {
    const { put, body, definition, tagOf } = await prepare();
    const first = await tagOf(definition);
    const saved = await put(definition, body, first);
    expect([saved.status, saved.headers.get("ETag")]).toEqual([200, await tagOf(definition)]);
    expect((await put(definition, { ...body, name: "Sums" }, saved.headers.get("ETag") ?? "")).status).toBe(200);
  });

  it.each(["name", "secret", "pause", "policy"])("is refused with 412 after a change of the %s", async (what) => {
    const { tenant, put, body, definition, policy, tagOf } = await prepare();
    await put(definition, body);
    const seen = await tagOf(definition);
    const changes: Record<string, () => Promise<Response>> = {
      name: () => put(definition, { ...body, name: "Renamed" }),
      secret: () =>
        put(definition, { ...body, runner_config: { ...body.runner_config, webhook_secret: "another secret of it" } }),
      pause: () => service.send("POST", `${definition}/pause`, tenant.owner.key),
      policy: () => put(policy, { max_attempts: 5 }),
    };
    await changes[what]?.();
    const stored = async () =>
      service.database.sql`select * from workflow_definitions where id = ${tenant.definitionId}`;
    const before = await stored();
    const [refused, requests] = await service.counted(() => put(definition, { ...body, name: "Mine" }, seen));
    expect([refused.status, requests, await refused.json()]).toMatchObject([
      ...[412, 1],
      { status: 412, title: "Precondition failed", detail: expect.stringContaining("ETag") },
    ]);
    expect(await stored()).toEqual(before);
  });

  it("keeps what another one has set in the policy", async () => {
    const { tenant, put, policy, tagOf } = await prepare();
    const seen = await tagOf(policy);
    const attempts = await put(policy, { max_attempts: 5, input_schema: { type: "object" } }, seen);
    expect([attempts.status, attempts.headers.get("ETag")]).toEqual([200, await tagOf(policy)]);
    const [refused, requests] = await service.counted(() => put(policy, { lease_seconds: 60 }, seen));
    expect([refused.status, requests]).toEqual([412, 1]);
    const now = await (await service.get(policy, tenant.owner.key)).json();
    expect(now).toMatchObject({ max_attempts: 5, lease_seconds: 300 });
    expect(await changesOf(tenant)).toEqual(["workflow_definition.policy_replaced"]);
  });

  it("can be sent again when its answer was lost: what has its content already is 200, and stays as it is", async () => {
    const { tenant, put, body, definition, policy, tagOf } = await prepare();
    const seen = { definition: await tagOf(definition), policy: await tagOf(policy) };
    const content = { ...body, description: "Sums" };
    const schema = { max_attempts: 5, retry_on: ["LOST"], input_schema: { type: "object" } };
    const first = [await put(definition, content, seen.definition), await put(policy, schema, seen.policy)];
    const tags = [await tagOf(definition), await tagOf(policy)];
    const again = [await put(definition, content, seen.definition), await put(policy, schema, seen.policy)];
    expect([...first, ...again].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(again.map(({ headers }) => headers.get("ETag"))).toEqual(tags);
    expect(await changesOf(tenant)).toEqual(["workflow_definition.replaced", "workflow_definition.policy_replaced"]);
    const otherSecret = { ...body.runner_config, webhook_secret: "another secret of it" };
    const others: [string, object, string][] = [
      [definition, { ...content, runner_config: otherSecret }, seen.definition],
      [definition, { ...content, runner_config: null }, seen.definition],
      [definition, { ...content, output_path_part_ids: [tenant.outputsId] }, seen.definition],
      [policy, { ...schema, input_schema: { type: "array" } }, seen.policy],
      [policy, { ...schema, retry_on: [] }, seen.policy],
    ];
    for (const [path, json, tag] of others) expect((await put(path, json, tag)).status).toBe(412);
  });

  it.each([
    ["W/TAG", 200],
    ['"other", W/TAG', 200],
    ["*", 200],
    ["", 412],
    ['"other"', 412],
    ["other", 412],
  ])("compares %s with the tag, and W/ is ignored: %d", async (text, status) => {
    const { tenant, put, body, definition, policy, tagOf } = await prepare();
    for (const [path, json] of [
      [definition, body],
      [policy, { max_attempts: 5 }],
    ] as const) {
      expect((await put(path, json, text.replace("TAG", await tagOf(path)))).status).toBe(status);
    }
    const stranger = await createTenant(service.database);
    const hidden = await service.send("PUT", policyPath(tenant), stranger.owner.key, {}, { "If-Match": '"other"' });
    expect(hidden.status).toBe(404);
  });

  it("is made of what is there at that instant, however many send it at once", async () => {
    const { put, policy, tagOf, tenant } = await prepare();
    const seen = await tagOf(policy);
    const attempts = [2, 3, 4, 5, 6];
    const answers = await Promise.all(attempts.map((max_attempts) => put(policy, { max_attempts }, seen)));
    const won = attempts.filter((_, n) => answers[n]?.status === 200);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412, 412]);
    expect(await (await service.get(policy, tenant.owner.key)).json()).toMatchObject({ max_attempts: won[0] });
  });

  it("may come from pages of other origins, which read the tag", async () => {
    const { tenant, definition } = await prepare();
    const headers = { Origin: "https://app.test", "Access-Control-Request-Method": "PUT" };
    const allowed = await service.fetch(definition, { method: "OPTIONS", headers });
    const read = await service.get(definition, tenant.owner.key, headers);
    const namesOf = (list: string | null) => new Set(list?.toLowerCase().split(","));
    const [mayBeSent, mayBeRead] = [
      namesOf(allowed.headers.get("Access-Control-Allow-Headers")),
      namesOf(read.headers.get("Access-Control-Expose-Headers")),
    ];
    expect([mayBeSent.has("if-match"), mayBeRead.has("etag")]).toEqual([true, true]);
    // Streams that go on send this one, and no operation declares it.
    expect(mayBeSent.has("last-event-id")).toBe(true);
    const { paths } = await (await service.fetch("/openapi.json")).json<Documented>();
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ofCallers = operations.filter(({ security }) => security?.some((way) => "ApiKey" in way));
    const sent = ofCallers
      .flatMap(({ parameters = [] }) => parameters)
      .filter((parameter) => parameter.in === "header");
    const answered = ofCallers.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
    );
    expect([sent.length, answered.length, ofCallers.length].every((count) => count > 3)).toBe(true);
    expect(sent.map(({ name }) => name.toLowerCase()).filter((name) => !mayBeSent.has(name))).toEqual([]);
    expect(answered.map((name) => name.toLowerCase()).filter((name) => !mayBeRead.has(name))).toEqual([]);
  });
});
