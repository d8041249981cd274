import { describe, expect, it } from "vitest";
import { inTurn } from "../support/in-turn.ts";
import { startService } from "../support/service.ts";
import { SQL_FILES } from "../support/sql-function.ts";
import { LOCKS_NOTHING, type LockingCalls, lockingCalls } from "./locking-calls.ts";
import { createLockingWorld } from "./locking-world.ts";

/** How many pairs run at the same time, each with a tenant of its own. */
const LANES = 3;

/** How many pairs one statement runs. */
const CHUNK = 150;

/*
 * Two sessions call `race`, one for each side of the pairs. Each pair is certain to meet: the first call goes to one of its points, such as
 * a row that it has just locked, and stays there until the second call has ended or waits for a lock. If both wait for each other then,
 * Postgres ends one of them. In the end both roll back, so the next pair finds the same rows.
 *
 * A call reaches a point when it changes or deletes a row, and when it reads the clock, which verbs do after their locks.
 */
const PROCEDURES = [
  `create table race_calls (lane integer, name text, text text, points integer, primary key (lane, name))`,
  `create function race_point() returns void language plpgsql as $$
  declare
    v_point integer := coalesce(nullif(current_setting('race.point', true), ''), '0')::integer + 1;
    v_step bigint;
    v_has_ended boolean;
  begin
    perform set_config('race.point', v_point::text, true);
    if v_point::text = current_setting('race.stays_at', true) then
      v_step := nextval(current_setting('race.began'));
      loop
        execute format('select last_value >= %s from %I', v_step, current_setting('race.ended')) into v_has_ended;
        exit when v_has_ended or exists (
          select from pg_locks l where l.pid = current_setting('race.other')::integer and not l.granted);
        perform pg_sleep(0.0002);
      end loop;
    end if;
  end $$`,
  `create function public.clock_timestamp() returns timestamptz language plpgsql as $$
  begin
    perform public.race_point();
    return pg_catalog.clock_timestamp();
  end $$`,
  `create function race_row() returns trigger language plpgsql as $$
  begin
    perform public.race_point();
    return case tg_op when 'DELETE' then old else new end;
  end $$`,
  // How many points a call has when nobody is in its way, and what it answers.
  `create procedure race_alone(p_lane integer, inout p_answers jsonb) language plpgsql as $$
  declare
    v_name text;
    v_text text;
    v_answer jsonb;
    v_points integer;
  begin
    foreach v_name in array (select array_agg(c.name order by c.name) from race_calls c where c.lane = p_lane) loop
      v_text := (select c.text from race_calls c where c.lane = p_lane and c.name = v_name);
      perform set_config('search_path', 'public, pg_catalog', true);
      begin
        execute v_text into v_answer;
      exception when others then
        v_answer := jsonb_build_object('refused', sqlerrm);
      end;
      v_points := coalesce(nullif(current_setting('race.point', true), ''), '0');
      rollback;
      p_answers := p_answers || jsonb_build_object(v_name, v_answer);
      update race_calls set points = v_points where lane = p_lane and name = v_name;
      commit;
    end loop;
  end $$`,
  // `p_points` are the points at which the first calls stay.
  `create procedure race(
    p_lane integer, p_side integer, p_calls text[], p_points integer[], inout p_failures jsonb
  ) language plpgsql as $$
  declare
    v_began text := format('race_%s_began', p_lane);
    v_ended text := format('race_%s_ended', p_lane);
    v_other text;
    v_has_come boolean;
    v_text text;
    v_detail text;
    v_where text;
  begin
    perform set_config('deadlock_timeout', '5ms', false);
    perform setval(format('race_%s_pid_%s', p_lane, p_side), pg_backend_pid());
    commit;
    loop
      execute format('select last_value from %I', format('race_%s_pid_%s', p_lane, 1 - p_side)) into v_other;
      exit when v_other <> '0';
      perform pg_sleep(0.001);
    end loop;
    for i in 1..cardinality(p_calls) loop
      v_text := (select c.text from race_calls c where c.lane = p_lane and c.name = p_calls[i]);
      loop
        execute format('select last_value >= %s from %I', case p_side when 0 then i - 1 else i end,
          case p_side when 0 then v_ended else v_began end) into v_has_come;
        exit when v_has_come;
        perform pg_sleep(0.0002);
      end loop;
      perform set_config('search_path', 'public, pg_catalog', true);
      if p_side = 0 then
        perform set_config('race.stays_at', p_points[i]::text, true), set_config('race.began', v_began, true),
          set_config('race.ended', v_ended, true), set_config('race.other', v_other, true);
      end if;
      begin
        execute v_text;
      exception when others then
        get stacked diagnostics v_where = pg_exception_context, v_detail = pg_exception_detail;
        p_failures := p_failures || jsonb_build_object(
          'place', i, 'side', p_side, 'sqlstate', sqlstate, 'error', sqlerrm, 'detail', v_detail, 'where', v_where);
      end;
      rollback;
      if p_side = 1 then
        perform nextval(v_ended);
      else
        execute format('select last_value >= %s from %I', i, v_began) into v_has_come;
        if not v_has_come then
          perform nextval(v_began);
        end if;
      end if;
    end loop;
  end $$`,
];

const service = await startService({ isNew: true });
const { sql } = service.database;
const tables = await sql`select tablename as name from pg_tables where schemaname = 'public'`;
await sql.transaction([
  ...PROCEDURES.map((text) => sql.query(text)),
  ...tables.map(({ name }) =>
    sql.query(
      `create trigger a_race before update or delete on public.${name} for each row execute function public.race_row()`,
    ),
  ),
]);

/** Two calls, and the point at which the first one stays until the second one has ended or waits. */
type Pair = [first: string, second: string, point: number];

