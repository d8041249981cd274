import type pg from "pg";
import { v7 as uuid } from "uuid";
import { generateApiKey } from "../../../src/http/credentials/api-key.ts";

/** A tenant as `npm run create-tenant` makes it: with an OWNER, their key, and nothing else. */
export async function createEmptyTenant(database: pg.Client): Promise<{ key: string }> {
  const [tenant, owner] = [uuid(), uuid()];
  const { key, hash, suffix } = await generateApiKey("one");
  await database.query("insert into tenants (id, name) values ($1, 'Empty')", [tenant]);
  await database.query(
    "insert into users (id, tenant_id, email, role) values ($1, $2, 'first@test.example', 'OWNER')",
    [owner, tenant],
  );
  await database.query(
    `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
     values ($1, $2, $3, 'First key', decode($4, 'hex'), $5)`,
    [uuid(), tenant, owner, hash, suffix],
  );
  await database.query(
    `insert into path_parts (id, tenant_id, name, part_type, materialized_path, system_managed)
     values ($1, $3, 'workflows', 'FOLDER', '/workflows', true), ($2, $3, 'shared', 'FOLDER', '/shared', false)`,
    [uuid(), uuid(), tenant],
  );
  return { key };
}
