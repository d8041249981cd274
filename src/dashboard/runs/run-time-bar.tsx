import { Time } from "../components.tsx";
import { formatSeconds, secondsBetween } from "../format.ts";
import { growing, TimeLeft, TimePassed } from "../live/ticking.tsx";
import { linearScale } from "../plot.ts";
import type { ViewedRun } from "./view-run.ts";

const WIDTH = 1000;
const HEIGHT = 34;

type Phase = { name: string; kind: string; from: string; to: string };

/**
 * What the attempt has spent its time on so far, in order. Until a runner takes the run, its time goes into dispatching,
 * also when it ends before that.
 */
function phasesOf(run: ViewedRun, now: string): Phase[] {
  const queuedAt =
    run.events.findLast(({ type, attempt }) => attempt === run.attempt && (type === "TRIGGERED" || type === "RETRIED"))
      ?.at ?? run.created_at;
  const end = run.completed_at ?? now;
  const begun = run.begun_at ?? end;
  const taken = run.dispatched_at ?? end;
  const last = { COMPLETED: "completed", FAILED: "failed", RUNNING: "running", PENDING: "pending" }[run.status];
  return [
    { name: "Queued", kind: "pending", from: queuedAt, to: begun },
    { name: "Dispatching", kind: "dispatch", from: begun, to: taken },
    { name: run.status === "RUNNING" ? "Running" : "Ran", kind: last, from: taken, to: end },
  ].filter(({ from, to }) => Date.parse(to) > Date.parse(from));
}

/** The time of a run's attempt to scale: queued, dispatching, running, and its deadline. */
export const TimeBar = ({ run, now }: { run: ViewedRun; now: string }) => {
  const phases = phasesOf(run, now);
  const start = phases[0]?.from ?? run.created_at;
  const end = run.completed_at ?? now;
  const deadline = run.deadline_at;
  const last = deadline !== null && Date.parse(deadline) > Date.parse(end) ? deadline : end;
  const x = linearScale([Date.parse(start), Math.max(Date.parse(last), Date.parse(start) + 1)], [0, WIDTH]);
  const words = phases.map(({ name, from, to }) => `${name} ${formatSeconds(secondsBetween(from, to))}`);
  const isGoing = ({ to }: Phase) => run.completed_at === null && to === now;
  const widthOf = (phase: Phase) => ({
    width: Math.max(3, x(Date.parse(phase.to)) - x(Date.parse(phase.from))).toFixed(1),
    // Only a bar that ends at the deadline has room to grow.
    ...(isGoing(phase) &&
      last !== end &&
      growing({ ...phase, to: last, now, width: WIDTH - x(Date.parse(phase.from)) })),
  });
  const label = `${words.join(", ")}${deadline ? `; its deadline is ${formatSeconds(secondsBetween(start, deadline))} after the start of the bar` : ""}`;
  return (
    <section class="card">
      <h2>
        Time <small class="muted">attempt {run.attempt}</small>
      </h2>
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
    </section>
  );
};
