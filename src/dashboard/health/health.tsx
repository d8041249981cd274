import type { Child } from "hono/jsx";
import type { HubLoad, LiveStatus } from "../../http/live/live.ts";
import { findPresence } from "../../runs/leases/presence.ts";
import type { Deletions } from "../../sweep/deletions.ts";
import type { SnapshotKind } from "../../sweep/old-snapshots.ts";
import { LATE_SECONDS, MAX_COUNTED, sinceSweepOrSkip } from "../../sweep/sweep-state.ts";
import { describeTries, nameSetAside } from "../../verbs/sweep-steps.ts";
import { Empty, Live, WorkflowName } from "../components.tsx";
import { formatSeconds, plural } from "../format.ts";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { Runners, UrlRunners, type ViewedRunner } from "../runners/kit/runners.tsx";
import { readRange } from "../statistics/kit/range.ts";
import { ChartScript, StatisticsCard } from "../statistics/kit/statistics.tsx";
import type { FailingRunner } from "./failing-runners.ts";
import { SilentTriggers } from "./silent-triggers.tsx";
import { Trouble } from "./trouble.tsx";
import { type FailingEndpoint, type HealthView, viewHealth } from "./view-health.ts";
import { isStuck, type JudgedWork, judgeWork, sumOf, WaitingCard } from "./waiting-work.tsx";

export const healthPage = new Pages();

healthPage.page("/app/health", async (c) => {
  const [view, live] = await Promise.all([
    viewHealth(c.env.db, c.var.credential, readRange(new URL(c.req.url).searchParams)),
    c.env.live.readStatus(),
  ]);
  const { caller } = view;
  const shown = new Set(view.runners.map(({ id }) => id));
  // Of very many sessions, not all are shown; and a USER sees none of them.
  const others = new Map(
    view.waiting
      .flatMap(({ sessions }) => sessions ?? [])
      .flatMap((session) => (shown.has(session.id) ? [] : [[session.id, session]])),
  );
  const [found, load] = await Promise.all([
    findPresence(c.env.live, caller.tenant_id, [...view.runners, ...others.values()], view.now),
    caller.is_administrator ? c.env.live.readHubLoad(caller.tenant_id) : null,
  ]);
  const presences = new Map(found.map(({ id, presence }) => [id, presence]));
  const works = view.waiting.map((work) => judgeWork(work, presences, c.env.live));
  const runners = found.filter((runner): runner is ViewedRunner => shown.has(runner.id));
  return html(c, <HealthPage view={view} live={live} works={works} runners={runners} load={load} />);
});

/** An age in whole minutes, so that the page keeps its ETag while nothing else changes. */
const formatAge = (seconds: number) =>
  seconds < 60 ? "less than a minute" : formatSeconds(Math.floor(seconds / 60) * 60);

type HealthPageProps = {
  view: HealthView;
  live: LiveStatus | null;
  works: readonly JudgedWork[];
  runners: readonly ViewedRunner[];
  load: HubLoad | null;
};

