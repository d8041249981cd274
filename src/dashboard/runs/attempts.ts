/**
 * What happened in each attempt of a run, read from its events. A retry clears the error in the run's row, but the events keep
 * it.
 */
import type { FailureCode } from "../../db/enums.ts";
import { plural } from "../format.ts";
import type { ViewedEvent, ViewedRun } from "./kit/view-run.ts";

export type Attempt = {
  number: number;
  /** When it was triggered, retried or given back, or the run was suspended before it. */
  from: string;
  /** When it joined the queue: at once, but for a suspended run. Null while that waits for something, or when it is not known. */
  queuedAt: string | null;
  /** When the attempt got the slot, and when a runner accepted it. Null until then. */
  begunAt: string | null;
  takenAt: string | null;
  endedAt: string | null;
  /** Null while the attempt goes on. RELEASED: its runner gave it back. SUSPENDED: its runner suspended the run. */
  outcome: "COMPLETED" | "FAILED" | "RELEASED" | "SUSPENDED" | null;
  /** Why the attempt failed or was given back: a sentence of the service, or the runner's own text. */
  cause: string | null;
  /** What the runner said when it ended its work after a stop; null when it said nothing. */
  words: string | null;
  /** The runner's last answer to the dispatch; null when none was sent. */
  lastAnswer: string | null;
  /** What a person can do about the failure. */
  advice: string | null;
  /** The run that took its place in the queue. */
  supersededBy: string | null;
};

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

const ENDS = new Set(["COMPLETED", "FAILED", "TIMED_OUT", "LOST", "STOPPED"]);

/** The attempts that appear in the listed events, the first one first. */
export function attemptsOf(run: ViewedRun): Attempt[] {
  const byNumber = Map.groupBy(run.events, ({ attempt }) => attempt);
  return [...byNumber]
    .sort(([a], [b]) => a - b)
    .map(([number, events]) => attemptOf(run, number, events, byNumber.get(number + 1) ?? []));
}

function attemptOf(run: ViewedRun, number: number, events: ViewedEvent[], next: ViewedEvent[]): Attempt {
  const first = (...types: ViewedEvent["type"][]) => events.find(({ type }) => types.includes(type));
  const isLatest = number === run.attempt;
  const end = events.findLast(({ type }) => ENDS.has(type));
  const released = next.find(({ type }) => type === "RELEASED" || type === "SUSPENDED");
  const isTaken = first("DISPATCHED", "LEASED") !== undefined;
  const begin = first("TRIGGERED", "RETRIED", "RELEASED", "SUSPENDED") ?? events[0];
  const from = begin?.at ?? run.created_at;
  const code = end && end.type !== "COMPLETED" ? (isLatest && run.failure_code) || codeOf(end, isTaken) : null;
  return {
    number,
    from,
    queuedAt: begin?.type === "SUSPENDED" ? (run.resumed.find(({ attempt }) => attempt === number)?.at ?? null) : from,
    begunAt: first("STARTED", "LEASED")?.at ?? null,
    takenAt: first("DISPATCHED", "LEASED")?.at ?? null,
    endedAt: end?.at ?? released?.at ?? null,
    outcome: outcomeOf(end, released),
    cause: (isLatest && run.error) || (end ? causeOf(end, events, isTaken) : textOf(released?.detail?.reason)),
    words: end?.type === "STOPPED" ? textOf(end.detail?.error) : null,
    lastAnswer: lastAnswerOf(events),
    advice: code ? (ADVICE[code] ?? null) : null,
    supersededBy: textOf(end?.detail?.superseded_by),
  };
}

function outcomeOf(end: ViewedEvent | undefined, released: ViewedEvent | undefined): Attempt["outcome"] {
  if (end !== undefined) return end.type === "COMPLETED" ? "COMPLETED" : "FAILED";
  if (released === undefined) return null;
  return released.type === "SUSPENDED" ? "SUSPENDED" : "RELEASED";
}

/** The failure code of an earlier attempt, derived from its last event: the run's row has only the code of the latest attempt. */
function codeOf({ type, detail }: ViewedEvent, isTaken: boolean): FailureCode {
  switch (type) {
    case "STOPPED":
      return detail?.superseded_by === undefined ? "STOPPED" : "SUPERSEDED";
    case "LOST":
      return "LOST";
    case "TIMED_OUT":
      if (detail?.failure_code === "EXPIRED" || detail?.failure_code === "WAIT_EXPIRED") return detail.failure_code;
      return isTaken ? "DEADLINE" : "UNREACHED";
    default:
      // When a dispatch was given up, the event has a reason and the number of tries. When the runner reported the failure, it
      // has the runner's error.
      return detail?.reason === undefined ? "REPORTED" : "REJECTED";
  }
}

function causeOf({ type, detail, user_name }: ViewedEvent, events: ViewedEvent[], isTaken: boolean): string | null {
  const reason = textOf(detail?.error) ?? textOf(detail?.reason);
  const stopReason = textOf(detail?.reason);
  switch (type) {
    case "COMPLETED":
      return null;
    case "STOPPED":
      if (detail?.superseded_by !== undefined) return `Superseded by run ${detail.superseded_by}.`;
      return `Stopped${user_name ? ` by ${user_name}` : ""}${stopReason ? `: ${stopReason}` : "."}`;
    case "LOST":
      return "Its runner stopped sending heartbeats while it worked.";
    case "TIMED_OUT": {
      if (detail?.failure_code === "EXPIRED") return "Expired: it had not started when it had to.";
      if (detail?.failure_code === "WAIT_EXPIRED") return "Expired: what it waited for had not come in time.";
      if (isTaken) return "Timed out: no result arrived before its deadline.";
      const last = events.findLast((event) => event.type === "DISPATCH_FAILED" || event.type === "DISPATCH_POSTPONED");
      return `The runner never took it${last ? `, the last answer: ${textOf(last.detail?.reason) ?? "none"}` : "."}`;
    }
    default:
      return reason ?? "Its runner gave no reason.";
  }
}

function lastAnswerOf(events: ViewedEvent[]): string | null {
  const last = events.findLast(({ type }) =>
    ["DISPATCHED", "DISPATCH_FAILED", "DISPATCH_POSTPONED", "LEASED"].includes(type),
  );
  if (last === undefined) return null;
  if (last.type === "LEASED") return "It asked for the run.";
  if (last.type !== "DISPATCHED") return textOf(last.detail?.reason);
  const { status, tries } = last.detail ?? {};
  const answer = typeof status === "number" ? `It accepted the run with ${status}` : "It accepted the run";
  return typeof tries === "number" && tries > 1 ? `${answer}, after ${plural(tries, "try", "tries")}.` : `${answer}.`;
}

const ADVICE: Record<FailureCode, string> = {
  REPORTED: "The runner reported the failure. Its log and result may say more. Fix the cause, then retry.",
  DEADLINE: "Read the log to see why it took so long, or give the workflow more time, then retry.",
  STOPPED: "Retry it when the reason for the stop no longer applies.",
  REJECTED: "The runner refused it. Check the URL and the secret of the workflow’s runner, then retry.",
  UNREACHED: "Check that the runner is running and its URL is right, then retry.",
  LOST: "Check whether the runner is still working on it, then retry.",
  SUPERSEDED: "A newer run has taken its place, as the workflow’s policy says. Retry it to run it nevertheless.",
  EXPIRED: "It waited too long, so it never started. Retry it if it is still wanted: a retry does not expire.",
  WAIT_EXPIRED: "What it waited for did not come in time. A retry asks again for what was not answered.",
};
