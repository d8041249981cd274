/** What the verbs on people tell of a change, and what they lock: calls of the verbs themselves, without a hub. */
import { v7 as uuid } from "uuid";
import { beforeEach, describe, expect, it } from "vitest";
import { Unauthenticated } from "../../src/db/access.ts";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { createApiKey, revokeApiKey } from "../../src/people/api-key-verbs.ts";
import { createInvite, redeemInvite, withdrawInvite } from "../../src/people/invite-verbs.ts";
import { signInByLogin, untieLogin } from "../../src/people/login-verbs.ts";
import {
  agreeToCommandLine,
  challengeOf,
  createApiKeyByCode,
  hashCode,
} from "../../src/people/sign-ins/command-line-verbs.ts";
import { endSignInSession, endSignInSessions } from "../../src/people/sign-ins/sign-in-verbs.ts";
import {
  changeActivation,
  changePermission,
  changeRole,
  createPermission,
  createUser,
  deleteUser,
  revokePermission,
} from "../../src/people/user-verbs.ts";
import { deleteOldRuns } from "../../src/sweep/sweep-verbs.ts";
import type { TenantEffects } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { inSeconds } from "../support/callers.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addCommandLineCode, addLoginSession, addSignInSession, VERIFIER } from "../support/sign-in-session.ts";
import { callerOf } from "../support/sql-function.ts";
import { verbServices } from "../support/verb-services.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);
/** For calls as the OWNER. */
let services: VerbServices;
let announced: TenantEffects[];

beforeEach(async () => {
  announced = [];
  const proof = { caller: { apiKeyHash: await hashApiKey(tenant.owner.key) } };
  services = { ...verbServices(service, announced), proof };
});

/** What was announced since the last call: whether pages are told of a change, and the users whose streams end. */
const told = () =>
  announced.splice(0).map(({ tenant_id, runs, ended_user_ids = [] }) => ({
    isOfTenant: tenant_id === tenant.id,
    isTold: runs.some(({ run_id }) => run_id === null),
    ended: ended_user_ids,
  }));

const CHANGE = { isOfTenant: true, isTold: true, ended: [] as string[] };
const chosen = () => ({ tenantId: tenant.id, userId: tenant.user.id });
const newKey = async (kind: object = {}) => {
  const hash = await hashApiKey(uuid());
  return { name: "Test", hash, suffix: "test", expiresAt: null, ...kind };
};

describe("a change of people is told to open pages once, and not when it changes nothing", () => {
  it("of a user", async () => {
    const names = { firstName: null, lastName: null };
    await perform(services, createUser, { tenantId: tenant.id, email: "uma@test.example", ...names, role: "USER" });
    expect(told()).toEqual([CHANGE]);
    await perform(services, changeRole, { ...chosen(), role: "ADMIN" });
    expect(told()).toEqual([CHANGE]);
    await perform(services, changeRole, { ...chosen(), role: "ADMIN" });
    expect(told()).toEqual([]);
  });

  it("of a permission", async () => {
    const part = { pathPartId: tenant.sourcesId, capability: "READ_ONLY" as const };
    const { result } = await perform(services, createPermission, { ...chosen(), ...part });
    expect(told()).toEqual([CHANGE]);
    const { id } = result.permission;
    const change = { tenantId: tenant.id, id, pathPartId: null, capability: "READ_WRITE" as const };
    await perform(services, changePermission, change);
    expect(told()).toEqual([CHANGE]);
    await perform(services, changePermission, change);
    expect(told()).toEqual([]);
    await perform(services, revokePermission, { tenantId: tenant.id, id });
    expect(told()).toEqual([CHANGE]);
    await expect(perform(services, revokePermission, { tenantId: tenant.id, id })).rejects.toThrow(
      "no such permission",
    );
    expect(told()).toEqual([]);
  });

  it("of an invite, also when its link is used by somebody without a credential", async () => {
    const secretHash = await hashApiKey("secret");
    const invited = { tenantId: tenant.id, email: "Ida@test.example", role: "USER" as const, secretHash };
    const { result: first } = await perform(services, createInvite, invited);
    expect(told()).toEqual([CHANGE]);
    await perform(services, withdrawInvite, first.invite.id);
    expect(told()).toEqual([CHANGE]);
    const { result: second } = await perform(services, createInvite, invited);
    const { hash, suffix } = await newKey();
    await perform({ ...services, proof: {} }, redeemInvite, {
      ...{ inviteId: second.invite.id, secretHash, key: { id: uuid(), hash, suffix } },
      ...{ signInSessionId: uuid(), sessionSeconds: 60 },
    });
    expect(told()).toEqual([CHANGE, CHANGE]);
    await expect(perform(services, withdrawInvite, second.invite.id)).rejects.toThrow("accepted already");
    expect(told()).toEqual([]);
  });
});

/** An account of the login service. */
const accountOf = (email: string | null) => ({
  ...{ issuer: "https://login.test", subject: uuid(), email, expiresAt: inSeconds(60), notBefore: 0 },
});

