/** A policy in words. */
import type { WhenBusy } from "../../../db/enums.ts";
import type { Policy } from "../../../workflows/policy.ts";
import { formatSeconds } from "../../format.ts";

/** Describes a policy in a few sentences. */
export function describePolicy(policy: Policy): string {
  const { handover, lease_seconds, max_attempts, retry_on, max_running, max_running_per_key } = policy;
  const isRetried = max_attempts > 1 && retry_on.length > 0;
  return [
    handover === "lease"
      ? `Runners ask for its runs, and may be silent for ${formatSeconds(lease_seconds)}.`
      : "Its runs are sent to its runner.",
    policy.runner_tags.length === 0 ? "" : `They need runners with the tags ${policy.runner_tags.join(", ")}.`,
    max_running > 1 ? `At most ${max_running} are RUNNING at the same time.` : "",
    max_running_per_key === null ? "" : `Keys take turns, with at most ${max_running_per_key} RUNNING each.`,
    describeBusy(policy),
    policy.may_trigger.length === 0 ? "" : "They may trigger runs of other workflows.",
    policy.input_schema === null ? "" : "Their inputs must fit its schema.",
    isRetried
      ? `They are tried up to ${max_attempts} times after ${retry_on.join(", ")}.`
      : "They are not retried automatically.",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

const BUSY_SENTENCES: Record<WhenBusy, string> = {
  queue: "",
  skip: "While it is busy, a new run is refused.",
  replace_queued: "While it is busy, a new run takes the place of those that wait.",
  replace_running: "A new run takes the place of those that wait, and stops what is RUNNING",
};

/** What the policy says about a busy workflow and its queue; empty when all runs wait. */
export function describeBusy({ when_busy, replace_grace_seconds, max_queued }: Policy): string {
  const grace =
    replace_grace_seconds === 0 ? "." : `, which has ${formatSeconds(replace_grace_seconds)} to end its work.`;
  const most = max_queued === null ? "" : ` At most ${max_queued} of its runs wait.`;
  return `${BUSY_SENTENCES[when_busy]}${when_busy === "replace_running" ? grace : ""}${most}`.trim();
}
