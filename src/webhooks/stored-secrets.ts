/** Where the database keeps encrypted secrets, so that they can be counted by key, and encrypted with another one. */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";

/** The webhook secrets of definitions, and those of notification endpoints and of triggers, also the previous ones. */
export const SECRET_PLACES = [
  { table: "workflow_definitions", column: "webhook_secret_encrypted" },
  { table: "notification_endpoints", column: "secret_encrypted" },
  { table: "notification_endpoints", column: "previous_secret_encrypted" },
  { table: "triggers", column: "secret_encrypted" },
  { table: "triggers", column: "previous_secret_encrypted" },
] as const;
export type SecretPlace = (typeof SECRET_PLACES)[number];

/** The encrypted secret in the row with this id. */
export type StoredSecret = { id: string; encrypted: string };

const named = (name: string): SQL => sql`${sql.identifier(name)}`;

/** True for a secret that is still in use: a previous one is until the end of its rotation. */
const isUsed = (column: string): SQL =>
  column.startsWith("previous") ? sql`previous_secret_until > statement_timestamp()` : sql`true`;

/** The "key_id" of each secret that is still in use. */
export const secretKeyIds = (): SQL =>
  sql.join(
    SECRET_PLACES.map(
      ({ table, column }) => sql`select split_part(${named(column)}, '.', 1) as key_id from ${named(table)}
        where ${named(column)} is not null and ${isUsed(column)}`,
    ),
    sql` union all `,
  );

/** Up to `limit` secrets of a place that are in use and encrypted with another key than `keyId`, ordered by the ids of their rows. */
export async function listSecretsOfOtherKeys(
  db: Database,
  { table, column }: SecretPlace,
  request: { keyId: string; afterId: string | null; limit: number },
): Promise<StoredSecret[]> {
  const { rows } = await db.execute<StoredSecret>(sql`
    select id, ${named(column)} as encrypted from ${named(table)}
    where not starts_with(${named(column)}, ${`${request.keyId}.`}) and ${isUsed(column)}
      and (${request.afterId}::uuid is null or id > ${request.afterId}::uuid)
    order by id
    limit ${request.limit}`);
  return rows;
}

/** Replaces the ciphertext of a secret. Returns false and changes nothing when the secret was changed after it was read. */
export async function replaceSecret(
  db: Database,
  { table, column }: SecretPlace,
  { id, encrypted }: StoredSecret,
  by: string,
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    update ${named(table)} set ${named(column)} = ${by}
    where id = ${id} and ${named(column)} = ${encrypted}
    returning id`);
  return rows.length > 0;
}
