/** A call of each verb that locks rows, about the same rows: for the test that lets each run beside each. */
import { v7 as uuid } from "uuid";
import { challengeOf, hashCode } from "../../src/people/sign-ins/command-line-verbs.ts";
import { VERIFIER } from "../support/sign-in-session.ts";
import { callerOf } from "../support/sql-function.ts";
import type { LockingWorld } from "./locking-world.ts";

/** The calls, by the name of the verb; what comes after a blank says which of several calls it is. */
export type LockingCalls = Record<string, { proof?: object; args: Record<string, unknown> }>;

/** Verbs that lock no row that another call could hold, each with the reason. */
export const LOCKS_NOTHING: Record<string, string> = {
  create_tenant: "it only inserts rows, of a new tenant",
  count_metrics: "it locks a row of its own, and no other verb does",
};

const UUID = { sql: "gen_random_uuid()" };
/** A new SHA-256 in hex. */
const HASH = { sql: "encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex')" };
const json = (value: unknown) => JSON.stringify(value);

/** The calls about the rows of a tenant. */
export async function lockingCalls(world: LockingWorld): Promise<LockingCalls> {
  const {
    mark,
    stage,
    tenant,
    colleague,
    admin,
    definitionId,
    idle,
    run,
    other,
    sent,
    waiting,
    delayed,
    suspended,
    signal,
    failed,
  } = world;
  const { artifact, leased, session, parts, permission, key, signedIn, code, grant, login, invites, triggers } = world;
  const { endpoint, chat, notification, dueFiringIds } = world;
  const owner = await callerOf(tenant.owner);
  const ofAdmin = await callerOf(admin);
  const session_ = { user_id: admin.id, tenant_id: tenant.id, expires_at: Date.now() / 1000 + 86_400, not_before: 0 };
  const signedInAs = (sid: string, more: object) => ({ caller: { ...session_, sign_in_session_id: sid, ...more } });
  const ofSession = signedInAs(signedIn.sid, { api_key_id: key?.id });
  const ofLogin = signedInAs(login.session, { login_id: login.id });
  const account = json({
    iss: login.iss,
    sub: uuid(),
    email: `${colleague.id}@test.example`,
    expires_at: 4e9,
    not_before: 0,
  });
  const attempt = { run: { run_id: run, tenant_id: tenant.id, attempt: 1 } };
  const ofRunner = { session: { session_id: session, tenant_id: tenant.id } };
  const dispatched = (id: string) => ({ run_id: id, tenant_id: tenant.id, attempt: 1 });
  const accepted = (...ids: string[]) => json(ids.map((id) => ({ ...dispatched(id), status: 202 })));
  const definition = { definition_id: definitionId };
  const ofTenant = { tenant_id: tenant.id };
  const content = json({
    ...{ name: mark, description: null, runner_type: "SELF_HOSTED", runner_url: null, webhook_secret_encrypted: null },
    ...{
      max_run_duration_seconds: 300,
      source_path_part_ids: [parts.a],
      instruction_path_part_ids: [tenant.instructionsId],
    },
    ...{ output_path_part_ids: [tenant.outputsId], template_path_part_id: null, is_active: true },
  });
  const trigger = { trigger_id: triggers.schedule };
  const firing = () => ({ at: "2020-01-01T00:00:00.000Z", firing_id: uuid(), run_id: uuid() });
  const plan = json({ from: "2020-01-01T00:00:00Z", instants: [], is_complete: true });
  const triggerContent = json({ name: mark, kind: "schedule", config: {}, is_active: true });
  const by = (proof: object, args: Record<string, unknown> = {}) => ({ proof, args });
  const at = (args: Record<string, unknown> = {}) => ({ args });
  const user = (id: string, more: object = {}) => by(owner, { ...ofTenant, user_id: id, ...more });
  const many = (action: string) =>
    by(owner, { action, run_ids: [waiting, other, run, failed, leased.runId], statuses: null, is_dry_run: false });

  return {
    abandon_artifact: by(attempt, { artifact_id: artifact }),
    claim_artifact_deletions: at({ days: 7, limit: 10 }),
    commit_artifact: by(attempt, { artifact_id: artifact }),
    record_artifact_deletions: at({ keys: [mark] }),
    reserve_artifact: by(attempt, {
      ...{ artifact_id: UUID, name: "a.txt", content_type: "text/plain", bytes: 1, sha256: null },
    }),
    delete_old_audit_events: at({ days: 90, limit: 10 }),
    create_path_part: by(owner, {
      ...{ part_id: UUID, name: "new", part_type: "FOLDER", parent_id: parts.a, max_path_bytes: 2048 },
    }),
    delete_path_part: by(owner, { part_id: parts.a, part_type: null, most_named: 5 }),
    move_path_part: by(owner, {
      ...{ part_id: parts.a, part_type: null, name: "d", is_put: false, parent_id: parts.c, max_path_bytes: 2048 },
    }),
    change_notification_endpoint: by(owner, {
      ...{ endpoint_id: endpoint, changes: '{"description": "x"}', secret_encrypted: null },
    }),
    claim_notifications: at({ endpoint_id: endpoint, limit: 10 }),
    "claim_notifications (of a chat)": at({ endpoint_id: chat, limit: 10 }),
    create_notification_endpoint: by(owner, {
      endpoint_id: UUID,
      content: json({
        url: "https://hook.example",
        event_types: [],
        workflow_definition_ids: null,
        secret_encrypted: "x",
      }),
    }),
    delete_notification_endpoint: by(owner, { endpoint_id: endpoint }),
    delete_old_notifications: at({ limit: 10 }),
    record_notifications: at({
      ...{ endpoint_id: endpoint, url: "https://hook.example", is_probe: false, is_asked: false },
      results: json([
        { id: notification, try_count: 0, outcome: "gone", status: 410, duration_ms: 1, reason: "Gone." },
      ]),
    }),
    resend_delivery: by(owner, { endpoint_id: endpoint, delivery_id: notification }),
    rotate_notification_secret: by(owner, { endpoint_id: endpoint, secret_encrypted: "y" }),
    send_test_notification: by(owner, { endpoint_id: endpoint, delivery_id: UUID }),
    accept_invite: by(
      { caller: { ...session_, user_id: uuid(), verified_email: `${mark}1@test.example` } },
      { invite_id: invites[0] },
    ),
    agree_to_agent: by(ofSession, {
      ...{ grant_id: UUID, client_name: "Test", redirect_host: "127.0.0.1", scopes: ["read"], seconds: 60, most: 50 },
    }),
    agree_to_command_line: by(ofSession, {
      ...{ code_hash: HASH, code_challenge: "a".repeat(43), key_name: "Test", seconds: 60 },
    }),
    change_user_activation: user(admin.id, { is_active: false }),
    change_user_permission: by(owner, {
      ...{ ...ofTenant, permission_id: permission, path_part_id: parts.c, capability: "READ_WRITE" },
    }),
    change_user_role: user(admin.id, { role: "OWNER" }),
    create_api_key: by(ofAdmin, {
      ...{ api_key_id: UUID, name: "Test", key_hash: HASH, key_suffix: "test", expires_at: null, kind: "USER" },
      ...{ definition_ids: null, max_keys: 1000 },
    }),
    create_api_key_by_code: at({
      ...{ code_hash: await hashCode(code), code_challenge: await challengeOf(VERIFIER), api_key_id: UUID },
      ...{ key_hash: HASH, key_suffix: "test", max_keys: 1000 },
    }),
    create_invite: by(owner, {
      ...{ ...ofTenant, invite_id: UUID, email: `${mark}2@test.example`, role: "USER", secret_hash: HASH, days: 7 },
    }),
    create_user: by(owner, {
      ...{
        ...ofTenant,
        user_id: UUID,
        email: `${mark}1@test.example`,
        first_name: null,
        last_name: null,
        role: "USER",
      },
    }),
    create_user_permission: user(colleague.id, {
      ...{ permission_id: UUID, path_part_id: parts.c, capability: "READ_ONLY", max_permissions: 1000 },
    }),
    "delete_user (an ADMIN)": user(admin.id),
    "delete_user (a USER)": user(colleague.id),
    end_agent_grant: by(owner, { grant_id: grant }),
    end_sign_in_session: by(owner, { session_id: signedIn.sid }),
    end_sign_in_sessions: by(owner, { user_id: admin.id }),
    enter_tenant: by(ofLogin, { tenant_id: tenant.id, session_id: UUID }),
    note_uses: at({
      ...{ key_hashes: [key?.hash], runner_session_ids: [session] },
      session_ids: [signedIn.sid, login.session],
    }),
    renew_agent_grant: at({ grant_id: grant, generation: 1, seconds: 60, idle_days: 90 }),
    redeem_invite: at({
      ...{ invite_id: invites[1], secret_hash: SECRET_HASH, user_id: UUID, key_id: UUID, key_hash: HASH },
      ...{ key_suffix: "test", session_seconds: 60, session_id: UUID },
    }),
    redeem_invite_by_login: at({
      ...{ invite_id: invites[1], secret_hash: SECRET_HASH, account, user_id: UUID, login_id: UUID },
      ...{ session_seconds: 60, session_id: UUID },
    }),
    revoke_api_key: by(owner, { api_key_id: key?.id }),
    revoke_user_permission: by(owner, { ...ofTenant, permission_id: permission }),
    set_limits: at({ ...ofTenant, limits: "large" }),
    sign_in_by_key: by(ofAdmin, { session_id: UUID, session_seconds: 60 }),
    sign_in_by_login: at({ account, session_seconds: 60, session_id: UUID }),
    untie_login: user(admin.id),
    withdraw_invite: by(owner, { invite_id: invites[0] }),
    claim_dispatches: at({ tenant_id: null, limit: 10, quick: [], busy: [] }),
    claim_stop_dispatches: at({ tenant_id: null, limit: 10 }),
    close_runner_session: by(ofRunner),
    give_up_dispatch: at({ ...dispatched(sent), reason: "No.", pause: true, runner_url: stage.runnerUrl }),
    lease_runs: by(ofRunner, { request_id: UUID, max: 10 }),
    open_runner_session: by(ofAdmin, {
      ...{ session_id: UUID, name: "Test", definition_ids: null, capacity: 1, silent_ids: null, silent_at: null },
    }),
    postpone_runner: at({ ...ofTenant, runner: `${tenant.id} ${new URL(stage.runnerUrl).origin}`, reason: "Slow." }),
    "record_acceptances (several)": at({ acceptances: accepted(sent, other, run) }),
    "record_acceptances (one)": at({ acceptances: accepted(run) }),
    record_heartbeat: by(attempt, { progress: '{"percent": 1}', log: '[{"sequence": 2, "text": "a"}]' }),
    record_postponement: at({ ...dispatched(run), reason: "Busy.", retry_after_seconds: 1 }),
    record_stop_dispatch: at({
      ...dispatched(run),
      ends_at: "2100-01-01",
      status: 202,
      reason: null,
      is_retried: false,
    }),
    release_run: by(attempt),
    keep_checkpoint: by(attempt, { key: "k", value: "1" }),
    // One that nobody has asked to stop.
    suspend_run: by(
      { run: dispatched(sent) },
      {
        suspension: json({ waits: [{ key: "k", kind: "timer", seconds: 60 }], on_timeout: "fail" }),
      },
    ),
    trigger_children: by(
      { run: dispatched(sent) },
      {
        run_ids: { sql: "array[gen_random_uuid(), gen_random_uuid()]" },
        children: json([definitionId, idle].map((workflow_definition_id) => ({ workflow_definition_id, key: uuid() }))),
        traceparent: null,
      },
    ),
    answer_wait: by(owner, { run_id: suspended, key: "approve", value: "yes" }),
    signal_workflow: by(owner, {
      ...{ definition_id: definitionId, signal: json({ ...signal, id: UUID }), payload: "1" },
    }),
    append_log: by(attempt, { sequence: 1, text: "a" }),
    "change_runs (stop)": many("stop"),
    "change_runs (retry)": many("retry"),
    "change_runs (delete)": many("delete"),
    delete_old_runs: at({ days: 7, limit: 10 }),
    delete_run: by(owner, { run_id: failed }),
    finish_deletions: at({ limit: 10 }),
    prioritize_run: by(owner, { run_id: delayed, priority: 9 }),
    promote_waiting_runs: at({ limit: 10 }),
    record_result: by(attempt, { status: "COMPLETED", error: null, output: null, summary: null, artifacts: null }),
    retry_run: by(owner, { run_id: failed }),
    run_again: by(owner, { run_id: run, new_run_id: UUID }),
    start_run_now: by(owner, { run_id: delayed }),
    stop_run: by(owner, { run_id: run, reason: null, grace_seconds: 0 }),
    sum_ends: at({ limit: 10 }),
    sweep_tenant: at({ ...ofTenant, limit: 10 }),
    time_out_overdue_runs: at({ limit: 10, in_turn: true }),
    trigger_batch: by(owner, {
      ...{ ...definition, batch_id: UUID, idempotency_key: null, run_ids: { sql: "array[gen_random_uuid()]" } },
      ...{ runs: "[{}]", traceparent: null },
    }),
    trigger_run: by(owner, { ...definition, run_id: UUID, idempotency_key: null, input: null, traceparent: null }),
    backfill_trigger: by(owner, { ...trigger, version: 1, firings: json([firing()]) }),
    create_trigger: by(owner, { ...definition, trigger_id: UUID, content: triggerContent, input: null, plan }),
    set_aside_failures: at({
      step: "old_runs",
      failures: json([{ row_id: failed, ...ofTenant, sqlstate: "40P01", message: "deadlock detected" }]),
    }),
    delete_old_firings: at({ days: 7, limit: 10 }),
    delete_trigger: by(owner, trigger),
    fire_due: at({
      decisions: json([{ ...trigger, version: 1, missed: [], fire: [firing()], after_at: "2020-01-01T00:00:00Z" }]),
      due: json(dueFiringIds.map((id) => ({ due_firing_id: id, firing_id: uuid(), run_id: uuid() }))),
    }),
    fire_trigger: by(owner, { ...trigger, firing_id: UUID, run_id: UUID }),
    pause_trigger: by(owner, { ...trigger, note: null }),
    receive_webhook: by(
      { webhook: { trigger_id: triggers.webhook, version: 1 } },
      { message: json({ firing_id: uuid(), run_id: uuid(), occasion: "1", refused: null }), input: null },
    ),
    replace_trigger: by(owner, { ...trigger, content: triggerContent, input: null, plan }),
    resume_trigger: by(owner, { ...trigger, catches_up: false }),
    rotate_trigger_secret: by(owner, {
      ...{ trigger_id: triggers.webhook, secret_encrypted: "y", is_given: true, is_standard: false },
    }),
    change_definition_activity: by(owner, { ...definition, is_active: false }),
    create_definition: by(owner, { definition_id: UUID, node_id: UUID, content }),
    mark_failure_seen: by(owner, { ...definition, failure_code: "LOST", fingerprint: "v1 x", note: "" }),
    delete_definition: by(owner, { definition_id: idle }),
    "delete_definition (with RUNNING runs)": by(owner, definition),
    permit_workflow: by(owner, { ...definition, user_id: colleague.id, max_permissions: 1000 }),
    replace_definition: by(owner, { ...definition, content }),
    replace_policy: by(owner, {
      ...{ ...definition, handover: "webhook", lease_seconds: 60, max_attempts: 1, retry_on: [], max_running: 9 },
    }),
  };
}

/** The SHA-256 of `secret`. */
const SECRET_HASH = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
