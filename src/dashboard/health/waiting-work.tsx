/** The workflows whose runs wait, and whether they wait as they should: `waiting_work` in SQL. */
import { and, eq, sql } from "drizzle-orm";
import type { Caller as CallerExpression } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { secondsSince } from "../../db/rows.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import type { Live } from "../../http/live/live.ts";
import { type ExplainedReason, whyWaiting } from "../../runs/details/explain-run.ts";
import { hasTags, isSilent, missingTags, type Presence, type RunnerSession } from "../../runs/leases/presence.ts";
import type { WaitReason } from "../../runs/run-rows.ts";
import { Empty, Name } from "../components.tsx";
import { pluralUpTo } from "../format.ts";
import { Trouble } from "./trouble.tsx";

/** A workflow of which at least one run is PENDING. `id` and `name` are those of the workflow. */
export type WaitingWork = {
  id: string;
  name: string;
  /** How many runs are in its queue, counted up to one more than {@link MAX_COUNTED}. */
  waiting: number;
  /** How many runs are PENDING and not in the queue, since their instant has not come; counted in the same way. */
  later: number;
  /** How long the first run of the queue has waited. Null when the queue is empty. */
  seconds: number | null;
  /** What the run that is next waits for. */
  reason: WaitReason;
  /** True when nothing but a runner or the next sweep is missing for that run. */
  has_turn: boolean;
  /** The tags that its runners need. */
  tags: string[];
  /** The runners that may lease its runs, if they lack no tag; null when its runs are sent to a runner. */
  sessions: RunnerSession[] | null;
};

/** How many workflows a page shows. */
const MAX_SHOWN = 20;

/** How many runs of a workflow are counted exactly. */
const MAX_COUNTED = 1000;

/** The workflows that the caller may see and whose runs wait, the one whose first run is the oldest first. */
export const selectWaitingWork = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select({
      id: d.id,
      name: d.name,
      waiting: sql<number>`work.waiting::int`,
      later: sql<number>`work.later::int`,
      seconds: secondsSince(sql`work.since`),
      reason: sql<WaitReason>`work.reason`,
      has_turn: sql<boolean>`work.has_turn`,
      tags: d.runnerTags,
      sessions: sql<RunnerSession[] | null>`work.sessions`,
    })
    .from(caller)
    .crossJoinLateral(
      sql`public.waiting_definitions(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${MAX_SHOWN}::int) found`,
    )
    .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, sql`found.id`)))
    .crossJoinLateral(
      sql`public.waiting_work(${caller.tenantId}, ${d.id}, ${MAX_COUNTED + 1}::int, statement_timestamp()) work`,
    )
    .orderBy(sql`work.since nulls last`, d.id);

/** A workflow with the reason for which its runs wait, now that it is known which runners are there. */
export type JudgedWork = Omit<WaitingWork, "sessions" | "tags" | "reason"> & {
  reason: ExplainedReason | null;
  /** See {@link missingTags}. */
  missing_tags: string[];
};

/** `presences` has the runners of all `sessions` by their ids. */
export const judgeWork = (
  { sessions, tags, reason, ...work }: WaitingWork,
  presences: ReadonlyMap<string, Presence>,
  live: Pick<Live, "hasHubs">,
): JudgedWork => {
  if (sessions === null) return { ...work, reason: whyWaiting(reason, null), missing_tags: [] };
  const isThere = sessions.filter(({ id }) => !isSilent({ presence: presences.get(id) ?? "silent" }, live));
  return {
    ...work,
    reason: whyWaiting(reason, isThere.filter(hasTags).length),
    missing_tags: missingTags(tags, isThere),
  };
};

/** True when runs wait for what will not come by itself: nobody asks for them although a slot is free, or the workflow has no runner. */
export const isStuck = ({ waiting, reason, has_turn }: JudgedWork): boolean =>
  waiting > 0 && (reason === "no_runner" || (reason === "no_runner_connected" && has_turn));

/**
 * The sentence for each reason. `stop` and `dispatch` are missing, since only a RUNNING run waits for those; `sentenceOf` has that of
 * `no_runner_connected`.
 */
const REASONS: Partial<Record<ExplainedReason, string>> = {
  suspended: "They are suspended.",
  paused: "The workflow is paused.",
  no_runner: "The workflow has no runner.",
  delayed: "They start later.",
  back_off: "They are tried again later.",
  key: "As many runs of their keys are RUNNING as may be.",
  slot: "They start when a slot is free.",
  lease: "A runner is connected, and takes the next one when it has room.",
};

function sentenceOf(work: JudgedWork): string | null {
  if (work.reason === "no_runner_connected") {
    const tags =
      work.missing_tags.length === 0
        ? ""
        : ` with the ${work.missing_tags.length === 1 ? "tag" : "tags"} ${work.missing_tags.join(", ")}`;
    return `No runner${tags} asks for them${work.has_turn ? "" : ", and no slot is free"}.`;
  }
  if (work.reason === "slot" && work.has_turn) return "A slot is free: the first of them starts within a minute.";
  return (work.reason && REASONS[work.reason]) ?? null;
}

/** The sum of what is counted, and whether one of the counts has reached its limit. */
export function sumOf(works: readonly JudgedWork[]): { waiting: string; seconds: number | null } {
  const sum = works.reduce((total, { waiting }) => total + Math.min(waiting, MAX_COUNTED), 0);
  const isMore = works.some(({ waiting }) => waiting > MAX_COUNTED) || works.length >= MAX_SHOWN;
  const seconds = works.flatMap((work) => work.seconds ?? []);
  return {
    waiting: `${isMore ? "> " : ""}${sum.toLocaleString("en")}`,
    seconds: seconds.length === 0 ? null : Math.max(...seconds),
  };
}

type Props = { works: readonly JudgedWork[]; formatAge: (seconds: number) => string };

export const WaitingCard = ({ works, formatAge }: Props) => (
  <section class="card" aria-label="What waits">
    <h2>What waits</h2>
    {works.length === 0 ? (
      <Empty title="No run waits." />
    ) : (
      <ul class="items">
        {works
          .toSorted((a, b) => Number(isStuck(b)) - Number(isStuck(a)))
          .map((work) => (
            <Trouble
              what={[
                ...(work.waiting > 0
                  ? [
                      `${pluralUpTo(MAX_COUNTED, work.waiting, "run")}${work.seconds === null ? "" : `, the first for ${formatAge(work.seconds)}`}`,
                    ]
                  : []),
                ...(work.later > 0 ? [`${pluralUpTo(MAX_COUNTED, work.later, "run")} later`] : []),
              ].join("; ")}
              reason={sentenceOf(work)}
            >
              <a href={`/app/workflows/${work.id}`}>
                <Name>{work.name}</Name>
              </a>
              {isStuck(work) && <strong class="stuck"> does not move</strong>}
            </Trouble>
          ))}
      </ul>
    )}
  </section>
);
