import { z } from "zod";
import { FIRING_CAUSES } from "../../db/enums.ts";
import { Time } from "../components.tsx";
import { formatOffset, formatSeconds, plural, secondsBetween } from "../format.ts";
import { CAUSES } from "../triggers/kit/triggered-by.tsx";
import type { ViewedEvent, ViewedRun } from "./kit/view-run.ts";

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
const numberOf = (value: unknown) => (typeof value === "number" ? value : null);

type Description = {
  what: string;
  more: string | null;
  nextTryAt?: string | null;
  startsAt?: string | null;
  until?: string | null;
};

/** Why a run was stopped, and what its runner said when it ended its work. */
function stopWords(detail: ViewedEvent["detail"]): string | null {
  const [reason, words] = [textOf(detail?.reason), textOf(detail?.error)];
  return words === null ? reason : `${reason === null ? "" : `${reason} · `}The runner said: ${words}`;
}

const triggerSchema = z.object({ trigger_name: z.string(), cause: z.enum(FIRING_CAUSES) });

/** The trigger that has triggered a run, or sent its signal: null when it was a person. */
function triggerOf(detail: ViewedEvent["detail"]): string | null {
  const trigger = triggerSchema.safeParse(detail?.trigger).data;
  return trigger ? `By the trigger “${trigger.trigger_name}”, ${CAUSES[trigger.cause]}.` : null;
}

/** Describes an event in words. A type that only the next release knows has no other words than its own. */
const describe = (event: ViewedEvent): Description => describeKnown(event) ?? { what: event.type, more: null };

/** What happened, its details, and when the dispatch will be retried. */
function describeKnown({ type, attempt, detail, user_name }: ViewedEvent): Description | undefined {
  const by = user_name ? ` by ${user_name}` : "";
  const reason = textOf(detail?.reason) ?? textOf(detail?.error);
  const tries = numberOf(detail?.tries) ?? 0;
  const nextTryAt = textOf(detail?.next_try_at);
  const trigger = triggerOf(detail);
  switch (type) {
    case "TRIGGERED":
      return { what: "Triggered", more: trigger, startsAt: textOf(detail?.start_after) };
    case "QUEUED":
      return { what: detail === null ? "Queued behind others" : `Queued now${by}`, more: null };
    case "PRIORITIZED":
      return {
        what: `Priority ${numberOf(detail?.priority) ?? ""}${by}`,
        more: `It was ${numberOf(detail?.before) ?? ""}.`,
      };
    case "STARTED":
      return { what: "Started", more: null };
    case "DISPATCHED":
      return { what: "Taken by the runner", more: tries > 1 ? `After ${tries} tries.` : null };
    case "DISPATCH_FAILED":
      return { what: "Dispatch failed", more: reason, nextTryAt };
    case "DISPATCH_POSTPONED":
      return { what: "Dispatch postponed", more: reason, nextTryAt };
    case "LEASED":
      return { what: "Taken by a runner", more: textOf(detail?.runner) };
    case "RELEASED":
      return {
        what: `Given back by its runner: attempt ${attempt}`,
        more: reason,
        nextTryAt: textOf(detail?.not_before),
      };
    case "SUSPENDED":
      return { what: `Suspended: attempt ${attempt}`, more: textOf(detail?.prompt), until: textOf(detail?.ends_at) };
    case "ANSWERED":
      return { what: `Answered${by}: ${textOf(detail?.value) ?? ""}`, more: textOf(detail?.key) };
    case "SIGNALLED":
      return {
        what: `Got the signal ${textOf(detail?.name) ?? ""}${trigger === null ? by : ""}`,
        more: [textOf(detail?.correlation) ?? [], trigger ?? []].flat().join(" · "),
      };
    case "STOP_REQUESTED":
      return { what: `Stop requested${by}`, more: reason };
    case "STOP_SENT":
      return { what: "The stop was sent to the runner", more: reason, nextTryAt };
    case "STOP_ACKNOWLEDGED":
      return { what: "The runner knows of the stop", more: null };
    case "LOST":
      return { what: "Lost: its runner stopped sending heartbeats", more: null };
    case "COMPLETED":
      return { what: "Completed", more: null };
    case "FAILED":
      return { what: "Failed", more: reason };
    case "TIMED_OUT": {
      const lag = numberOf(detail?.lag_ms);
      const more = lag === null ? null : `It was recorded ${formatSeconds(lag / 1000)} later.`;
      if (detail?.failure_code === "WAIT_EXPIRED") return { what: "What it waited for did not come in time", more };
      const isExpired = detail?.failure_code === "EXPIRED";
      return { what: isExpired ? "Expired before it started" : "Timed out at its deadline", more };
    }
    case "STOPPED":
      if (typeof detail?.superseded_by === "string") {
        return { what: "Superseded by a newer run", more: `Run ${detail.superseded_by}${by && `, triggered${by}`}` };
      }
      return { what: `Stopped${by}`, more: stopWords(detail) };
    case "RETRIED":
      return detail?.automatic === true
        ? { what: `Retried automatically: attempt ${attempt}`, more: null, nextTryAt: textOf(detail.not_before) }
        : { what: `Retried${by}: attempt ${attempt}`, more: null };
    case "BATCH_ENDED":
      return { what: "Its batch has ended: no run of it waits or runs any more", more: null };
    case "PAUSED":
      return { what: "The workflow was paused", more: reason };
    case "LATE_RESULT":
      return { what: "A result came too late", more: textOf(detail?.status) ?? reason };
  }
}

export const Timeline = ({ run }: { run: ViewedRun }) => (
  <section class="card">
    <h2>Events</h2>
    {run.total_events > run.events.length && (
      <p class="muted">
        The last {run.events.length} of {plural(run.total_events, "event")}.
      </p>
    )}
    <ol class="timeline">
      {run.events.map((event) => {
        const { what, more, nextTryAt, startsAt, until } = describe(event);
        return (
          <li class={event.type.toLowerCase().replaceAll("_", "-")}>
            <span class="what">
              <bdi>{what}</bdi>
            </span>
            <span>
              <Time at={event.at} withSeconds />{" "}
              <small class="offset">{formatOffset(secondsBetween(run.created_at, event.at))}</small>
            </span>
            {more !== null && (
              <p class="wrap muted">
                <bdi>{more}</bdi>
              </p>
            )}
            {startsAt && (
              <p class="muted">
                It starts not before <Time at={startsAt} withSeconds />
              </p>
            )}
            {until && (
              <p class="muted">
                Until <Time at={until} withSeconds /> at the latest
              </p>
            )}
            {nextTryAt && (
              <p class="muted">
                Next try: <Time at={nextTryAt} withSeconds />
              </p>
            )}
          </li>
        );
      })}
    </ol>
  </section>
);
