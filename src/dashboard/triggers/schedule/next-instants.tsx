import { occurrencesIn } from "../../../triggers/backfill.ts";
import { checkSchedule } from "../../../triggers/schedule/check-schedule.ts";
import type { Schedule } from "../../../triggers/schedule/schedule.ts";
import { Table, Time } from "../../components.tsx";

/** How many instants a page shows. */
const SHOWN = 5;

/** The first instants of a schedule after `now`; none for one that is not right, such as when its time zone is gone. All are RFC 3339. */
export const nextInstants = (schedule: Schedule, now: string): string[] =>
  checkSchedule(schedule).length > 0 ? [] : occurrencesIn(schedule, now, undefined, SHOWN).map(({ at }) => at);

/** `Mon, 2 Feb 2026, 06:00 GMT+1`: an instant in a time zone. */
export const formatIn = (timeZone: string, at: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
  }).format(new Date(at));

/** Instants in the reader's time zone and in that of the schedule. */
export const InstantsTable = ({ instants, timeZone }: { instants: readonly string[]; timeZone: string }) => (
  <Table
    columns={[
      "In your time zone",
      <>
        In <bdi>{timeZone}</bdi>
      </>,
    ]}
  >
    {instants.map((at) => (
      <tr>
        <td>
          <Time at={at} />
        </td>
        <td>{formatIn(timeZone, at)}</td>
      </tr>
    ))}
  </Table>
);

type Props = { schedule: Schedule; now: string; isActive: boolean };

/** The next instants of a schedule. */
export const NextInstants = ({ schedule, now, isActive }: Props) => {
  const instants = nextInstants(schedule, now);
  return (
    <section class="card">
      <h2>Next runs</h2>
      {!isActive && instants.length > 0 && <p class="muted">It is paused, so it does not fire for these.</p>}
      {instants.length === 0 ? (
        <p class="muted">There is no further instant.</p>
      ) : (
        <InstantsTable instants={instants} timeZone={schedule.time_zone} />
      )}
      {schedule.jitter_seconds > 0 && instants.length > 0 && (
        <p class="muted">Each fires up to {schedule.jitter_seconds} s later, always by the same time.</p>
      )}
    </section>
  );
};
