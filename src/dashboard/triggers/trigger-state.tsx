/** What a list and a page say of a trigger: what makes it fire, and whether it is active and when it fires next. */
import type { RunTrigger } from "../../triggers/run-trigger.ts";
import type { Schedule } from "../../triggers/schedule/schedule.ts";
import type { TriggerRow } from "../../triggers/triggers.ts";
import { Name, Time } from "../components.tsx";
import { END_WORDS } from "./run-form.tsx";
import { formatIn, nextInstants } from "./schedule/next-instants.tsx";
import { WebhookText } from "./webhook-pages.tsx";

const ScheduleText = ({ schedule: { cron, at, time_zone } }: { schedule: Schedule }) => (
  <>
    {cron === null ? "once, at " : ""}
    <code>{cron ?? at}</code> in <bdi>{time_zone}</bdi>
  </>
);

type OccasionProps = { trigger: Pick<TriggerRow, "schedule" | "webhook" | "run"> & { of_name: string | null } };

/** What makes it fire. */
export const Occasion = ({ trigger: { schedule, webhook, run, of_name } }: OccasionProps) => (
  <>
    {schedule !== null && <ScheduleText schedule={schedule} />}
    {webhook !== null && <WebhookText webhook={webhook} />}
    {run !== null && <RunText run={run} ofName={of_name} />}
  </>
);

const RunText = ({ run, ofName }: { run: RunTrigger; ofName: string | null }) => (
  <>
    once a run of{" "}
    {ofName === null ? (
      <span class="fault">a workflow that is gone or that you may not see</span>
    ) : (
      <a href={`/app/workflows/${run.of}`}>
        <Name>{ofName}</Name>
      </a>
    )}{" "}
    {END_WORDS[run.on] ?? run.on}
  </>
);

/**
 * Whether it is active, when it fires next, and who has paused it and why. A trigger that was just resumed has no planned instant until the
 * sweep has looked at it, so its next one is computed.
 */
export const State = ({ trigger, now }: { trigger: TriggerRow; now: string }) => {
  const { is_active, paused_at, pause_note, paused_by, schedule } = trigger;
  if (!is_active) {
    return (
      <>
        <span class="fault">Paused</span>
        {paused_at !== null && (
          <>
            {" "}
            since <Time at={paused_at} />
          </>
        )}
        {paused_by !== null && (
          <>
            {" "}
            by{" "}
            <a href={`/app/people/${paused_by.user_id}`}>
              <Name>{paused_by.name}</Name>
            </a>
          </>
        )}
        {pause_note !== null && (
          <p class="wrap muted">
            <bdi>{pause_note}</bdi>
          </p>
        )}
      </>
    );
  }
  if (schedule === null) return <>Active</>;
  const nextAt = trigger.next_at ?? nextInstants(schedule, now)[0];
  if (nextAt === undefined) return <>Active, without a further instant</>;
  return (
    <>
      Next: <Time at={nextAt} /> <span class="muted">({formatIn(schedule.time_zone, nextAt)})</span>
    </>
  );
};
