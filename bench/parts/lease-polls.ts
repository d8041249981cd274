/** What Postgres does for a runner that asks for a run, in a tenant with very many workflows whose runs are leased. */
import { createHash } from "node:crypto";
import type pg from "pg";
import { v7 as newId } from "uuid";
import type { Context } from "../support/context.ts";
import { cpuMsOfActs } from "../support/cpu.ts";
import type { Server } from "../support/postgres.ts";
import { type Goal, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { definitionId, ownerKey, seed, TENANT } from "../support/seed.ts";
import { bindings } from "../support/worker.ts";

/** How often a call is repeated in a round. The first half of the calls fills the caches of the connection, and is not counted. */
const CALLS = 20;
const TAGS = Array.from({ length: 20 }, (_, n) => `tag-number-${n}`);

type Subject = {
  name: string;
  definitions: number;
  /** How many of the workflows have a run that waits. */
  withWork: number;
  tags: readonly string[];
  tagsOfRunner: readonly string[];
};

const plain = { tags: [], tagsOfRunner: [] };
const ten: Subject = { name: "10 workflows, all have work", definitions: 10, withWork: 10, ...plain };
const few: Subject = { name: "5,000 workflows, 10 have work", definitions: 5000, withWork: 10, ...plain };
const all: Subject = { name: "5,000 workflows, all have work", definitions: 5000, withWork: 5000, ...plain };
const bare: Subject = { name: "1,000 workflows, all have work", definitions: 1000, withWork: 1000, ...plain };
const tagged = { ...bare, name: "the same with 20 tags", tags: TAGS, tagsOfRunner: TAGS };
const other = { ...tagged, name: "the same for a runner that lacks one", tagsOfRunner: TAGS.slice(1) };
const SUBJECTS = [ten, few, all, bare, tagged, other];

const context = (proof: object) => JSON.stringify({ ...proof, request_id: newId(), slack_seconds: 30, sends: true });
const caller = { caller: { api_key_hash: createHash("sha256").update(ownerKey).digest("hex") } };

export async function measureLeasePolls({ server: start, rounds, quick, progress }: Context): Promise<Report> {
  const server = await start();
  const worlds = [];
  for (const [n, subject] of SUBJECTS.entries()) {
    progress(`seeding ${subject.name}`);
    const size = quick ? 20 : subject.definitions;
    const world = { ...subject, definitions: size, withWork: Math.min(size, subject.withWork) };
    worlds.push({ subject, ...(await makeWorld(server, `bench_polls_${n}`, world)) });
  }
  const measured = await alternate(rounds, worlds, pollMs, progress);
  const msOf = new Map([...measured].map(([{ subject }, values]) => [subject, values]));
  for (const { name } of worlds) await server.dropDatabase(name);

  const ratio = (of: Subject, to: Subject) => spread(ratios(msOf.get(of) ?? [], msOf.get(to) ?? []));
  const atMost = (goal: string, most: number, of: Subject, to: Subject): Goal => {
    const factor = ratio(of, to);
    return { goal: `${goal}: at most ${most} times as much`, figure: `${range(factor)} ×`, met: factor.median <= most };
  };
  const ofAll = spread(msOf.get(all) ?? []);
  return {
    goals: [
      atMost("a lease with 5,000 leased workflows of which 10 have work, compared with 10", 1.5, few, ten),
      {
        goal: "a lease with 5,000 leased workflows that all have work: at most 15 ms",
        figure: `${range(ofAll)} ms`,
        met: ofAll.median <= 15,
      },
      atMost("a lease with 1,000 workflows of 20 tags, compared with none", 1.1, tagged, bare),
      atMost("a lease that gets nothing since a tag is missing, compared with none", 1.1, other, bare),
    ],
    tables: [
      {
        title: "A runner asks for a run",
        columns: ["leased workflows of the tenant", "CPU of Postgres in ms"],
        rows: worlds.map(({ subject }) => [subject.name, range(spread(msOf.get(subject) ?? []))]),
        notes: `${CALLS / 2} leases of one run in each round, each rolled back. All workflows have a free slot.`,
      },
    ],
  };
}

type World = { name: string; pool: pg.Pool; session: string; getsRun: boolean };

async function makeWorld(server: Server, name: string, subject: Subject): Promise<World> {
  const pool = await server.createDatabase(name);
  const { definitions, withWork, tags, tagsOfRunner } = subject;
  await seed(pool, {
    ...{ runs: 5000, definitions, ended: true },
    ...{ runnerUrl: "http://127.0.0.1:9", encryptionKey: bindings("", "").ENCRYPTION_KEY ?? "" },
  });
  await pool.query("update workflow_definitions set handover = 'lease', runner_tags = $1", [tags]);
  for (let n = 1; n <= withWork; n++)
    await pool.query(
      `select trigger_run($1, $2, $3, p_idempotency_key => null, p_input => '{}', p_traceparent => null, p_labels => null,
        p_concurrency_key => null, p_start_after => null, p_must_start_by => null)`,
      [context(caller), definitionId(n), newId()],
    );
  const session = newId();
  await pool.query(
    `select open_runner_session($1, $2, p_name => 'bench', p_definition_ids => null, p_capacity => 1, p_silent_ids => null,
      p_silent_at => null, p_tags => $3)`,
    [context(caller), session, tagsOfRunner],
  );
  await pool.query("vacuum (analyze)");
  return { name, pool, session, getsRun: tags.every((tag) => tagsOfRunner.includes(tag)) };
}

/** The CPU time of Postgres that one lease takes, in milliseconds. */
async function pollMs({ pool, session, getsRun }: World): Promise<number> {
  const proof = { session: { session_id: session, tenant_id: TENANT } };
  const lease = async (client: pg.PoolClient) => {
    const text = "select lease_runs($1, $2, 1) as answer";
    const { rows } = await client.query({ name: "lease", text, values: [context(proof), newId()] });
    const { leases } = rows[0].answer.result;
    if (leases.length !== Number(getsRun)) throw new Error(`The runner got ${leases.length} runs.`);
  };
  return (await cpuMsOfActs(pool, { lease }, CALLS)).get("lease") ?? Number.NaN;
}
