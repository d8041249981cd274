/**
 * Databases that are copied from one which has the migrations: to migrate each of them would take seconds. One that is given back is
 * emptied and used again, since its open connections have planned the statements and functions, which takes more of the CPU than
 * most tests do.
 */
import { Client, DatabaseError } from "pg";
import type { Postgres } from "../../../scripts/local/postgres.ts";
import { migrate } from "../../../scripts/migrate.ts";

const TEMPLATE = "template_workflow_runs";

/** A database whose tables are larger than this is not used again: they would stay large, and slow to read. */
const MOST_BYTES = 10 * 1024 * 1024;

/** What tests may have changed but the rows. The same text for two databases whose tables, functions and settings are alike. */
const STATE = `
  select concat_ws(' ',
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_proc where pronamespace = 'public'::regnamespace),
    (select count(*) || '+' || sum(xmin::text::bigint) from pg_class where relnamespace = 'public'::regnamespace),
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

export type TestDatabases = {
  /** The name of a migrated, empty database that was given back, or of a new one. */
  take(): Promise<string>;
  /** The name of a new one. */
  make(): Promise<string>;
  /** A database that nobody uses any more. */
  giveBack(name: string): void;
};

/** Makes the template on a new server. */
export async function createTemplate(postgres: Postgres): Promise<TestDatabases> {
  const maintenance = postgres.url("postgres");
  const create = (text: string) => connected(maintenance, (client) => client.query(`create database ${text}`));
  await create(TEMPLATE);
  await migrate({ directUrl: postgres.url(TEMPLATE), log: () => {} });
  const pristine = await connected(postgres.url(TEMPLATE), readState);
  const unused: string[] = [];
  let databases = 0;

  async function make(): Promise<string> {
    const name = `test_${++databases}`;
    await create(`${name} template ${TEMPLATE}`);
    return name;
  }

  return {
    make,
    async take() {
      for (let name = unused.pop(); name !== undefined; name = unused.pop()) {
        if (await empty(postgres.url(name), pristine)) return name;
      }
      return make();
    },
    giveBack: (name) => void unused.push(name),
  };
}

/** False when the database cannot be made as it was. */
async function empty(url: string, pristine: string): Promise<boolean> {
  try {
    return await connected(url, async (client) => {
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

async function connected<Result>(connectionString: string, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