type Failure = { place: number; side: number; sqlstate: string; error: string; detail: string; where: string };

/** Runs pairs of calls of a lane. Returns what failed, with both calls. */
async function race(lane: number, pairs: Pair[]): Promise<object[]> {
  const { sql } = service.database;
  await sql.transaction(
    ["began", "ended", "pid_0", "pid_1"].flatMap((name) => [
      sql.query(`create sequence if not exists race_${lane}_${name} minvalue 0`),
      sql`select setval(${`race_${lane}_${name}`}, 0)`,
    ]),
  );
  const points = pairs.map(([, , point]) => point);
  const sides = await Promise.all(
    [0, 1].map(async (side) => {
      const calls = pairs.map((pair) => String(pair[side]));
      const [row] = await sql`call race(${lane}, ${side}, ${calls}, ${points}, '[]')`;
      const failures: Failure[] = row?.p_failures;
      return failures;
    }),
  );
  return sides.flat().map(({ place, ...failure }) => ({ pair: pairs[place - 1], ...failure }));
}

/** The statement of a call. */
function textOf(name: string, { proof = {}, args }: LockingCalls[string]): string {
  const literal = (value: unknown): string => {
    if (value === null) return "null";
    if (typeof value === "object" && value !== null && "sql" in value) return String(value.sql);
    if (Array.isArray(value)) return `'{${value.map((one) => `"${one}"`).join()}}'`;
    return `'${String(value).replaceAll("'", "''")}'`;
  };
  const context = literal(JSON.stringify({ ...proof, slack_seconds: 0, sends: true }));
  const given = Object.entries(args).map(([key, value]) => `p_${key} => ${literal(value)}`);
  return `select public.${name.split(" ")[0]}(${[`p_context => ${context}`, ...given].join(", ")}) as answer`;
}

/** Adds calls to a lane. Returns what they answer when nobody is in their way. */
async function addCalls(lane: number, calls: Record<string, string>): Promise<Record<string, { refused?: string }>> {
  const { sql } = service.database;
  await sql`
    insert into race_calls (lane, name, text)
    select ${lane}, call.key, call.value from jsonb_each_text(${JSON.stringify(calls)}::jsonb) call`;
  const [row] = await sql`call race_alone(${lane}, '{}')`;
  return row?.p_answers;
}

/** Verbs that lock a run without its definition. They are the most likely to meet another order, so each of their points is tried. */
const WITHOUT_DEFINITION = /^record_(acceptances|postponement|stop_dispatch)\b/;

/** Each call of a lane beside each: at one of the points of the first call, or in a whole run at all of them. */
async function pairsOf(lane: number): Promise<Pair[]> {
  const rows = await service.database.sql`select name, points from race_calls where lane = ${lane} order by name`;
  return rows.flatMap((first) =>
    rows.flatMap((second) => {
      const points = Array.from({ length: Number(first.points) }, (_, n) => n + 1);
      const pair = [String(first.name), String(second.name)] as const;
      const count = WITHOUT_DEFINITION.test(pair[0]) ? points.length : 1;
      return inTurn(points, count, pair.join(" ")).map((point): Pair => [...pair, point]);
    }),
  );
}

const DEADLOCK = expect.objectContaining({ sqlstate: "40P01" });

describe("the order of locks", () => {
  it("is followed by every verb: each runs beside each, about the same rows, without a deadlock", async () => {
    const lanes = Array.from({ length: LANES }, (_, lane) => lane);
    const answers = await Promise.all(
      lanes.map(async (lane) => {
        const calls = Object.entries(await lockingCalls(await createLockingWorld(service, `lane${lane}`)));
        return addCalls(lane, Object.fromEntries(calls.map(([name, call]) => [name, textOf(name, call)])));
      }),
    );
    const [answer = {}] = answers;
    const verbs = Object.keys(SQL_FILES).flatMap((path) => /\/verbs\/(\w+)\.sql$/.exec(path)?.[1] ?? []);
    const called = new Set([...Object.keys(answer).map((name) => name.split(" ")[0]), ...Object.keys(LOCKS_NOTHING)]);
    expect([...called].sort()).toEqual(verbs.sort());
    // By itself, each call does its work. So none is refused before it has locked what it needs.
    const refusals = Object.entries(answer).filter(([, { refused }]) => refused !== undefined);
    expect(refusals).toEqual([
      ["delete_definition (with RUNNING runs)", expect.objectContaining({ refused: "running" })],
    ]);

    const pairs = await pairsOf(0);
    const chunks = Array.from({ length: Math.ceil(pairs.length / CHUNK) }, (_, n) =>
      pairs.slice(n * CHUNK, (n + 1) * CHUNK),
    );
    const failures = await Promise.all(
      lanes.map(async (lane) => {
        const failed: object[] = [];
        for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) failed.push(...(await race(lane, chunk)));
        return failed;
      }),
    );
    expect(failures.flat()).toEqual([]);
  });

  it("would be found broken, if one call locked an attempt before its run and another one after it", async () => {
    const [row] = await service.database.sql`select run_id from running_attempts limit 1`;
    const run = `update workflow_runs set updated_at = updated_at where id = '${row?.run_id}'`;
    const attempt = `update running_attempts set progress_percent = 1 where run_id = '${row?.run_id}'`;
    await addCalls(LANES, {
      "the run first": `with first as (${run} returning id) ${attempt} and exists (select from first) returning '{}'::jsonb`,
      "the attempt first": `with first as (${attempt} returning run_id) ${run} and exists (select from first) returning '{}'::jsonb`,
    });
    expect(await race(LANES, [["the run first", "the attempt first", 1]])).toEqual([DEADLOCK]);
    expect(await race(LANES, [["the run first", "the run first", 1]])).toEqual([]);
  });
});
