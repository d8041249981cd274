/** A credential that ends while its statement waits for a lock counts as ended: the caller is judged by the clock after the wait. */
import type { NeonQueryPromise } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { holdTransaction } from "../support/held-transaction.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { addSignInSession } from "../support/sign-in-session.ts";
import { callerOf, callSqlFunction, type SqlAnswer } from "../support/sql-function.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);

type Statement = NeonQueryPromise<false, false>;

const lockDefinition = () => service.database.sql`
  select id from workflow_definitions where id = ${tenant.definitionId} for update`;

/** Calls a verb that waits for a lock, by default that of the definition, and meanwhile ends its credential. */
async function callWhile(
  end: Statement,
  name: string,
  args: Record<string, unknown>,
  lock = lockDefinition(),
): Promise<SqlAnswer> {
  const { database } = service;
  const { committed } = await holdTransaction(database, [lock], [end]);
  const [answer] = await Promise.all([callSqlFunction(database, name, args), committed]);
  return answer;
}

const NEW_RUN = () => ({ run_id: uuid(), idempotency_key: null, input: null, traceparent: null });
const endKey = () => service.database.sql`
  update api_keys set expires_at = date_trunc('milliseconds', clock_timestamp()) where user_id = ${tenant.owner.id}`;

it("an API key that expires while its invoke waits triggers nothing", async () => {
  const invoke = { ...(await callerOf(tenant.owner)), definition_id: tenant.definitionId, ...NEW_RUN() };
  expect(await callWhile(endKey(), "trigger_run", invoke)).toMatchObject({ refused: "unauthenticated" });
});

it("a session of the dashboard that ends while its invoke waits triggers nothing", async () => {
  const { sid, api_key_id } = await addSignInSession(service.database, tenant.owner.id);
  const claims = { user_id: tenant.owner.id, tenant_id: tenant.id, expires_at: 4_000_000_000, not_before: 0 };
  const invoke = {
    caller: { ...claims, sign_in_session_id: sid, api_key_id },
    ...{ definition_id: tenant.definitionId, ...NEW_RUN() },
  };
  const end = service.database.sql`
    update sign_in_sessions set ends_at = date_trunc('milliseconds', clock_timestamp()) where id = ${sid}`;
  expect(await callWhile(end, "trigger_run", invoke)).toMatchObject({ refused: "unauthenticated" });
});

it.each([
  ["whose key expires", endKey, "unauthenticated"],
  [
    "who becomes a USER",
    () => service.database.sql`update users set role = 'USER' where id = ${tenant.owner.id}`,
    "not_found",
  ],
])("an administrator %s while they wait to permit a workflow gives no permission", async (_, end, refused) => {
  const { sql } = service.database;
  const args = { definition_id: tenant.definitionId, user_id: tenant.user.id, max_permissions: 1_000 };
  const lock = sql`select id from users where id = ${tenant.user.id} for update`;
  const permit = { ...(await callerOf(tenant.owner)), ...args };
  expect(await callWhile(end(), "permit_workflow", permit, lock)).toMatchObject({ refused });
  expect(await sql`select from user_permissions where user_id = ${tenant.user.id}`).toEqual([]);
});

describe("a runner leases nothing when, while its request waits,", () => {
  const waitForKey = (userId: string) => service.database.sql`
    select pg_sleep_until(max(expires_at)) from api_keys where user_id = ${userId}`;

  it.each([
    ["its key expires", waitForKey],
    [
      "its key is revoked",
      (userId: string) => service.database.sql`
      update api_keys set revoked_at = date_trunc('milliseconds', clock_timestamp()) where user_id = ${userId}`,
    ],
    [
      "its user is deactivated",
      (userId: string) => service.database.sql`
      update users set deactivated_at = date_trunc('milliseconds', clock_timestamp()) where id = ${userId}`,
    ],
    [
      "its user is no administrator any more",
      (userId: string) => service.database.sql`
      update users set role = 'USER' where id = ${userId}`,
    ],
  ])("%s", async (_, end) => {
    await useLeases(service, tenant);
    await service.send("POST", `/v1/workflow-definitions/${tenant.definitionId}/invoke`, tenant.owner.key, {});
    await startRunner(service, tenant, { key: tenant.admin.key });
    // The session is read before the wait for the definition, so its key already has an end then.
    await service.database.sql`
      update api_keys set expires_at = clock_timestamp() + ${end === waitForKey ? "1 second" : "1 hour"}::interval
      where user_id = ${tenant.admin.id}`;
    const [session] = await service.database.sql`select id from runner_sessions where tenant_id = ${tenant.id}`;
    const lease = { session: { session_id: session?.id, tenant_id: tenant.id }, request_id: uuid(), max: 1 };
    expect(await callWhile(end(tenant.admin.id), "lease_runs", lease)).toMatchObject({ refused: "unauthenticated" });
    const runs = await service.database.sql`select status from workflow_runs where tenant_id = ${tenant.id}`;
    expect(runs).toEqual([{ status: "PENDING" }]);
  });
});

it("claims of the login service are judged by the clock, too, and not by the beginning of the statement", async () => {
  const [row] = await service.database.sql`
    with waited as materialized (select pg_sleep(0.02))
    select session_is_current(jsonb_build_object(
      'expires_at', extract(epoch from statement_timestamp()) - 30 + 0.01, 'not_before', 0)) as is_current
    from waited`;
  expect(row?.is_current).toBe(false);
});
