import type { NeonQueryFunction } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { readConfig } from "../../src/config.ts";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { signRunToken } from "../../src/http/credentials/run-token.ts";
import { encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { SETTINGS } from "./settings.ts";

const { runTokenKeys, encryptionKeys } = readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused" });

/** What the tests' definitions sign with. */
export const WEBHOOK_SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMgcnVubmVy";

/** The webhook secret as the database keeps it for this definition. */
export const encryptSecret = (definitionId: string) =>
  encryptWebhookSecret(encryptionKeys, definitionId, WEBHOOK_SECRET);

export type TestUser = { id: string; key: string };

export type TestTenant = {
  id: string;
  /** The cell that the tokens of its runners name. */
  cell: string;
  owner: TestUser;
  admin: TestUser;
  user: TestUser;
  definitionId: string;
  sourcesId: string;
  instructionsId: string;
  outputsId: string;
};

/** A tenant of the test's own: three people with keys, a small tree and a definition, with a runner if given. */
export async function createTenant(
  { sql }: { sql: NeonQueryFunction<false, false> },
  options: { runnerUrl?: string } = {},
): Promise<TestTenant> {
  const id = uuid();
  const person = () => ({ id: uuid(), key: `wr_test_${uuid()}` });
  const people = { owner: person(), admin: person(), user: person() };
  const definitionId = uuid();
  const parts = { workflows: uuid(), definition: uuid(), sources: uuid(), instructions: uuid(), outputs: uuid() };
  const rows = await Promise.all(
    Object.entries(people).map(async ([role, { id: userId, key }]) => ({
      userId,
      role: role.toUpperCase(),
      keyId: uuid(),
      hash: await hashApiKey(key),
    })),
  );
  const part = (partId: string, parentId: string | null, path: string, type: string) => sql`
    insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
    values (${partId}, ${id}, ${parentId}, ${path.slice(path.lastIndexOf("/") + 1)}, ${type}, ${path})`;
  await sql.transaction([
    sql`insert into tenants (id, name) values (${id}, 'Test')`,
    ...rows.flatMap(({ userId, role, keyId, hash }) => [
      sql`insert into users (id, tenant_id, email, role) values (${userId}, ${id}, ${`${userId}@test.example`}, ${role})`,
      sql`insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
        values (${keyId}, ${id}, ${userId}, 'Test', decode(${hash}, 'hex'), 'test')`,
    ]),
    part(parts.workflows, null, "/workflows", "FOLDER"),
    part(parts.definition, parts.workflows, `/workflows/${definitionId}`, "WORKFLOW_DEFINITION"),
    part(parts.sources, null, "/sources", "FOLDER"),
    part(uuid(), parts.sources, "/sources/sales.csv", "DOCUMENT"),
    part(parts.instructions, null, "/instructions.md", "DOCUMENT"),
    part(parts.outputs, null, "/outputs", "FOLDER"),
    sql`insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type,
        runner_url, webhook_secret_encrypted, source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
      values (${definitionId}, ${id}, ${parts.definition}, 'Test', 'SELF_HOSTED',
        ${options.runnerUrl ?? null}, ${options.runnerUrl ? await encryptSecret(definitionId) : null},
        ${[parts.sources]}, ${[parts.instructions]}, ${[parts.outputs]})`,
  ]);
  return {
    ...{ id, cell: "one" },
    ...people,
    definitionId,
    sourcesId: parts.sources,
    instructionsId: parts.instructions,
    outputsId: parts.outputs,
  };
}

/** One more person in a tenant, with a key. */
export async function addUser(
  { sql }: { sql: NeonQueryFunction<false, false> },
  tenant: TestTenant,
  role: "OWNER" | "ADMIN" | "USER" = "USER",
): Promise<TestUser> {
  const user = { id: uuid(), key: `wr_test_${uuid()}` };
  await sql.transaction([
    sql`insert into users (id, tenant_id, email, role)
      values (${user.id}, ${tenant.id}, ${`${user.id}@test.example`}, ${role})`,
    sql`insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
      values (${uuid()}, ${tenant.id}, ${user.id}, 'Test', decode(${await hashApiKey(user.key)}, 'hex'), 'test')`,
  ]);
  return user;
}

/** The run token in the dispatch of this attempt. */
export function runToken(tenant: TestTenant, runId: string, attempt = 1, keys = runTokenKeys): Promise<string> {
  return signRunToken(keys, {
    ...{ runId, attempt, tenantId: tenant.id, cell: tenant.cell },
    expiresAt: new Date().toISOString(),
  });
}
