/**
 * The databases of the tests. They are copies of one that has the migrations, since to migrate each of them would take seconds. When a
 * file gives its database back, the next file gets it, emptied: the connections that are open to it have plans for most statements, and to
 * make those anew takes more of the CPU than most tests do.
 */
import { type Client, DatabaseError } from "pg";
import type { Postgres } from "../../../scripts/local/postgres.ts";
import { migrate } from "../../../scripts/migrate.ts";
import { withClient } from "./postgres-client.ts";

const TEMPLATE = "template_workflow_runs";

/** A database whose tables are larger than this is not used again: they would stay large, and slow to read. */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Describes the schema. The text differs from that of the template when a test has changed a table, a column, a default, a function, a
 * trigger, a constraint or a setting. `xmin` is the transaction that has written a row of the catalog.
 */
const STATE = `
  select concat_ws(' ',
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_proc where pronamespace = 'public'::regnamespace),
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_class where relnamespace = 'public'::regnamespace),
    (select count(*) || '+' || sum(a.xmin::text::bigint) from pg_attribute a
      join pg_class c on c.oid = a.attrelid where c.relnamespace = 'public'::regnamespace),
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_attrdef),
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_trigger),
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_constraint where connamespace = 'public'::regnamespace),
    (select count(*) from pg_db_role_setting)) as state`;

/** Deletes all rows, and puts back those of the template and the numbers of the sequences. */
const EMPTY = `
  do $do$
  declare
    name text;
  begin
    if (
      select sum(pg_relation_size(oid)) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    ) > ${MOST_BYTES} then
      raise 'too large';
    end if;
    perform set_config('lock_timeout', '1s', true), set_config('session_replication_role', 'replica', true);
    for name in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
      execute format('delete from public.%I', name);
    end loop;
    perform setval(seqrelid, seqstart, false) from pg_sequence;
    insert into public.event_epoch (epoch) values (1);
  end
  $do$`;

/**
 * Nothing but the test vacuums and analyzes. Autovacuum would do so at any moment, and then what a test measures is planned with other
 * statistics, and planned anew, which reads blocks, too.
 */
const WITHOUT_AUTOVACUUM = `
  do $do$
  declare
    name text;
  begin
    for name in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
      execute format('alter table public.%I set (autovacuum_enabled = false)', name);
    end loop;
  end
  $do$`;

export type TestDatabases = {
  /** The name of a migrated, empty database that was given back, or of a new one. */
  take(): Promise<string>;
  /** The name of a new one, without autovacuum. */
  make(): Promise<string>;
  /** Says that nobody uses this database any more, so that `take` may return it. */
  giveBack(name: string): void;
};

/** Makes the template on a new server. */
export async function createTemplate(postgres: Postgres): Promise<TestDatabases> {
  const maintenance = postgres.url("postgres");
  const create = (text: string) => withClient(maintenance, (client) => client.query(`create database ${text}`));
  await create(TEMPLATE);
  await migrate({ directUrl: postgres.url(TEMPLATE), log: () => {} });
  const pristine = await withClient(postgres.url(TEMPLATE), readState);
  const unused: string[] = [];
  let databases = 0;

  async function copy(): Promise<string> {
    const name = `test_${++databases}`;
    await create(`${name} template ${TEMPLATE}`);
    return name;
  }

  return {
    async make() {
      const name = await copy();
      await withClient(postgres.url(name), (client) => client.query(WITHOUT_AUTOVACUUM));
      return name;
    },
    async take() {
      for (let name = unused.pop(); name !== undefined; name = unused.pop()) {
        if (await empty(postgres.url(name), pristine)) return name;
      }
      return copy();
    },
    giveBack: (name) => void unused.push(name),
  };
}

/**
 * Empties a database, so that it is like a new one. Returns false when that is not possible: a test has changed its tables or functions, its
 * tables have become large, or another connection still holds a lock.
 */
async function empty(url: string, pristine: string): Promise<boolean> {
  try {
    return await withClient(url, async (client) => {
      if ((await readState(client)) !== pristine) return false;
      await client.query(EMPTY);
      return true;
    });
  } catch (error) {
    // Another connection still holds a lock, or the tables are too large.
    if (error instanceof DatabaseError) return false;
    throw error;
  }
}

async function readState(client: Client): Promise<string> {
  const { rows } = await client.query<{ state: string }>(STATE);
  return rows[0]?.state ?? "";
}
