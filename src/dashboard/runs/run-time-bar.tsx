import { Time } from "../components.tsx";
import { formatSeconds, secondsBetween } from "../format.ts";
import { growing, TimeLeft, TimePassed } from "../live/kit/ticking.tsx";
import { linearScale } from "../plot.ts";
import { type Attempt, attemptsOf } from "./attempts.ts";
import type { ViewedRun } from "./kit/view-run.ts";
import { Failure } from "./run-failure.tsx";
import { MAX_ATTEMPTS } from "./suspended/view-suspension.ts";

const WIDTH = 1000;
const HEIGHT = 22;

type Phase = { name: string; kind: string; from: string; to: string };

const LAST = { COMPLETED: "completed", FAILED: "failed", RELEASED: "failed", SUSPENDED: "completed" } as const;

const ENDED = { COMPLETED: "completed", FAILED: "failed", RELEASED: "given back", SUSPENDED: "suspended" };

/**
 * The phases of an attempt so far, in order. Until a runner accepts the run, it is in the phase "dispatching", also when it
 * ends before that.
 */
function phasesOf({ from, queuedAt, begunAt, takenAt, endedAt, outcome }: Attempt, now: string): Phase[] {
  const end = endedAt ?? now;
  const begun = begunAt ?? end;
  const taken = takenAt ?? end;
  const queued = queuedAt !== null && queuedAt < begun ? queuedAt : begun;
  return [
    { name: "Suspended", kind: "suspended", from, to: queued },
    { name: "Queued", kind: "pending", from: queued, to: begun },
    { name: "Dispatching", kind: "dispatch", from: begun, to: taken },
    {
      name: endedAt === null ? "Running" : "Ran",
      kind: outcome === null ? "running" : LAST[outcome],
      from: taken,
      to: end,
    },
  ].filter(({ from, to }) => Date.parse(to) > Date.parse(from));
}

const wordsOf = (phases: Phase[]) =>
  phases.map(({ name, from, to }) => `${name} ${formatSeconds(secondsBetween(from, to))}`).join(", ");

/** The time from the first trigger of the run to its end. While it goes on, to its deadline, or to now when it has none yet. */
type Scale = { run: ViewedRun; now: string; from: string; to: string };

/**
 * All attempts on one scale: a bar for the phases of each, the failures of earlier ones, and the durations of the latest. The bar
 * of a run that goes on also shows its deadline.
 */
export const Attempts = ({ run, now }: { run: ViewedRun; now: string }) => {
  const attempts = attemptsOf(run);
  const known = attempts.find(({ number }) => number === run.attempt);
  const latest: Attempt = {
    number: run.attempt,
    from: known?.from ?? run.created_at,
    queuedAt: known ? known.queuedAt : run.created_at,
    begunAt: run.begun_at,
    takenAt: run.dispatched_at,
    endedAt: run.completed_at,
    outcome: run.status === "COMPLETED" || run.status === "FAILED" ? run.status : null,
    cause: null,
    words: null,
    lastAnswer: null,
    advice: null,
    supersededBy: null,
  };
  const earlier = attempts.filter(({ number }) => number < run.attempt).slice(1 - MAX_ATTEMPTS);
  const { completed_at: ended, deadline_at: deadline } = run;
  const isLate = deadline === null || Date.parse(deadline) <= Date.parse(now);
  const to = ended ?? (isLate ? now : deadline);
  const scale = { run, now, from: earlier[0]?.from ?? latest.from, to };
  return (
    <section class="card" id="attempts" aria-label="Attempts">
      <h2>{run.attempt > 1 ? "Attempts" : "Time"}</h2>
      <div class="earlier-attempts">
        {earlier.map((attempt) => (
          <details id={`attempt-${attempt.number}`}>
            <summary>
              <span>
                Attempt {attempt.number}: {ENDED[attempt.outcome ?? "FAILED"]}
              </span>
              <Bar attempt={attempt} scale={scale} />
            </summary>
            <p class="muted">{wordsOf(phasesOf(attempt, now))}</p>
            <Failure run={run} attempt={attempt} />
          </details>
        ))}
      </div>
      {run.attempt > 1 ? (
        <p class="latest-attempt">
          <span>Attempt {run.attempt}</span>
          <Bar attempt={latest} scale={scale} />
        </p>
      ) : (
        <Bar attempt={latest} scale={scale} />
      )}
      <Durations run={run} phases={phasesOf(latest, now)} now={now} />
    </section>
  );
};

const isGoing = (run: ViewedRun, { to }: Phase, now: string) => run.completed_at === null && to === now;

/** The phases of an attempt, on the scale of all attempts. */
const Bar = ({ attempt, scale: { run, now, from, to } }: { attempt: Attempt; scale: Scale }) => {
  const x = linearScale([Date.parse(from), Math.max(Date.parse(to), Date.parse(from) + 1)], [0, WIDTH]);
  const phases = phasesOf(attempt, now);
  const deadline = attempt.number === run.attempt && run.completed_at === null ? run.deadline_at : null;
  const last =
    deadline === null ? "" : `; its deadline is ${formatSeconds(secondsBetween(from, deadline))} after the start`;
  const label = `Attempt ${attempt.number}: ${wordsOf(phases)}${last}`;
  const widthOf = (phase: Phase) => ({
    width: Math.max(3, x(Date.parse(phase.to)) - x(Date.parse(phase.from))).toFixed(1),
    // A bar can only grow in the browser when its scale ends at the deadline.
    ...(isGoing(run, phase, now) &&
      to !== now &&
      growing({ ...phase, to, now, width: WIDTH - x(Date.parse(phase.from)) })),
  });
  return (
    <svg class="time-bar" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <rect class="track" width={WIDTH} height={HEIGHT} />
      {phases.map((phase) => (
        <rect
          class={`phase ${phase.kind}`}
          x={x(Date.parse(phase.from)).toFixed(1)}
          height={HEIGHT}
          {...widthOf(phase)}
        />
      ))}
      {deadline && <rect class="deadline" x={WIDTH - 4} width="4" height={HEIGHT} />}
    </svg>
  );
};

/** How long the phases of the latest attempt took, and its deadline or its end. */
const Durations = ({ run, phases, now }: { run: ViewedRun; phases: Phase[]; now: string }) => (
  <dl class="facts">
    {phases.map((phase) => (
      <div>
        <dt>
          <span class={`dot ${phase.kind}`} aria-hidden="true" />
          {phase.name}
        </dt>
        <dd class="number">
          {isGoing(run, phase, now) ? (
            <TimePassed at={phase.from} now={now} />
          ) : (
            formatSeconds(secondsBetween(phase.from, phase.to))
          )}
        </dd>
      </div>
    ))}
    {run.completed_at === null && run.deadline_at !== null && (
      <div>
        <dt>
          <span class="dot deadline" aria-hidden="true" />
          Deadline
        </dt>
        <dd>
          <Time at={run.deadline_at} />
          {run.status === "RUNNING" && (
            <small class="muted">
              {" "}
              in <TimeLeft at={run.deadline_at} now={now} />
            </small>
          )}
        </dd>
      </div>
    )}
    {run.completed_at !== null && (
      <div>
        <dt>Ended</dt>
        <dd>
          <Time at={run.completed_at} />
        </dd>
      </div>
    )}
  </dl>
);
