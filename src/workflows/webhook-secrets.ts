import { sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";

/** The encrypted webhook secret of the definition with this id. */
export type StoredSecret = { id: string; encrypted: string };

/** Up to `limit` secrets that are encrypted with another key than `keyId`, ordered by the ids of their definitions. */
export async function listSecretsOfOtherKeys(
  db: Database,
  request: { keyId: string; afterId: string | null; limit: number },
): Promise<StoredSecret[]> {
  const { rows } = await db.execute<StoredSecret>(sql`
    select id, webhook_secret_encrypted as encrypted from workflow_definitions
    where not starts_with(webhook_secret_encrypted, ${`${request.keyId}.`})
      and (${request.afterId}::uuid is null or id > ${request.afterId}::uuid)
    order by id
    limit ${request.limit}`);
  return rows;
}

/** Replaces the ciphertext of a secret. Returns false and changes nothing when the secret was changed after it was read. */
export async function replaceSecret(db: Database, { id, encrypted }: StoredSecret, by: string): Promise<boolean> {
  const { rows } = await db.execute(sql`
    update workflow_definitions set webhook_secret_encrypted = ${by}
    where id = ${id} and webhook_secret_encrypted = ${encrypted}
    returning id`);
  return rows.length > 0;
}
