import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";

/** The columns of an endpoint that hold a secret. */
export const SECRET_COLUMNS = ["secret_encrypted", "previous_secret_encrypted"] as const;
export type SecretColumn = (typeof SECRET_COLUMNS)[number];

/** An encrypted secret of the endpoint with this id. */
export type StoredEndpointSecret = { id: string; encrypted: string };

const nameOf = (column: SecretColumn): SQL => sql`${sql.identifier(column)}`;

/** Up to `limit` secrets of a column that are encrypted with another key than `keyId`, ordered by the ids of their endpoints. */
export async function listEndpointSecretsOfOtherKeys(
  db: Database,
  column: SecretColumn,
  request: { keyId: string; afterId: string | null; limit: number },
): Promise<StoredEndpointSecret[]> {
  const { rows } = await db.execute<StoredEndpointSecret>(sql`
    select id, ${nameOf(column)} as encrypted from notification_endpoints
    where not starts_with(${nameOf(column)}, ${`${request.keyId}.`})
      and (${request.afterId}::uuid is null or id > ${request.afterId}::uuid)
    order by id
    limit ${request.limit}`);
  return rows;
}

/** Replaces the ciphertext of a secret. Returns false and changes nothing when the secret was changed after it was read. */
export async function replaceEndpointSecret(
  db: Database,
  column: SecretColumn,
  { id, encrypted }: StoredEndpointSecret,
  by: string,
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    update notification_endpoints set ${nameOf(column)} = ${by}
    where id = ${id} and ${nameOf(column)} = ${encrypted}
    returning id`);
  return rows.length > 0;
}