describe("a login", () => {
  const emailOfUser = () => `${tenant.user.id}@test.example`;

  it("is told when it is tied and untied, not when it only signs in, and ends the streams of its user", async () => {
    const signIn = { account: accountOf(emailOfUser()), sessionSeconds: 60, tenantId: tenant.id };
    const asked = await perform({ ...services, proof: {} }, signInByLogin, { ...signIn, tenantId: null });
    expect([asked.result, told()]).toMatchObject([{ asks: [{ tenantId: tenant.id, role: "USER" }] }, []]);
    const { result } = await perform({ ...services, proof: {} }, signInByLogin, signIn);
    if ("asks" in result) throw new Error("The person was asked again.");
    const session = { userId: tenant.user.id, tenantId: tenant.id, apiKeyId: null, loginId: result.session.loginId };
    expect(result).toMatchObject({ session, tenants: 1 });
    expect(told()).toEqual([CHANGE]);
    expect((await perform({ ...services, proof: {} }, signInByLogin, signIn)).result).toMatchObject({ session });
    expect(told()).toEqual([]);
    await perform(services, untieLogin, chosen());
    expect(told()).toEqual([{ ...CHANGE, ended: [tenant.user.id] }]);
    await perform(services, untieLogin, chosen());
    expect(told()).toEqual([]);
  });

  it("is tied to one of two accounts that sign in with the same email at the same moment", async () => {
    const [first, second] = [accountOf(emailOfUser()), accountOf(emailOfUser())];
    const { issuer: iss, subject: sub, email, expiresAt: expires_at } = first;
    const account = JSON.stringify({ iss, sub, email, expires_at, not_before: 0 });
    const signingIn = service.database.sql`select public.sign_in_by_login('{}', ${account}, 60, gen_random_uuid())`;
    const { committed } = await holdTransaction(service.database, [signingIn]);
    const signIn = perform({ ...services, proof: {} }, signInByLogin, {
      ...{ account: second, sessionSeconds: 60, tenantId: tenant.id },
    });
    await expect(signIn).rejects.toThrow("Nobody here signs in by this account.");
    await committed;
    const rows = await service.database.sql`select sub from logins where user_id = ${tenant.user.id}`;
    expect(rows).toEqual([{ sub }]);
  });

  it("that is untied ends the access of an agent that its session lets in at the same moment", async () => {
    const { sql } = service.database;
    const { sid, login_id } = await addLoginSession(service.database, tenant.user.id);
    const claims = { user_id: tenant.user.id, tenant_id: tenant.id, expires_at: inSeconds(60), not_before: 0 };
    const context = JSON.stringify({ caller: { ...claims, sign_in_session_id: sid, login_id } });
    const agreeing = sql`
      select public.agree_to_agent(${context}, gen_random_uuid(), 'Test', '127.0.0.1', '{read}', 60, 50) as answer`;
    const { committed } = await holdTransaction(service.database, [agreeing]);
    await Promise.all([perform(services, untieLogin, chosen()), committed]);
    const agreed =
      await sql`select action from audit_events where action = 'agent_grant.created' and tenant_id = ${tenant.id}`;
    const left = await sql`select id from agent_grants where user_id = ${tenant.user.id}`;
    expect([agreed.length, left]).toEqual([1, []]);
  });

  it("is gone with its user", async () => {
    await perform({ ...services, proof: {} }, signInByLogin, {
      ...{ account: accountOf(emailOfUser()), sessionSeconds: 60, tenantId: tenant.id },
    });
    await perform(services, deleteUser, chosen());
    expect(await service.database.sql`select from logins where user_id = ${tenant.user.id}`).toEqual([]);
  });
});

describe("the streams of a user end when a credential of theirs has ended", () => {
  it("because a session of theirs was ended, or all of them, once", async () => {
    const { sid } = await addSignInSession(service.database, tenant.user.id);
    await perform(services, endSignInSession, sid);
    expect(told()).toEqual([{ ...CHANGE, ended: [tenant.user.id] }]);
    await expect(perform(services, endSignInSession, sid)).rejects.toThrow("no such session");
    for (let i = 0; i < 2; i++) await addSignInSession(service.database, tenant.user.id);
    expect((await perform(services, endSignInSessions, tenant.user.id)).result).toEqual({ ended: 2 });
    expect(told()).toEqual([{ ...CHANGE, ended: [tenant.user.id] }]);
    expect((await perform(services, endSignInSessions, tenant.user.id)).result).toEqual({ ended: 0 });
    expect(told()).toEqual([]);
  });

  it("because the user was deactivated, once, and not because they were activated", async () => {
    await perform(services, changeActivation, { ...chosen(), isActive: false });
    expect(told()).toEqual([{ ...CHANGE, ended: [tenant.user.id] }]);
    await perform(services, changeActivation, { ...chosen(), isActive: false });
    expect(told()).toEqual([]);
    await perform(services, changeActivation, { ...chosen(), isActive: true });
    expect(told()).toEqual([CHANGE]);
  });

  it("because the user was deleted", async () => {
    await perform(services, deleteUser, chosen());
    expect(told()).toEqual([{ ...CHANGE, ended: [tenant.user.id] }]);
  });

  it("because an API key or a runner key was revoked, and not because one was created", async () => {
    for (const kind of [{}, { runner: { definitionIds: null } }]) {
      const { result } = await perform(services, createApiKey, await newKey(kind));
      expect(told()).toEqual([CHANGE]);
      await perform(services, revokeApiKey, result.api_key.id);
      expect(told()).toEqual([{ ...CHANGE, ended: [tenant.owner.id] }]);
    }
  });
});

