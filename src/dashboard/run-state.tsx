/** The state of a run as pages show it. It says more than the state that the API answers, about a run that is RUNNING or suspended. */
import type { RunStatus } from "../db/enums.ts";
import { Bar } from "./components.tsx";
import { secondsBetween } from "./format.ts";
import { TimeLeft } from "./live/kit/ticking.tsx";

/** What of a run decides how its state is shown. Instants are RFC 3339. */
export type RunState = {
  status: RunStatus;
  /** When a runner took the current attempt; null until then. */
  taken_at: string | null;
  /** Until when the runner may end its work after a stop; null when no stop was requested. */
  stop_ends_at: string | null;
  /** Since when it is suspended; null when it is not. */
  suspended_at: string | null;
};

/**
 * NOT_TAKEN: it has the slot, but no runner has accepted it. STOPPING: its runner has time to end its work. SUSPENDED: it is PENDING, outside
 * of its queue.
 */
export type ShownState = RunStatus | "NOT_TAKEN" | "STOPPING" | "SUSPENDED";

export function shownStateOf({ status, taken_at, stop_ends_at, suspended_at }: RunState): ShownState {
  if (status === "PENDING" && suspended_at !== null) return "SUSPENDED";
  if (status !== "RUNNING") return status;
  if (stop_ends_at !== null) return "STOPPING";
  return taken_at === null ? "NOT_TAKEN" : "RUNNING";
}

const WORDS: Record<ShownState, string> = {
  PENDING: "Pending",
  RUNNING: "Running",
  COMPLETED: "Completed",
  FAILED: "Failed",
  NOT_TAKEN: "Not taken yet",
  STOPPING: "Stopping",
  SUSPENDED: "Suspended",
};

/** The word for a state, on pages and for screen readers. */
export const wordOf = (state: ShownState): string => WORDS[state];

const ICONS: Record<ShownState, string> = {
  PENDING: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Zm0 2v3l2 2",
  RUNNING: "M5 3.5v9l7.5-4.5Z",
  COMPLETED: "m3 8.5 3.5 3.5L13 4.5",
  FAILED: "m4 4 8 8M12 4l-8 8",
  NOT_TAKEN: "M8 2.500 14.500 13.500h-13ZM8 6.500v3M8 11.300v.4",
  STOPPING: "M4 4h8v8H4Z",
  SUSPENDED: "M5.500 3.500v9M10.500 3.500v9",
};

/** The state of a run: a word, an icon and a colour. */
export const Status = ({ status }: { status: ShownState }) => (
  <span class={`status ${status.toLowerCase().replaceAll("_", "-")}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[status]} />
    </svg>
    {wordOf(status)}
  </span>
);

/** How long the runner has to end its work after a stop, beside the state of the run; nothing when no stop was requested. */
export const StopClock = ({ run, now }: { run: RunState; now: string }) =>
  run.status === "RUNNING" && run.stop_ends_at !== null ? (
    <small class="muted">
      <TimeLeft at={run.stop_ends_at} now={now} /> left to stop
    </small>
  ) : null;

type UsedProps = { from: string; deadline: string; now: string; note?: string };

/** How much of the time of a RUNNING run is used, as a bar that grows, and how much is left, in words. */
export const TimeUsed = ({ from, deadline, now, note = "" }: UsedProps) => {
  const share = secondsBetween(from, now) / secondsBetween(from, deadline);
  return (
    <>
      <Bar
        value={share}
        kind={share > 0.8 ? "short" : "used"}
        label="How much of its time is used"
        passing={{ from, to: deadline, now }}
      />
      <small class="muted">
        <TimeLeft at={deadline} now={now} /> left{note}
      </small>
    </>
  );
};