const HealthPage = ({ view, live, works, runners, load }: HealthPageProps) => {
  const { is_administrator: isAdministrator } = view.caller;
  const untaken = view.failing.reduce((total, { trying, never_taken }) => total + trying + never_taken, 0);
  return (
    <Page title="Health" section="health" caller={view.caller}>
      <div class="head">
        <h1>Health</h1>
        {!isAdministrator && <span class="muted">of the runs that you see</span>}
        <div class="actions">
          <a href="/app/failures">Failures that are alike</a>
        </div>
      </div>
      <ChartScript />
      <Live href={`/app/health?${view.statistics.range.query}`}>
        <div class="tiles">
          <WaitingTile works={works} />
          {isAdministrator && <SweepTile view={view} live={live} />}
          <Tile name="Overdue now" value={view.overdue} isGood={(view.overdue_seconds ?? 0) < LATE_SECONDS}>
            {view.overdue_seconds === null
              ? "none is beyond its deadline"
              : `the oldest for ${formatAge(view.overdue_seconds)}`}
          </Tile>
          <Tile name="Dispatch backlog" value={view.due} isGood={(view.due_seconds ?? 0) < LATE_SECONDS}>
            {view.due_seconds === null ? "nothing is due" : `the oldest for ${formatAge(view.due_seconds)}`}
            {view.postponed > 0 && `; ${view.postponed} to be tried later`}
          </Tile>
          <Tile name="Failing runners" value={view.failing.length} isGood={view.failing.length === 0}>
            {view.failing.length === 0 ? "all accept their runs" : `${plural(untaken, "run")} not accepted: see below`}
          </Tile>
        </div>
        <WaitingCard works={works} formatAge={formatAge} />
        <StatisticsCard statistics={view.statistics} href="/app/health" />
        <section class="card">
          <h2>Deadlines in the last day</h2>
          {view.timed_out === 0 ? (
            <p class="muted">No run has timed out.</p>
          ) : (
            <p>
              {plural(view.timed_out, "run")} timed out. {view.timed_out === 1 ? "It is" : "Each is"} FAILED from its
              deadline on.
              {isAdministrator &&
                ` A sweep recorded it and freed their slots, at most ${formatSeconds(view.lag_max_seconds ?? 0)} later.`}
            </p>
          )}
        </section>
        {view.deletions !== null && <BeingDeleted deletions={view.deletions} />}
        {view.set_aside.length > 0 && <WhatFails setAside={view.set_aside} />}
        {isAdministrator && view.snapshots.length > 0 && <OldSnapshots snapshots={view.snapshots} />}
        <FailingRunners failing={view.failing} />
        {view.triggers.length > 0 && <SilentTriggers triggers={view.triggers} formatAge={formatAge} />}
        {view.endpoints.length > 0 && <Endpoints endpoints={view.endpoints} />}
        {isAdministrator && <Runners runners={runners} now={view.now} />}
        {view.url_runners.length > 0 && <UrlRunners runners={view.url_runners} now={view.now} />}
        {load !== null && <Load load={load} />}
      </Live>
    </Page>
  );
};

const WaitingTile = ({ works }: Pick<HealthPageProps, "works">) => {
  const { waiting, seconds } = sumOf(works);
  const stuck = works.filter(isStuck).length;
  return (
    <Tile name="Waiting runs" value={waiting} isGood={stuck === 0}>
      {seconds === null ? "none is in a queue" : `the oldest for ${formatAge(seconds)}`}
      {stuck > 0 && `; ${plural(stuck, "workflow")} ${stuck === 1 ? "does" : "do"} not move: see below`}
    </Tile>
  );
};

const SweepTile = ({ view: { sweep }, live }: Pick<HealthPageProps, "view" | "live">) => {
  if (sweep?.seconds_since == null) {
    return (
      <Tile name="Last sweep" value="never" isGood={false}>
        Is the cron trigger deployed?
      </Tile>
    );
  }
  const { seconds_taken } = sweep;
  const since = sinceSweepOrSkip(sweep.seconds_since, live) ?? sweep.seconds_since;
  const lastAlarm = live?.lastAlarm ?? null;
  return (
    <Tile name="Last sweep" value={since < 60 ? "< 1 min" : formatAge(since)} isGood={since < LATE_SECONDS}>
      {since < sweep.seconds_since
        ? `ago there was nothing to sweep; the last full one was ${formatAge(sweep.seconds_since)} ago`
        : seconds_taken === null
          ? "ago; one is under way"
          : `ago; it took ${formatSeconds(seconds_taken)}`}
      {lastAlarm && `. An alarm ${formatAge(lastAlarm.since)} ago was ${formatSeconds(lastAlarm.lateMs / 1000)} late`}
    </Tile>
  );
};

/** In whole numbers, so that the page keeps its ETag while nothing else changes. */
const Load = ({ load: { callsPerSecond, streams, waits, runners } }: { load: HubLoad }) => {
  const calls = Math.round(callsPerSecond);
  return (
    <section class="card">
      <h2>Live updates</h2>
      <p>
        {calls === 0 ? "Less than one call" : plural(calls, "call")} a second to the hub of this organisation in the
        last minute. {plural(streams, "stream")} {streams === 1 ? "is" : "are"} open, {plural(waits, "request")} and{" "}
        {plural(runners, "runner")} wait.
      </p>
    </section>
  );
};

