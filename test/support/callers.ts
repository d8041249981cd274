import { sign } from "hono/jwt";
import { formatApiKey } from "../../src/http/credentials/api-key.ts";
import type { Call } from "./operations.ts";
import { addSignInSession } from "./sign-in-session.ts";
import { addRunnerSession, type Stage } from "./stage.ts";
import type { TestTenant } from "./tenant.ts";
import { addUser, runToken } from "./tenant.ts";

/** SESSION_SECRET of the tests, newest first. */
export const SESSION_KEYS = {
  k2: "session-secret-of-the-tests-newest-0123456789",
  k1: "session-secret-of-the-tests-older-0123456789",
};

export const SESSION_SECRET = Object.entries(SESSION_KEYS)
  .map(([kid, secret]) => `${kid}:${secret}`)
  .join(",");

export type Payload = Record<string, unknown>;

export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** The claims with which a login service describes a tenant's OWNER. */
export const claimsOf = (tenant: TestTenant): Payload => ({
  sub: tenant.owner.id,
  tenant_id: tenant.id,
  exp: inSeconds(300),
});

/** A JWT that is signed with HS256 and this secret. */
export const signSymmetric = (claims: Payload, secret: string, kid?: string) =>
  sign(claims, { kty: "oct", k: base64Url(secret), alg: "HS256", ...(kid !== undefined && { kid }) }, "HS256");

/** The base64url of a text, or of any other value as JSON. */
export const base64Url = (value: unknown) =>
  btoa(typeof value === "string" ? value : JSON.stringify(value))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const ISSUER = "https://login.example";
const AUDIENCE = "workflow-runs";

/** The settings with which a service accepts the sessions of the callers. */
export const SESSION_SETTINGS = { SESSION_SECRET, SESSION_ISSUER: ISSUER, SESSION_AUDIENCE: AUDIENCE };

/** The credential that a caller sends, if any. It may depend on the call. */
export type Caller = (call: Call) => Promise<string | undefined> | string | undefined;

/** A session token for a user of the stage's tenant. */
export const sessionToken = (
  stage: Pick<Stage, "tenant">,
  userId: string,
  claims: Record<string, unknown> = {},
  secret = SESSION_KEYS.k2,
) =>
  signSymmetric(
    { iss: ISSUER, aud: AUDIENCE, sub: userId, tenant_id: stage.tenant.id, exp: inSeconds(300), ...claims },
    secret,
    "k2",
  );

/** A session token of the login service for a person who is not a user yet. */
export const loginToken = (tenant: TestTenant, claims: Record<string, unknown>) =>
  signSymmetric(
    { iss: ISSUER, aud: AUDIENCE, sub: crypto.randomUUID(), tenant_id: tenant.id, exp: inSeconds(300), ...claims },
    SESSION_KEYS.k2,
    "k2",
  );

/** The token of the runner that is the credential of a call, if it is one: that of its run, or of its session. */
export function runnerCredential(
  tenant: TestTenant,
  { runId, sessionToken: session }: Call,
): Promise<string> | string | undefined {
  return session ?? (runId === undefined ? undefined : runToken(tenant, runId));
}

/** The credential with which a call succeeds: the OWNER's, the runner's, or that of the invited person. */
export async function credentialFor(tenant: TestTenant, call: Call): Promise<string> {
  const { runId, invitedEmail, sessionToken: session } = call;
  if (session !== undefined) return session;
  if (runId !== undefined) return runToken(tenant, runId);
  if (invitedEmail !== undefined) return loginToken(tenant, { email: invitedEmail, email_verified: true });
  return tenant.owner.key;
}

/** The callers whom the service knows, by their rights in the stage's tenant. */
export async function knownCallers(stage: Stage, other: Stage) {
  const { bare, reader, writer, tenant } = stage;
  const session = await sessionToken(stage, tenant.owner.id);
  return {
    bare: () => bare.key,
    reader: () => reader.key,
    writer: () => writer.key,
    admin: () => tenant.admin.key,
    owner: () => tenant.owner.key,
    ownerBySession: () => session,
    stranger: () => other.tenant.owner.key,
  } satisfies Record<string, Caller>;
}

/** The one of {@link unknownCallers} that a few operations accept. */
export const RUN_TOKEN = "the token of a run, or of the runner's session where that opens the call";
export const RUNNER_KEY = "a runner key";

