/**
 * Databases from before the first release, whose 19 migrations became the one initial migration. A database that has all of them is
 * taken over as it is: its tables are compared with those of the initial migration, which is then recorded instead of the 19.
 */
import type pg from "pg";
import type { Migration } from "./migrations.ts";

/** The hashes of the first and of the last of the 19 migrations. */
const FIRST_OLD = "6d9f0bce11042e19160aab93902a4c0e298b7caa8561747a965c5251a67c5061";
const LAST_OLD = "fd5ccf338ba71d161c65d5c22722ee5d28685f93cf07aa2639b2256f663bc173";

/** The tables of the initial migration are created here to be compared, in a transaction, and are never committed. */
const EXPECTED = "workflow_runs_expected";

/**
 * True when a database has all of the 19 migrations, and not yet the initial one.
 * @throws when it has only some of them
 */
export function isFromBefore(applied: ReadonlySet<string>, initial: Migration | undefined): boolean {
  if (!initial || applied.has(initial.hash) || !applied.has(FIRST_OLD)) return false;
  if (applied.has(LAST_OLD)) return true;
  throw new Error(
    "This database has only some of the migrations from before the first release: run `npm ci` and `npm run migrate` (or " +
      "`npm run dev`) at commit 489a452, the last that has them all, and then here again.",
  );
}

/**
 * Compares the tables with those of the initial migration, within the transaction that is open, and forgets the 19 migrations.
 * `replaced` are the names of functions that are replaced anyway, so what they do is not compared.
 * @throws when something differs, with all that does
 */
export async function takeOver(client: pg.ClientBase, initial: Migration, replaced: readonly string[]): Promise<void> {
  // These two were added while the service was running, without reading the rows that existed. Validating blocks no write.
  await client.query(`
    alter table public.workflow_runs validate constraint workflow_runs_check;
    alter table public.workflow_run_events validate constraint workflow_run_events_check`);
  await client.query(`savepoint expected; create schema ${EXPECTED}; set local search_path = ${EXPECTED}`);
  for (const statement of initial.sql) await client.query(statement.replaceAll(/\bpublic\./g, `${EXPECTED}.`));
  const expected = await describe(client, EXPECTED, replaced);
  const actual = await describe(client, "public", replaced);
  await client.query("rollback to savepoint expected");

  // Tables and functions of somebody else are left alone.
  const ours = new Set([...expected.values()]);
  const missing = [...expected.keys()].filter((line) => !actual.has(line));
  const more = [...actual].filter(([line, name]) => ours.has(name) && !expected.has(line)).map(([line]) => line);
  if (missing.length + more.length > 0) {
    const lines = [...missing.map((line) => `missing: ${line}`), ...more.map((line) => `not known: ${line}`)];
    throw new Error(`the database differs from its tables.\n${lines.sort().join("\n")}`);
  }
  await client.query(`delete from drizzle.__drizzle_migrations
    where id <= (select id from drizzle.__drizzle_migrations where hash = '${LAST_OLD}')`);
}

// The names of columns of Postgres's catalog are not checked from here on. cspell:disable
/**
 * What a schema has, as lines without the name of the schema, each with the name of its table, sequence or function. The order of
 * columns is left out: nothing depends on it. So is the default of `workflow_run_events.epoch`, which changes after a restore.
 */
async function describe(
  client: pg.ClientBase,
  schema: string,
  replaced: readonly string[],
): Promise<Map<string, string>> {
  await client.query("set local search_path = pg_catalog");
  const { rows } = await client.query<{ name: string; line: string }>(
    `with relation as (
      select c.* from pg_class c where c.relnamespace = $1::regnamespace
    )
    select r.relname as name, concat_ws(' ', 'table', r.relname, r.relpersistence, array_to_string(r.reloptions, ', ')) as line
    from relation r where r.relkind in ('r', 'p', 'v', 'm')
    union all
    select r.relname, concat_ws(' ', 'column', r.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
      'collate ' || nullif(a.attcollation, 0)::regcollation::text, case when a.attnotnull then 'not null' end,
      'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(a.attgenerated::text, ''),
      case when (r.relname, a.attname) <> ('workflow_run_events', 'epoch') then 'default ' || pg_get_expr(d.adbin, d.adrelid) end)
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where r.relkind in ('r', 'p', 'v', 'm')
    union all
    -- Not those of NOT NULL, which Postgres has since version 18: the columns say so.
    select r.relname, concat_ws(' ', 'constraint', r.relname || '.' || c.conname, pg_get_constraintdef(c.oid))
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype <> 'n'
    union all
    select r.relname, concat_ws(' ', pg_get_indexdef(i.indexrelid), case when not i.indisvalid then 'invalid' end)
    from relation r join pg_index i on i.indrelid = r.oid
    union all
    select r.relname, concat_ws(' ', pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::text)
    from relation r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
    union all
    select r.relname, concat_ws(' ', 'sequence', r.relname, format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin,
      s.seqmax, s.seqcache, s.seqcycle)
    from relation r join pg_sequence s on s.seqrelid = r.oid
    union all
    select p.proname, pg_get_functiondef(p.oid)
    from pg_proc p where p.pronamespace = $1::regnamespace and p.prokind = 'f' and p.proname <> all ($2)`,
    [schema, replaced],
  );
  return new Map(rows.map(({ name, line }) => [line.replaceAll(`${schema}.`, ""), name]));
}
