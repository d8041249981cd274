import { Time } from "../components.tsx";
import { formatSeconds, plural } from "../format.ts";
import type { ViewedEvent, ViewedRun } from "./view-run.ts";

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
const numberOf = (value: unknown) => (typeof value === "number" ? value : null);

/** What happened, in a few words, and what is known of it. */
function describe({ type, attempt, detail, user_name }: ViewedEvent): [string, string | null] {
  const by = user_name ? ` by ${user_name}` : "";
  const reason = textOf(detail?.reason) ?? textOf(detail?.error);
  const tries = numberOf(detail?.tries);
  switch (type) {
    case "TRIGGERED":
      return ["Triggered", null];
    case "QUEUED":
      return ["Queued behind others", null];
    case "STARTED":
      return ["Started: it has the slot", null];
    case "DISPATCHED":
      return ["Taken by the runner", tries && tries > 1 ? `At the ${tries}th try.` : null];
    case "DISPATCH_FAILED":
      return ["Could not be handed over", reason];
    case "DISPATCH_POSTPONED":
      return ["Postponed", reason];
    case "COMPLETED":
      return ["Completed", null];
    case "FAILED":
      return ["Failed", reason];
    case "TIMED_OUT": {
      const lag = numberOf(detail?.lag_ms);
      return ["Timed out at its deadline", lag === null ? null : `Swept up ${formatSeconds(lag / 1000)} later.`];
    }
    case "STOPPED":
      return [`Stopped${by}`, reason];
    case "RETRIED":
      return [`Retried${by}: attempt ${attempt}`, null];
    case "LATE_RESULT":
      return ["A result came too late", textOf(detail?.status) ?? reason];
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
        const [what, more] = describe(event);
        return (
          <li class={event.type.toLowerCase().replace("_", "-")}>
            <span class="what">
              <bdi>{what}</bdi>
            </span>
            <Time at={event.at} withSeconds />
            {more !== null && (
              <p class="wrap muted">
                <bdi>{more}</bdi>
              </p>
            )}
          </li>
        );
      })}
    </ol>
  </section>
);
