/** Runners without a URL: they open a session and lease runs. */
import type { Service } from "./service.ts";
import type { TestTenant } from "./tenant.ts";

export type TestLease = {
  run_id: string;
  attempt: number;
  deadline_at: string;
  lease_expires_at: string;
  heartbeat_interval_seconds: number;
  input: unknown;
  callback_url: string;
  callback_token: string;
  run_snapshot: { workflow_definition_id: string };
};
export type Leases = { leases: TestLease[]; after: string | null };

type Question = { max?: number; wait_seconds?: number; after?: string | null; request_id?: string };

/**
 * Changes the policy of the tenant's definition, so that its runs are leased. `leaseSeconds` may be shorter than the API
 * allows.
 */
export async function useLeases(
  { database: { sql } }: Service,
  tenant: TestTenant,
  { leaseSeconds = 60, definitionId = tenant.definitionId }: { leaseSeconds?: number; definitionId?: string } = {},
): Promise<void> {
  await sql`
    update workflow_definitions set handover = 'lease', lease_seconds = ${leaseSeconds} where id = ${definitionId}`;
}

/** Opens a session for a new runner, by default with the OWNER's key. */
export async function startRunner(
  service: Service,
  tenant: TestTenant,
  options: { name?: string; capacity?: number; definitionIds?: string[]; tags?: string[]; key?: string } = {},
) {
  const { name = "Test", capacity = 1, definitionIds = null, tags, key = tenant.owner.key } = options;
  const body = { name, capacity, workflow_definition_ids: definitionIds, ...(tags && { tags }) };
  const opened = await service.send("POST", "/v1/runner-sessions", key, body);
  if (opened.status !== 201) throw new Error(`runner-sessions: ${opened.status} ${await opened.text()}`);
  const { id, token } = await opened.json<{ id: string; token: string }>();
  const ask = (question: Question = {}) =>
    service.send("POST", "/v1/leases", token, { request_id: crypto.randomUUID(), ...question });
  const post = (lease: TestLease, verb: string, said?: unknown) =>
    service.send("POST", `/v1/workflow-runs/${lease.run_id}/${verb}`, lease.callback_token, said);
  return {
    id,
    token,
    ask,
    async lease(question: Question = {}): Promise<Leases> {
      const response = await ask(question);
      if (response.status !== 200) throw new Error(`leases: ${response.status} ${await response.text()}`);
      return response.json<Leases>();
    },
    close: () => service.send("POST", "/v1/runner-sessions/close", token),
    heartbeat: (lease: TestLease, progress?: object, log?: object[]) =>
      post(lease, "heartbeat", (progress ?? log) && { progress, log }),
    release: (lease: TestLease) => post(lease, "release"),
    callBack: (lease: TestLease, result: unknown) => post(lease, "callback", result),
    log: (lease: TestLease, entry: unknown) => post(lease, "log", entry),
  };
}

/**
 * Inserts open sessions of the OWNER's key, the newest first, which were last seen so many seconds ago. Returns their ids, the oldest
 * first.
 */
export async function insertSessions(
  { database: { sql } }: Service,
  tenant: TestTenant,
  count: number,
  seenSecondsAgo = 0,
): Promise<string[]> {
  const rows = await sql`
    with session as (
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, last_seen_at, expires_at)
      select gen_random_uuid(), k.tenant_id, k.id, 'Runner ' || n, 1,
        statement_timestamp() - make_interval(secs => ${seenSecondsAgo}), statement_timestamp() + n * interval '100 milliseconds' + interval '1 hour'
      from api_keys k, generate_series(1, ${count}::int) n
      where k.user_id = ${tenant.owner.id} and k.revoked_at is null
      returning id, expires_at
    )
    select id from session order by expires_at`;
  return rows.map(({ id }) => String(id));
}

/** Backdates the lease of a run, so that it ended `seconds` ago. */
export async function passLease({ database: { sql } }: Service, runId: string, seconds = 1): Promise<void> {
  await sql`
    update running_attempts set lease_expires_at = date_trunc('milliseconds', statement_timestamp()) - make_interval(secs => ${seconds})
    where run_id = ${runId}`;
}
