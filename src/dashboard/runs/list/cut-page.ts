/** Cuts the rows that were read for the list of runs to one page, and finds the cursors of the pages around it. */
import { placeAfter } from "../../../runs/labelled-runs.ts";
import type { RunCursor, RunsPage } from "../../../runs/run-filter.ts";
import { compare, type News, type Place } from "../kit/shown.ts";

const placeOf = (run: Place | undefined): RunCursor | null => (run ? { createdAt: run.created_at, id: run.id } : null);

type Around = { newer: RunCursor | null; older: RunCursor | null; isCut: boolean };

/** A page of a list: its runs and the cursors of the pages around it. `isCut`: the search stopped before it had looked at all runs. */
export type Cut<Run extends Place> = Around & { runs: Run[]; news: News };

type Found = { is_found: boolean } & Place;

/** Removes the extra row that shows whether there is a further page, and finds the cursors of the pages before and after. */
export function cutPage<Run extends Place>(rows: readonly (Run & Found)[], page: RunsPage): Cut<Run> {
  const found = rows.filter(({ is_found }) => is_found);
  const runs = page.direction === "newer" ? found.slice(-page.limit) : found.slice(0, page.limit);
  return { runs, ...aroundPage(runs, rows, page, found.length > page.limit), news: { come: 0, gone: 0 } };
}

/** Keeps the runs that an open page shows, and compares them with those that match now. */
export function keepShown<Run extends Place>(
  runs: readonly Run[],
  matches: readonly Found[],
  page: RunsPage,
): Cut<Run> {
  const matching = matches.filter(({ is_found }) => is_found);
  const { hasMore, ...news } = compare(runs, matching, page);
  return { runs: [...runs], ...aroundPage(runs, matches, page, hasMore), news };
}

/** The cursors of the pages before and after these runs. `rows` may say how far was looked. */
function aroundPage(
  runs: readonly Place[],
  rows: readonly Found[],
  { cursor, direction = "older" }: RunsPage,
  hasMore: boolean,
): Around {
  const lookedAt = placeOf(rows.find(({ is_found }) => !is_found));
  const beyond = lookedAt && placeAfter(lookedAt, direction);
  // The page that the reader came from is on the other side of the cursor.
  if (direction === "older") {
    const newer = cursor === undefined ? null : (placeOf(runs[0]) ?? cursor);
    return { newer, older: beyond ?? (hasMore ? placeOf(runs.at(-1)) : null), isCut: lookedAt !== null };
  }
  const older = placeOf(runs.at(-1)) ?? cursor ?? null;
  return { newer: beyond ?? (hasMore ? placeOf(runs[0]) : null), older, isCut: lookedAt !== null };
}
