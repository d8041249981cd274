import { describe, expect, it } from "vitest";
import { AUDIT_ACTIONS } from "../../src/audit/actions.ts";
import { deleteOldAuditEvents } from "../../src/audit/audit-events.ts";
import { perform } from "../../src/verbs/perform.ts";
import { credentialFor, inSeconds, SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { findOperation } from "../support/document.ts";
import { type Call, callOf, OPERATION_IDS, OPERATIONS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { callerOf, callSqlFunction, SQL_FILES } from "../support/sql-function.ts";
import {
  addColleague,
  addDefinition,
  addEndpoint,
  addFolder,
  addRunning,
  addTrigger,
  createStage,
  definitionBody,
  invokeDefinition,
  triggerBody,
} from "../support/stage.ts";
import { WEBHOOK_SECRET } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

/** What each operation that changes something leaves in the audit log. */
const AUDITED: Record<string, string> = {
  create_workflow_definition: "workflow_definition.created",
  update_workflow_definition: "workflow_definition.replaced",
  pause_workflow_definition: "workflow_definition.paused",
  resume_workflow_definition: "workflow_definition.resumed",
  update_workflow_definition_policy: "workflow_definition.policy_replaced",
  delete_workflow_definition: "workflow_definition.deleted",
  create_trigger: "trigger.created",
  update_trigger: "trigger.replaced",
  pause_trigger: "trigger.paused",
  resume_trigger: "trigger.resumed",
  rotate_trigger_secret: "trigger.secret_rotated",
  fire_trigger: "trigger.fired",
  delete_trigger: "trigger.deleted",
  stop_workflow_run: "workflow_run.stopped",
  retry_workflow_run: "workflow_run.retried",
  answer_wait: "workflow_run.answered",
  delete_workflow_run: "workflow_run.deleted",
  change_workflow_runs: "workflow_run.stopped",
  create_path_part: "path_part.created",
  update_path_part: "path_part.changed",
  delete_path_part: "path_part.deleted",
  create_folder: "path_part.created",
  update_folder: "path_part.changed",
  delete_folder: "path_part.deleted",
  create_tenant_user: "user.created",
  update_tenant_user: "user.role_changed",
  delete_tenant_user: "user.deleted",
  deactivate_tenant_user: "user.deactivated",
  activate_tenant_user: "user.activated",
  create_user_permission: "user.permission_given",
  update_user_permission: "user.permission_changed",
  delete_user_permission: "user.permission_revoked",
  create_invite: "invite.created",
  accept_invite: "invite.accepted",
  delete_invite: "invite.withdrawn",
  create_api_key: "api_key.created",
  create_runner_key: "api_key.created",
  create_user_api_key: "api_key.created",
  delete_api_key: "api_key.revoked",
  create_command_line_key: "api_key.created",
  end_sign_in_session: "user.signed_out",
  end_sign_in_sessions: "user.signed_out",
  create_notification_endpoint: "notification_endpoint.created",
  update_notification_endpoint: "notification_endpoint.changed",
  delete_notification_endpoint: "notification_endpoint.deleted",
  rotate_notification_secret: "notification_endpoint.secret_rotated",
  test_notification_endpoint: "notification_endpoint.tested",
  resend_notification_delivery: "notification_endpoint.notification_resent",
};

/** The other changes are the life of a run, or that of a runner: the events of runs and the firings of triggers say who. */
const LIFE_OF_RUNS = [
  ...["invoke_workflow", "invoke_workflow_batch", "signal_workflow", "trigger_child_runs"],
  ...["start_workflow_run_now", "prioritize_workflow_run"],
  ...[
    // With `dry_run`, as it is called here, it only reads: test/triggers/backfill.test.ts.
    "backfill_trigger",
    "receive_webhook",
    "receive_webhook_by_token",
    "workflow_run_callback",
    "append_workflow_run_log",
    "put_workflow_run_artifact",
  ],
  ...["create_runner_session", "close_runner_session", "create_leases"],
  ...["heartbeat_workflow_run", "release_workflow_run", "suspend_workflow_run", "keep_checkpoint"],
];

/** Those of {@link AUDITED} that do something each time that they are called. */
const ACTS_AGAIN = new Set([
  ...["create_workflow_definition", "create_trigger", "create_invite", "create_api_key", "create_runner_key"],
  "create_user_api_key",
  ...[
    "create_notification_endpoint",
    "rotate_notification_secret",
    "rotate_trigger_secret",
    "test_notification_endpoint",
  ],
  "fire_trigger",
  // It gives the workflow its secret again, and nobody can tell whether that is the same one.
  ...["update_workflow_definition", "resend_notification_delivery"],
]);

const CHANGES = OPERATION_IDS.filter((id) => findOperation(id).method !== "GET");

const service = await startService({ settings: SESSION_SETTINGS });
const [stage, other] = await Promise.all([createStage(service, "audit"), createStage(service, "beside")]);

type Row = Record<string, unknown>;

/** The rows that one call has left, whoever it belongs to. */
async function rowsOf(response: Response): Promise<Row[]> {
  return service.database.sql`select * from audit_events where request_id = ${response.headers.get("X-Request-Id")}`;
}

const send = (call: Call, token: string) => service.fetch(call.path, requestOf(call, token));

/** Sends a change as the OWNER, and returns its one row. */
async function rowOf(method: Call["method"], path: string, body?: unknown): Promise<Row> {
  const response = await send({ method, path, body }, stage.tenant.owner.key);
  expect([response.status < 300, await response.clone().text()]).toEqual([true, expect.anything()]);
  const rows = await rowsOf(response);
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

type Page = { items: Record<string, unknown>[]; next_cursor: string | null };

async function list(query: string, key = stage.tenant.owner.key): Promise<Page> {
  const response = await service.get(`/v1/audit-events?${query}`, key);
  expect(response.status).toBe(200);
  return response.json();
}

describe("the audit log", () => {
  it("has an action for each change of the API, or a reason for none", () => {
    expect(CHANGES.toSorted()).toEqual([...Object.keys(AUDITED), ...LIFE_OF_RUNS].sort());
  });

  it("has the actions with which verbs write, and no others", () => {
    const text = Object.values(SQL_FILES).join("\n");
    const called = [...text.matchAll(/perform public\.audit_(?:change|act)\(([^;]*);/g)].map(([, given = ""]) => given);
    const names = called.flatMap((given) => [...given.matchAll(/'([a-z_]+\.[a-z_]*)'/g)].map(([, name = ""]) => name));
    // The change of many runs adds the name of what happened.
    expect([...new Set(names)].filter((name) => name !== "workflow_run.").sort()).toEqual(AUDIT_ACTIONS.toSorted());
  });

  it.each(CHANGES)("%s leaves exactly one row or none, and none when it is refused or sent again", async (id) => {
    const call = await callOf(id, stage);
    // What is resumed has to be paused first.
    if (id.startsWith("resume_"))
      await send({ method: "POST", path: `${call.path.slice(0, -"resume".length)}pause` }, stage.tenant.owner.key);
    const action = AUDITED[id];
    const { answers } = OPERATIONS[id] ?? {};
    if (typeof answers !== "string") {
      const refused = await send(call, stage.bare.key);
      if (refused.status >= 400) expect([refused.status, await rowsOf(refused)]).toEqual([answers?.[0], []]);
    }
    const token = await credentialFor(stage.tenant, call);
    const response = await send(call, token);
    expect(response.status).toBeLessThan(300);
    const rows = await rowsOf(response);
    expect(rows.map((row) => row.action)).toEqual(action === undefined ? [] : [action]);
    if (action === undefined) return;
    expect(rows[0]).toMatchObject({ tenant_id: stage.tenant.id, object_kind: action.split(".")[0] });
    expect(rows[0]?.actor_name).not.toBeNull();
    if (!ACTS_AGAIN.has(id)) expect(await rowsOf(await send(call, token))).toEqual([]);
  });

  it("says who it was: the user, and their key, session or login", async () => {
    const path = async () => `/v1/workflow-definitions/${await addDefinition(stage)}/pause`;
    const byKey = await rowOf("POST", await path());
    expect(byKey).toMatchObject({
      actor_id: stage.tenant.owner.id,
      credential_kind: "api_key",
      credential_name: "audit",
    });
    const session = await sessionToken(stage, stage.tenant.admin.id);
    const [bySession] = await rowsOf(await send({ method: "POST", path: await path() }, session));
    expect(bySession).toMatchObject({ actor_id: stage.tenant.admin.id, credential_kind: "session_token" });
  });

  it("has the acts that only pages have: shared workflows, accepted links, and logins that are tied and untied", async () => {
    const { sql } = service.database;
    const { tenant, colleague } = stage;
    const rows = async (name: string, args: Record<string, unknown>) => {
      const [last] = await sql`select max(at) as at from audit_events where tenant_id = ${tenant.id}`;
      const caller = "account" in args || "secret_hash" in args ? {} : await callerOf(tenant.owner);
      const answer = await callSqlFunction(service.database, name, { ...caller, ...args });
      expect(answer).not.toHaveProperty("refused");
      return sql`select * from audit_events where tenant_id = ${tenant.id} and at > ${last?.at}`;
    };
    const share = { definition_id: await addDefinition(stage), user_id: colleague.id, max_permissions: 50 };
    expect(await rows("permit_workflow", share)).toMatchObject([
      {
        action: "workflow_definition.shared",
        object_id: share.definition_id,
        about_id: colleague.id,
        detail: { given: 4 },
      },
    ]);
    expect(await rows("permit_workflow", share)).toEqual([]);

    const account = (more: object) =>
      JSON.stringify({
        iss: "https://login.test",
        sub: crypto.randomUUID(),
        email: null,
        not_before: 0,
        expires_at: inSeconds(60),
        ...more,
      });
    const invite = async () => {
      const id = crypto.randomUUID();
      await sql`
        insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
        values (${id}, ${tenant.id}, ${`${id}@test.example`}, 'USER', decode('00' || repeat('00', 31), 'hex'), 'infinity')`;
      return {
        invite_id: id,
        secret_hash: "00".repeat(32),
        user_id: crypto.randomUUID(),
        session_seconds: 60,
        session_id: crypto.randomUUID(),
      };
    };
    const byLink = await invite();
    const key = { key_id: crypto.randomUUID(), key_hash: "ab".repeat(32), key_suffix: "abcd" };
    expect(await rows("redeem_invite", { ...byLink, ...key })).toMatchObject([
      { action: "invite.accepted", object_id: byLink.invite_id, actor_id: byLink.user_id, credential_kind: "invite" },
    ]);
    const byLogin = { ...(await invite()), login_id: crypto.randomUUID(), account: account({}) };
    expect(await rows("redeem_invite_by_login", byLogin)).toMatchObject([
      { action: "invite.accepted", actor_id: byLogin.user_id, credential_kind: "login", credential_name: "login.test" },
    ]);
    await sql`update users set email = 'tied@test.example' where id = ${colleague.id}`;
    const signIn = {
      account: account({ email: "tied@test.example" }),
      session_seconds: 60,
      session_id: crypto.randomUUID(),
    };
    expect(await rows("sign_in_by_login", signIn)).toMatchObject([
      {
        action: "user.login_tied",
        object_id: colleague.id,
        actor_id: colleague.id,
        after: { login_host: "login.test" },
      },
    ]);
    expect(await rows("sign_in_by_login", signIn)).toEqual([]);
    const untie = { tenant_id: tenant.id, user_id: colleague.id };
    expect(await rows("untie_login", untie)).toMatchObject([
      { action: "user.login_untied", actor_id: tenant.owner.id, before: { login_host: "login.test" }, after: {} },
    ]);
    expect(await rows("untie_login", untie)).toEqual([]);
  });

  it("shows the named columns that have changed, and of secrets and addresses only that they have", async () => {
    const id = await addDefinition(stage);
    const runner_config = { url: `http://127.0.0.1:9/${WEBHOOK_SECRET}`, webhook_secret: "another secret of 32 bytes" };
    const body = { ...definitionBody(stage), name: "Renamed", description: "x".repeat(600), runner_config };
    const row = await rowOf("PUT", `/v1/workflow-definitions/${id}`, body);
    expect(row).toMatchObject({
      before: { name: expect.any(String), description: "audit" },
      after: { name: "Renamed", description: `${"x".repeat(499)}…` },
      hidden: ["runner_url", "webhook_secret"],
      object_name: "Renamed",
    });
    expect(Object.keys(row.after ?? {}).sort()).toEqual(["description", "name"]);
    expect(JSON.stringify(row)).not.toContain(WEBHOOK_SECRET);
  });

  it("names the fields of free JSON that have changed, and not their values", async () => {
    const id = await addTrigger(stage);
    const body = { ...triggerBody(stage), name: "Daily", input: { customer: 4711 }, labels: { customer: "4711" } };
    const row = await rowOf("PUT", `/v1/triggers/${id}`, body);
    expect(row).toMatchObject({
      after: { name: "Daily" },
      hidden: ["input.customer", "input.mark", "labels.customer"],
    });
    expect(row).toMatchObject({ about_kind: "workflow_definition" });
    expect(JSON.stringify(row)).not.toContain("4711");
  });

  it("keeps names of fields only when what it would show is larger than 16 KiB", async () => {
    const { sql } = service.database;
    const before = { shown: { text: "a".repeat(17_000) }, object: { kind: "path_part", id: crypto.randomUUID() } };
    const context = { caller: { user_id: stage.tenant.owner.id }, request_id: "large" };
    await sql`select public.audit_change(${JSON.stringify(context)}::jsonb, ${stage.tenant.id}, 'path_part.deleted', 'path_part',
      gen_random_uuid(), ${JSON.stringify(before)}::jsonb)`;
    expect(await sql`select before, after, hidden from audit_events where request_id = 'large'`).toEqual([
      { before: null, after: null, hidden: ["text"] },
    ]);
  });

  it("has one row for runs that were stopped together: how many, and the first 100", async () => {
    const { runId, definitionId } = await addRunning(stage);
    for (let more = 0; more < 3; more++) await invokeDefinition(stage, definitionId);
    const body = { action: "stop", filter: { workflow_definition_id: definitionId } };
    const row = await rowOf("POST", "/v1/workflow-runs/bulk", body);
    expect(row).toMatchObject({ action: "workflow_run.stopped", object_id: null, about_id: definitionId });
    expect(row.detail).toMatchObject({ count: 5 });
    expect((row.detail as { run_ids: string[] }).run_ids).toContain(runId);
    const again = await send({ method: "POST", path: "/v1/workflow-runs/bulk", body }, stage.tenant.owner.key);
    expect(await rowsOf(again)).toEqual([]);
    const { runId: running } = await addRunning(stage);
    const stop = { method: "POST" as const, path: `/v1/workflow-runs/${running}/stop`, body: { reason: "Wrong file" } };
    expect((await rowOf(stop.method, stop.path, stop.body)).detail).toEqual({ reason: "Wrong file" });
  });

  it("shows a permission with its user, and about the workflow or the folder that it is for", async () => {
    const folder = await addFolder(stage);
    const userId = await addColleague(stage);
    const body = {
      tenant_id: stage.tenant.id,
      user_id: userId,
      path_part_id: folder,
      capability: "READ_ONLY",
    };
    const row = await rowOf("POST", "/v1/user-permissions", body);
    expect(row).toMatchObject({ object_id: userId, about_kind: "path_part", about_id: folder });
    const { items } = await list(`object_id=${folder}`);
    expect(items).toMatchObject([{ action: "user.permission_given", object: { kind: "user", id: userId } }]);
  });

  it("is read in pages by actor, object, action and time", async () => {
    const id = await addDefinition(stage);
    const one = `/v1/workflow-definitions/${id}`;
    const { key } = stage.tenant.admin;
    for (const verb of ["pause", "resume", "pause"]) {
      expect((await send({ method: "POST", path: `${one}/${verb}` }, key)).status).toBe(204);
    }
    const first = await list(`object_id=${id}&limit=2`);
    expect(first.items.map(({ action }) => action)).toEqual([
      "workflow_definition.paused",
      "workflow_definition.resumed",
    ]);
    const second = await list(`object_id=${id}&limit=2&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({
      items: [{ action: "workflow_definition.paused" }, { action: "workflow_definition.created" }],
      next_cursor: null,
    });
    const paused = await list(`object_id=${id}&action=workflow_definition.paused&actor_id=${stage.tenant.admin.id}`);
    expect(paused.items).toHaveLength(2);
    expect((await list(`object_id=${id}&actor_id=${stage.tenant.owner.id}`)).items).toHaveLength(1);
    const ofAction = (await list("action=workflow_definition.paused&limit=1")).items;
    expect(ofAction).toMatchObject([{ object: { id } }]);
    const [newest, ...older] = [...first.items, ...second.items];
    const ids = async (query: string) => (await list(`object_id=${id}&${query}`)).items.map((item) => item.id);
    const before = [...older].filter(({ at }) => String(at) < String(newest?.at)).map((item) => item.id);
    expect(await ids(`until=${newest?.at}`)).toEqual(before);
    expect(await ids(`since=${newest?.at}`)).toContain(newest?.id);
    expect(await ids("since=2999-01-01T00:00:00Z")).toEqual([]);
    expect((await service.get("/v1/audit-events?action=nothing", key)).status).toBe(422);
  });

  it("goes on after a page in which no row has all filters", async () => {
    const { sql } = service.database;
    const tenant = (await createStage(service, "many")).tenant;
    await sql`
      insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
      select gen_random_uuid(), ${tenant.id}, statement_timestamp() - n * interval '1 minute', ${tenant.owner.id}, 'api_key',
        case when n = 600 then 'user.deleted' else 'user.created' end, 'user', '{}'
      from generate_series(1, 600) n`;
    const query = `actor_id=${tenant.owner.id}&action=user.deleted`;
    const first = await list(query, tenant.owner.key);
    expect(first.items).toEqual([]);
    const second = await list(`${query}&cursor=${first.next_cursor}`, tenant.owner.key);
    expect(second).toMatchObject({ items: [{ action: "user.deleted" }], next_cursor: null });
  });

  it("is answered as JSON Lines, with a link to the next page", async () => {
    const { key } = stage.tenant.owner;
    const response = await service.get("/v1/audit-events?limit=2", key, { Accept: "application/jsonl" });
    expect(response.headers.get("Content-Type")).toBe("application/jsonl");
    const lines = (await response.text()).trimEnd().split("\n");
    const page = await list("limit=2");
    expect(lines.map((line) => JSON.parse(line))).toEqual(page.items);
    const cursor = encodeURIComponent(String(page.next_cursor));
    expect(response.headers.get("Link")).toBe(`</v1/audit-events?limit=2&cursor=${cursor}>; rel="next"`);
  });

  it("is not for a USER, and shows another tenant nothing", async () => {
    expect((await service.get("/v1/audit-events", stage.writer.key)).status).toBe(403);
    await addEndpoint(stage);
    expect(await list("limit=100", other.tenant.owner.key)).toEqual({ items: [], next_cursor: null });
    expect((await list(`actor_id=${stage.tenant.owner.id}`, other.tenant.owner.key)).items).toEqual([]);
  });

  it("is removed by age only, and never when it is younger than 90 days", async () => {
    const { sql } = service.database;
    const { tenant } = await createStage(service, "old");
    await sql`
      insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
      select gen_random_uuid(), ${tenant.id}, statement_timestamp() - days * interval '1 day', ${tenant.owner.id}, 'api_key',
        'user.created', 'user', '{}'
      from unnest(array[1, 89, 91, 364, 366, 400]) days`;
    const kept = async () => (await list("limit=100", tenant.owner.key)).items.length;
    await service.sweep();
    expect(await kept()).toBe(4);
    const remove = (days: number, limit: number) =>
      perform(verbServices(service), deleteOldAuditEvents, { days, limit }).then(({ result }) => result.deleted);
    expect(await remove(0, 1)).toBe(1);
    expect(await kept()).toBe(3);
    expect(await remove(-1000, 100)).toBe(1);
    expect(await remove(0, 100)).toBe(0);
    expect(await kept()).toBe(2);
  });

  it("works with a role of the Worker that can neither change nor delete its rows: docs/operations.md", async () => {
    const { sql } = service.database;
    const role = `worker_${crypto.randomUUID().replaceAll("-", "_")}`;
    for (const statement of [
      `create role ${role}`,
      `grant select, insert, update, delete on all tables in schema public to ${role}`,
      `grant usage, select, update on all sequences in schema public to ${role}`,
      `revoke update, delete, truncate on audit_events from ${role}`,
    ]) {
      await sql.query(statement);
    }
    const as = async (statement: string, values: unknown[] = []) => {
      const [, rows] = await sql.transaction([sql.query(`set local role ${role}`), sql.query(statement, values)]);
      return rows?.[0]?.answer;
    };
    try {
      const { caller } = await callerOf(stage.tenant.owner);
      const context = JSON.stringify({ caller, request_id: role, slack_seconds: 0, sends: false });
      const pause = "select public.change_definition_activity($1::jsonb, $2, false) as answer";
      expect(await as(pause, [context, await addDefinition(stage)])).toMatchObject({ result: {} });
      expect(await sql`select action from audit_events where request_id = ${role}`).toHaveLength(1);
      expect(await as("select public.remove_audit_events(90, 1000) as answer")).toBe(0);
      for (const statement of [
        "update audit_events set action = ''",
        "delete from audit_events",
        "truncate audit_events",
      ]) {
        await expect(as(statement)).rejects.toThrow("permission denied for table audit_events");
      }
    } finally {
      await sql.query(`drop owned by ${role}`);
      await sql.query(`drop role ${role}`);
    }
  });
});