describe("a user who is being deleted", () => {
  const remaining = async () => {
    const [row] = await service.database.sql`
      select (select count(*)::int from api_keys where user_id = ${tenant.user.id}) as keys,
        (select count(*)::int from user_permissions where user_id = ${tenant.user.id}) as permissions,
        (select count(*)::int from sign_in_sessions where user_id = ${tenant.user.id}) as sessions`;
    return row;
  };

  it("keeps no permission and no key that is created at the same moment", async () => {
    const { sql } = service.database;
    const owner = JSON.stringify(await callerOf(tenant.owner));
    const user = JSON.stringify(await callerOf(tenant.user));
    const { hash, suffix } = await newKey();
    const creating = [
      sql`select public.create_user_permission(
        ${owner}, ${tenant.id}, ${uuid()}, ${tenant.user.id}, ${tenant.sourcesId}, 'READ_ONLY', 50)`,
      sql`select public.create_api_key(${user}, ${uuid()}, 'Test', ${hash}, ${suffix}, null, 'USER', null, 20)`,
    ];
    const { committed } = await holdTransaction(service.database, creating);
    await addSignInSession(service.database, tenant.user.id);
    await perform(services, deleteUser, chosen());
    await committed;
    expect(await remaining()).toEqual({ keys: 0, permissions: 0, sessions: 0 });
  });

  /** Begins to delete the user: the transaction locks them, waits until it is waited for, deletes them, and commits. */
  async function deleteSlowly() {
    const { sql } = service.database;
    const owner = JSON.stringify(await callerOf(tenant.owner));
    const lock = [
      sql`select from tenants where id = ${tenant.id} for no key update`,
      sql`select from users where id = ${tenant.user.id} for no key update`,
      sql`select from sign_in_sessions where user_id = ${tenant.user.id} for update`,
    ];
    const deletion = sql`select public.delete_user(${owner}, ${tenant.id}, ${tenant.user.id})`;
    return await holdTransaction(service.database, lock, [deletion]);
  }

  it("gets no key by a code that comes at the same moment, and the two do not end in a deadlock", async () => {
    const { sid } = await addSignInSession(service.database, tenant.user.id);
    const code = await addCommandLineCode(service.database, sid, "Test");
    const { committed } = await deleteSlowly();
    const byCode = { codeHash: await hashCode(code), codeChallenge: await challengeOf(VERIFIER), ...(await newKey()) };
    await expect(perform({ ...services, proof: {} }, createApiKeyByCode, byCode)).rejects.toThrow(Unauthenticated);
    await committed;
    expect(await remaining()).toEqual({ keys: 0, permissions: 0, sessions: 0 });
  });

  it("cannot agree to the command line at the same moment, though an earlier code of theirs has expired", async () => {
    const { sid, api_key_id } = await addSignInSession(service.database, tenant.user.id);
    await addCommandLineCode(service.database, sid, "Test");
    await service.database.sql`
      update command_line_codes set expires_at = statement_timestamp() - interval '1 second' where sign_in_session_id = ${sid}`;
    const session = {
      userId: tenant.user.id,
      tenantId: tenant.id,
      apiKeyId: api_key_id,
      loginId: null,
      verifiedEmail: null,
    };
    const caller = { session: { ...session, signInSessionId: sid, expiresAt: inSeconds(60), notBefore: 0 } };
    const { committed } = await deleteSlowly();
    const agreement = { codeHash: await hashCode("new"), codeChallenge: await challengeOf(VERIFIER), keyName: "Test" };
    await expect(perform({ ...services, proof: { caller } }, agreeToCommandLine, agreement)).rejects.toThrow(
      Unauthenticated,
    );
    await committed;
    expect(await remaining()).toEqual({ keys: 0, permissions: 0, sessions: 0 });
  });

  it("keeps their old keys until the deletion has ended, whatever a sweep deletes meanwhile", async () => {
    await service.database.sql`
      update api_keys set revoked_at = statement_timestamp() - interval '31 days' where user_id = ${tenant.user.id}`;
    const { letGo } = await deleteSlowly();
    await perform(services, deleteOldRuns, { days: 30, limit: 8 });
    expect(await remaining()).toMatchObject({ keys: 1 });
    await letGo();
    expect(await remaining()).toEqual({ keys: 0, permissions: 0, sessions: 0 });
  });
});