/**
 * Callers whose credentials are not valid anywhere. Each has one fault; without it, it would be the credential of an ADMIN or
 * the OWNER.
 */
export async function unknownCallers(stage: Stage, other: Stage): Promise<Record<string, Caller>> {
  const { owner } = stage.tenant;
  const { sql } = stage.service.database;
  const runner = await addAdmin(stage);
  await sql`update api_keys set kind = 'RUNNER' where user_id = ${runner.id}`;
  const runnerSession = await addRunnerSession(stage, stage.tenant.definitionId);
  await sql`
    update runner_sessions set expires_at = statement_timestamp()
    where tenant_id = ${stage.tenant.id} and workflow_definition_ids = ${[stage.tenant.definitionId]}::uuid[]`;
  const [revoked, expired, deactivated] = await Promise.all([1, 2, 3].map(() => addAdmin(stage)));
  if (!revoked || !expired || !deactivated) throw new Error("Three were added.");
  await sql.transaction([
    sql`update api_keys set revoked_at = statement_timestamp() where user_id = ${revoked.id}`,
    sql`update api_keys set expires_at = statement_timestamp() where user_id = ${expired.id}`,
    sql`update users set deactivated_at = statement_timestamp() where id = ${deactivated.id}`,
  ]);
  const key = await formatApiKey("one", crypto.getRandomValues(new Uint8Array(32)));
  const claims = { sub: owner.id, tenant_id: stage.tenant.id, exp: inSeconds(300), iss: ISSUER, aud: AUDIENCE };
  const tokens = {
    "garbage for a key": "garbage",
    "a key that nobody has": key,
    "a mistyped key": `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`,
    "a revoked key": revoked.key,
    "an expired key": expired.key,
    "the key of a deactivated user": deactivated.key,
    "an expired session of a runner": runnerSession,
    "the session of a deactivated user": await sessionToken(stage, deactivated.id),
    "a session with alg none": `${base64Url({ alg: "none", typ: "JWT" })}.${base64Url(claims)}.`,
    "a session of a wrong key": await sessionToken(stage, owner.id, {}, "session-secret-that-nobody-knows-0123456789"),
    "a session of a wrong issuer": await sessionToken(stage, owner.id, { iss: "https://elsewhere.example" }),
    "a session for a wrong audience": await sessionToken(stage, owner.id, { aud: "another-service" }),
    "an expired session": await sessionToken(stage, owner.id, { exp: inSeconds(-300) }),
    "a session of a login that is not tied": await untiedSession(stage, owner.id),
    "a session that was ended": await endedSession(stage, owner.id),
    "a session of the dashboard that names none": await sessionToken(stage, owner.id, {
      api_key_id: crypto.randomUUID(),
    }),
    "a session that names another tenant": await sessionToken(stage, owner.id, { tenant_id: other.tenant.id }),
  };
  const known: Record<string, Caller> = Object.fromEntries(
    Object.entries(tokens).map(([name, token]) => [name, () => token]),
  );
  return {
    nobody: () => undefined,
    ...known,
    [RUN_TOKEN]: (call) => runnerCredential(stage.tenant, call) ?? runToken(stage.tenant, crypto.randomUUID()),
    [RUNNER_KEY]: () => runner.key,
  };
}

/** A token whose session of the dashboard somebody has ended. */
async function endedSession(stage: Stage, userId: string): Promise<string> {
  const { database } = stage.service;
  const claims = await addSignInSession(database, userId);
  await database.sql`update sign_in_sessions set ended_at = statement_timestamp() where id = ${claims.sid}`;
  return sessionToken(stage, userId, claims);
}

/** A token whose session of the dashboard began with a login that the user is not tied to any more. */
async function untiedSession(stage: Stage, userId: string): Promise<string> {
  const { database } = stage.service;
  const [{ sid }, login_id] = [await addSignInSession(database, userId), crypto.randomUUID()];
  await database.sql`update sign_in_sessions set api_key_id = null, login_id = ${login_id} where id = ${sid}`;
  return sessionToken(stage, userId, { sid, login_id });
}

const addAdmin = (stage: Stage) => addUser(stage.service.database, stage.tenant, "ADMIN");
