import { Time } from "../../components.tsx";
import type { ViewedRun } from "../kit/view-run.ts";

/** The progress that the runner of a RUNNING run reported, its last heartbeat, and a stop that was requested. */
export const Progress = ({ run }: { run: ViewedRun }) => {
  const { status, attempt, progress, stop } = run;
  if (status !== "RUNNING") return null;
  const { percent, message, heartbeat_at } = progress;
  const isKnown = percent !== null || message !== null;
  return (
    <>
      {stop !== null && (
        <section class="card" aria-label="Stop">
          <p>
            <strong>A stop was requested</strong>
            {stop.reason !== null && (
              <>
                {": "}
                <bdi class="wrap">{stop.reason}</bdi>
              </>
            )}
            . Its runner {stop.acknowledged_at === null ? "does not know of it yet" : "knows of it"}, and has until{" "}
            <Time at={stop.ends_at} withSeconds /> to end its work.
          </p>
        </section>
      )}
      <section class="card progress" id="progress" data-attempt={attempt} aria-label="Progress">
        <h2>Progress</h2>
        <p class="muted progress-none" hidden={isKnown}>
          Its runner has reported none so far.
        </p>
        <progress max={100} value={percent ?? undefined} aria-label="Progress in percent" hidden={!isKnown} />
        <p>
          <strong class="progress-percent">{percent === null ? "" : `${percent} %`}</strong>{" "}
          <bdi class="wrap progress-message">{message ?? ""}</bdi>
        </p>
        <p class="muted heartbeat" hidden={heartbeat_at === null}>
          Last heartbeat: <Time at={heartbeat_at ?? run.created_at} withSeconds />
        </p>
      </section>
    </>
  );
};
