import { checkSchedule } from "../../triggers/schedule/check-schedule.ts";
import type { Schedule } from "../../triggers/schedule/schedule.ts";
import { occurrencesAfter } from "../../triggers/schedule/schedule.ts";
import { Time } from "../components.tsx";

/** How many instants a page shows. */
const SHOWN = 5;

/** The first instants of a schedule after `now`; none for one that is not right, such as when its time zone is gone. All are RFC 3339. */
export function nextInstants(schedule: Schedule, now: string): string[] {
  if (checkSchedule(schedule).length > 0) return [];
  const instants: string[] = [];
  for (const { at } of occurrencesAfter(schedule, "", Date.parse(now))) {
    instants.push(new Date(at).toISOString());
    if (instants.length === SHOWN) break;
  }
  return instants;
}

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

type Props = { schedule: Schedule; now: string; isActive: boolean };

/** The next instants of a schedule, in the reader's time zone and in that of the schedule. */
export const NextInstants = ({ schedule, now, isActive }: Props) => {
  const instants = nextInstants(schedule, now);
  return (
    <section class="card">
      <h2>Next instants</h2>
      {!isActive && instants.length > 0 && <p class="muted">It is paused, so it does not fire for these.</p>}
      {instants.length === 0 ? (
        <p class="muted">There is no further instant.</p>
      ) : (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">In your time zone</th>
              <th scope="col">
                In <bdi>{schedule.time_zone}</bdi>
              </th>
            </tr>
          </thead>
          <tbody>
            {instants.map((at) => (
              <tr>
                <td>
                  <Time at={at} />
                </td>
                <td>{formatIn(schedule.time_zone, at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {schedule.jitter_seconds > 0 && instants.length > 0 && (
        <p class="muted">Each fires up to {schedule.jitter_seconds} s later, always by the same time.</p>
      )}
    </section>
  );
};
