import { v7 as uuid } from "uuid";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import type { TestDatabase } from "./database.ts";
import type { TestTenant, TestUser } from "./tenant.ts";

/** One more person in a tenant, with a key. */
export async function addUser(
  { sql }: TestDatabase,
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
