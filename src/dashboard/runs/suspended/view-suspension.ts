import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { type Credential, credentialJson } from "../../../db/access.ts";
import type { Caller as CallerExpression } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import type { ON_TIMEOUT } from "../../../db/enums.ts";
import { instant, instantOrNull } from "../../../db/rows.ts";
import { runCheckpoints as c, runSuspensions as s, runWaits as w } from "../../../db/suspension-tables.ts";
import { users } from "../../../db/tables.ts";
import { r } from "../../../runs/run-rows.ts";
import { nameOf } from "../../caller.ts";
import { type Family, selectFamily, toFamily } from "./view-family.ts";

/** What a suspended run waits for now: `suspension_of` in SQL. Instants are RFC 3339. */
export type Suspension = {
  since: string;
  ends_at: string;
  on_timeout: (typeof ON_TIMEOUT)[number];
  note: string | null;
  waits: Wait[];
};

export type Wait = {
  key: string;
  kind: string;
  prompt: string | null;
  /** Of a timer. */
  due_at: string | null;
  /** Of a signal. */
  name: string | null;
  correlation: string | null;
  /** Of children: how many these are, and have ended. */
  children: { total: number; ended: number } | null;
};

/** A question of a run. */
export type Question = {
  key: string;
  prompt: string;
  /** Null: the answer is a text. */
  choices: string[] | null;
  /** Why the caller may not answer it: see `judge_answerer` in SQL. Null when they may, and of a question that is not open. */
  refused: string | null;
  /** The answer, and who has given it when; all null while there is none. */
  value: string | null;
  comment: string | null;
  user_name: string | null;
  answered_at: string | null;
};

export type Checkpoint = {
  key: string;
  attempt: number;
  bytes: number;
  kept_at: string;
  /** The beginning of its JSON: a little more than the page shows. */
  text: string;
};

/** What the page of a run shows of suspensions and checkpoints. */
export type Kept = {
  family: Family;
  /** Null unless the run is suspended now. */
  suspension: Suspension | null;
  /** When what the run was suspended for had come, by the attempt that has gone on: of the last {@link MAX_ATTEMPTS}. Null until then. */
  resumed: { attempt: number; at: string | null }[];
  /** The last {@link MAX_QUESTIONS}, the first one first. */
  questions: Question[];
  /** The last {@link MAX_CHECKPOINTS}, the first one first. */
  checkpoints: Checkpoint[];
  total_checkpoints: number;
};

/** How many attempts of a run its page shows. */
export const MAX_ATTEMPTS = 10;
const MAX_QUESTIONS = 100;
const MAX_CHECKPOINTS = 50;

/** How many characters of a checkpoint the page shows. The API has all of them. */
export const MAX_CHECKPOINT = 1000;

/** Selects what {@link toKept} makes the parts of the page of. */
export function selectKept(
  db: Database,
  caller: CallerExpression,
  credential: Credential,
  { id, isAsked }: { id: string; isAsked: SQL | undefined },
) {
  const isOpen = sql`${w.isOpen} and public.wait_outcome(${w}, statement_timestamp()) is null`;
  return {
    family: selectFamily(db, caller, id),
    suspensions: db
      .with(caller)
      .select({ now: sql<Suspension | null>`public.suspension_of(${r.id}, statement_timestamp())` })
      .from(caller)
      .innerJoin(r, isAsked),
    resumed: db
      .with(caller)
      .select({
        attempt: sql<number>`${s.attempt} + 1`,
        at: instantOrNull(sql`public.all_came_at(${s.runId}, ${s.keys}, statement_timestamp())`),
      })
      .from(caller)
      .innerJoin(r, isAsked)
      .innerJoin(s, eq(s.runId, r.id))
      .orderBy(desc(s.attempt))
      .limit(MAX_ATTEMPTS),
    questions: db
      .with(caller)
      .select({
        key: w.key,
        prompt: sql<string>`${w.prompt}`,
        choices: w.choices,
        refused: sql<string | null>`case when ${isOpen} then public.judge_answerer(${credentialJson(credential)}::jsonb,
          ${caller.role}, ${caller.tenantId}, ${caller.userId}, ${r.id}, ${w.key}) ->> 'refused' end`,
        value: w.value,
        comment: w.comment,
        user_name: sql<string | null>`(${db
          .select({ name: nameOf(users) })
          .from(users)
          .where(eq(users.id, w.userId))})`,
        answered_at: instantOrNull(w.answeredAt),
      })
      .from(caller)
      .innerJoin(r, isAsked)
      .innerJoin(w, and(eq(w.runId, r.id), eq(w.kind, "question")))
      .orderBy(desc(w.askedAt), desc(w.key))
      .limit(MAX_QUESTIONS),
    checkpoints: db
      .with(caller)
      .select({
        key: c.key,
        attempt: c.attempt,
        bytes: c.bytes,
        kept_at: instant(c.keptAt),
        text: sql<string>`left(${c.value}::text, ${MAX_CHECKPOINT + 1})`,
        total: sql<number>`count(*) over ()::int`,
      })
      .from(caller)
      .innerJoin(r, isAsked)
      .innerJoin(c, eq(c.runId, r.id))
      .orderBy(desc(c.keptAt), desc(c.key))
      .limit(MAX_CHECKPOINTS),
  };
}

type Rows = { [Name in keyof ReturnType<typeof selectKept>]: Awaited<ReturnType<typeof selectKept>[Name]> };

export const toKept = ({ family, suspensions: [suspension], resumed, questions, checkpoints }: Rows): Kept => ({
  family: toFamily(family),
  suspension: suspension?.now ?? null,
  resumed,
  questions: questions.toReversed(),
  checkpoints: checkpoints.toReversed(),
  total_checkpoints: checkpoints[0]?.total ?? 0,
});