type TileProps = { name: string; value: string | number; isGood: boolean; children: Child };

const Tile = ({ name, value, isGood, children }: TileProps) => (
  <section class={`card tile ${isGood ? "good" : "bad"}`} aria-label={name}>
    <h2>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={isGood ? "m3 8.500 3.500 3.500L13 4.500" : "M8 3v6.500M8 12.500v.5"} />
      </svg>
      {name}
      <span class="visually-hidden">{isGood ? ": good" : ": needs attention"}</span>
    </h2>
    <p class="big">{value}</p>
    <p class="muted">{children}</p>
  </section>
);

const BeingDeleted = ({ deletions: { workflows, triggers, endpoints, runs, seconds } }: { deletions: Deletions }) => (
  <section class="card">
    <h2>Deletions</h2>
    <p>
      What belonged to {plural(workflows, "deleted workflow")}, {plural(triggers, "deleted trigger")} and{" "}
      {plural(endpoints, "deleted notification endpoint")} is still being deleted, with{" "}
      {runs < MAX_COUNTED ? plural(runs, "run") : `${runs} runs or more`}, since {formatAge(seconds ?? 0)}. Nobody sees
      it any more.
    </p>
  </section>
);

const SNAPSHOT_KINDS: Record<SnapshotKind, string> = {
  transaction: "A transaction",
  prepared_transaction: "A prepared transaction",
  replication: "Replication",
};

const OldSnapshots = ({ snapshots }: Pick<HealthView, "snapshots">) => (
  <section class="card">
    <h2>Old snapshots of the database</h2>
    {snapshots.map(({ kind, age_seconds }) => (
      <p>
        {SNAPSHOT_KINDS[kind]} has kept one open for{" "}
        {age_seconds === null ? "more than a minute" : formatAge(age_seconds)}.
      </p>
    ))}
    <p class="muted">
      Until it ends, everything becomes slower, since the database must keep what such a snapshot can see. To whoever
      operates the service, <code>npm run doctor</code> says more.
    </p>
  </section>
);

/** What has failed in a sweep. Why is in the log of whoever operates the service. */
const WhatFails = ({ setAside }: { setAside: HealthView["set_aside"] }) => (
  <section class="card">
    <h2>Set aside</h2>
    <ul class="items">
      {setAside.map((aside) => (
        <Trouble
          what={describeTries(aside.failures, formatAge(aside.seconds))}
          reason={aside.sqlstate && `The database answered ${aside.sqlstate}.`}
        >
          {nameSetAside(aside)}
        </Trouble>
      ))}
    </ul>
    <p class="muted">
      The sweep goes on without it, and tries it again after a minute to an hour. Whoever operates the service finds the
      cause by <code>npm run doctor</code>.
    </p>
  </section>
);

const Endpoints = ({ endpoints }: { endpoints: FailingEndpoint[] }) => (
  <section class="card">
    <h2>Failing notification endpoints</h2>
    <ul class="items">
      {endpoints.map(({ id, url, disabled_reason, failures }) => (
        <Trouble
          what={disabled_reason === null ? `${plural(failures, "failed try", "failed tries")} in a row` : "disabled"}
          reason={disabled_reason}
        >
          <a href={`/app/settings/notifications/${id}`}>
            <bdi>{url}</bdi>
          </a>
        </Trouble>
      ))}
    </ul>
  </section>
);

const FailingRunners = ({ failing }: { failing: FailingRunner[] }) => (
  <section class="card">
    <h2>Failing runners</h2>
    {failing.length === 0 ? (
      <Empty title="Every runner accepts its runs." />
    ) : (
      <ul class="items">
        {failing.map(({ id, name, is_visible, trying, never_taken, reason }) => (
          <Trouble
            what={[
              ...(trying > 0 ? [`${plural(trying, "run")} being tried`] : []),
              ...(never_taken > 0 ? [`${plural(never_taken, "run")} never accepted`] : []),
            ].join(", ")}
            reason={reason}
          >
            <WorkflowName id={id} name={name} isVisible={is_visible} />
          </Trouble>
        ))}
      </ul>
    )}
  </section>
);
