import { Time } from "../components.tsx";
import { formatSeconds, secondsBetween } from "../format.ts";
import { growing, TimeLeft, TimePassed } from "../live/ticking.tsx";
import { linearScale } from "../plot.ts";
import { type Attempt, attemptsOf } from "./attempts.ts";
import type { ViewedRun } from "./view-run.ts";

const WIDTH = 1000;
const HEIGHT = 34;

type Phase = { name: string; kind: string; from: string; to: string };

const LAST = { COMPLETED: "completed", FAILED: "failed", RELEASED: "failed" } as const;

/**
 * The phases of an attempt so far, in order. Until a runner accepts the run, it is in the phase "dispatching", also when it
 * ends before that.
 */
function phasesOf({ queuedAt, begunAt, takenAt, endedAt, outcome }: Attempt, now: string): Phase[] {
  const end = endedAt ?? now;
  const begun = begunAt ?? end;
  const taken = takenAt ?? end;
  return [
    { name: "Queued", kind: "pending", from: queuedAt, to: begun },
    { name: "Dispatching", kind: "dispatch", from: begun, to: taken },
    {
      name: endedAt === null ? "Running" : "Ran",
      kind: outcome === null ? "running" : LAST[outcome],
      from: taken,
      to: end,
    },
  ].filter(({ from, to }) => Date.parse(to) > Date.parse(from));
}

/** How many attempts before the latest are shown. */
const MAX_EARLIER = 9;

/** A bar for the phases of each attempt. The bar of the latest attempt also shows the deadline. */
export const TimeBars = ({ run, now }: { run: ViewedRun; now: string }) => {
  const attempts = attemptsOf(run);
  const latest: Attempt = {
    number: run.attempt,
    queuedAt: attempts.find(({ number }) => number === run.attempt)?.queuedAt ?? run.created_at,
    begunAt: run.begun_at,
    takenAt: run.dispatched_at,
    endedAt: run.completed_at,
    outcome: run.status === "COMPLETED" || run.status === "FAILED" ? run.status : null,
    cause: null,
    lastAnswer: null,
    advice: null,
  };
  const earlier = attempts.filter(({ number }) => number < run.attempt).slice(-MAX_EARLIER);
  return (
    <section class="card">
      <h2>Time</h2>
      {earlier.map((attempt) => (
        <EarlierBar attempt={attempt} now={now} />
      ))}
      <TimeBar run={run} attempt={latest} now={now} />
    </section>
  );
};

/** The phases of an attempt that has ended, as a bar and in words. */
const EarlierBar = ({ attempt, now }: { attempt: Attempt; now: string }) => {
  const phases = phasesOf(attempt, now);
  const [start, end] = [attempt.queuedAt, attempt.endedAt ?? now];
  const x = linearScale([Date.parse(start), Math.max(Date.parse(end), Date.parse(start) + 1)], [0, WIDTH]);
  const words = phases.map(({ name, from, to }) => `${name} ${formatSeconds(secondsBetween(from, to))}`).join(", ");
  const label = `Attempt ${attempt.number}: ${words}`;
  return (
    <div class="earlier-bar">
      <p>
        Attempt {attempt.number} <small class="muted">{words}</small>
      </p>
      <svg class="time-bar small" viewBox={`0 0 ${WIDTH} 22`} preserveAspectRatio="none" role="img" aria-label={label}>
        <title>{label}</title>
        <rect class="track" width={WIDTH} height="22" />
        {phases.map(({ kind, from, to }) => (
          <rect
            class={`phase ${kind}`}
            x={x(Date.parse(from)).toFixed(1)}
            width={Math.max(3, x(Date.parse(to)) - x(Date.parse(from))).toFixed(1)}
            height="22"
          />
        ))}
      </svg>
    </div>
  );
};

/** The phases of the latest attempt to scale: queued, dispatching and running, with the deadline. */
const TimeBar = ({ run, attempt, now }: { run: ViewedRun; attempt: Attempt; now: string }) => {
  const phases = phasesOf(attempt, now);
  const start = phases[0]?.from ?? run.created_at;
  const end = run.completed_at ?? now;
  const deadline = run.deadline_at;
  const last = deadline !== null && Date.parse(deadline) > Date.parse(end) ? deadline : end;
  const x = linearScale([Date.parse(start), Math.max(Date.parse(last), Date.parse(start) + 1)], [0, WIDTH]);
  const words = phases.map(({ name, from, to }) => `${name} ${formatSeconds(secondsBetween(from, to))}`);
  const isGoing = ({ to }: Phase) => run.completed_at === null && to === now;
  const widthOf = (phase: Phase) => ({
    width: Math.max(3, x(Date.parse(phase.to)) - x(Date.parse(phase.from))).toFixed(1),
    // A bar can only grow in the browser when its scale ends at the deadline.
    ...(isGoing(phase) &&
      last !== end &&
      growing({ ...phase, to: last, now, width: WIDTH - x(Date.parse(phase.from)) })),
  });
  const label = `${words.join(", ")}${deadline ? `; its deadline is ${formatSeconds(secondsBetween(start, deadline))} after the start of the bar` : ""}`;
  return (
    <div>
      <p>
        <small class="muted">attempt {run.attempt}</small>
      </p>
      <svg class="time-bar" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <title>{label}</title>
        <rect class="track" y="6" width={WIDTH} height="22" />
        {phases.map((phase) => (
          <rect
            class={`phase ${phase.kind}`}
            x={x(Date.parse(phase.from)).toFixed(1)}
            y="6"
            height="22"
            {...widthOf(phase)}
          />
        ))}
        {deadline && (
          <rect
            class="deadline"
            x={Math.min(WIDTH - 4, x(Date.parse(deadline))).toFixed(1)}
            width="4"
            height={HEIGHT}
          />
        )}
      </svg>
      <dl class="facts">
        {phases.map((phase) => (
          <div>
            <dt>
              <span class={`dot ${phase.kind}`} aria-hidden="true" />
              {phase.name}
            </dt>
            <dd class="number">
              {isGoing(phase) ? (
                <TimePassed at={phase.from} now={now} />
              ) : (
                formatSeconds(secondsBetween(phase.from, phase.to))
              )}
            </dd>
          </div>
        ))}
        {deadline && (
          <div>
            <dt>
              <span class="dot deadline" aria-hidden="true" />
              Deadline
            </dt>
            <dd>
              <Time at={deadline} />
              {run.status === "RUNNING" && (
                <small class="muted">
                  {" "}
                  in <TimeLeft at={deadline} now={now} />
                </small>
              )}
            </dd>
          </div>
        )}
        {run.completed_at && (
          <div>
            <dt>Ended</dt>
            <dd>
              <Time at={run.completed_at} />
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
};
