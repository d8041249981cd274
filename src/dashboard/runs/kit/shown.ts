/**
 * Keeps an open list of runs still. A refresh of the list names the runs that it shows, so these stay where they are, in their current
 * states. What has come since, or does not match any more, is only counted, until the reader asks for the list as it is now.
 */
import { z } from "zod";
import type { RunsPage } from "../../../runs/run-filter.ts";

/** How many runs a refresh may name: more than a page has. */
const MAX_SHOWN = 50;

/** How many runs that have come are counted at most. */
export const MAX_NEW = 99;

/** The runs that a refresh names in a query parameter; null in a request for the list as it is now. */
export function readShown(params: URLSearchParams, name = "shown"): string[] | null {
  const ids = params.get(name)?.split(".");
  return ids?.filter((id) => z.guid().safeParse(id).success).slice(0, MAX_SHOWN) ?? null;
}

/** The URL with which a list refreshes itself. An empty list has nothing that could move, so it shows what comes. */
export function refreshHref(href: string, runs: readonly { id: string }[]): string {
  return runs.length === 0 ? href : keepingHref(href, "shown", runs);
}

/** Adds to a URL which runs of a list stay, as a query parameter that {@link readShown} reads. An empty list stays empty. */
export const keepingHref = (href: string, name: string, runs: readonly { id: string }[]): string =>
  `${href}${href.includes("?") ? "&" : "?"}${name}=${runs.map(({ id }) => id).join(".")}`;

/** How many runs have come since a list was shown, and how many of the shown ones do not match its filter any more. */
export type News = { come: number; gone: number };

/** A run's place in a list, which has the newest run first. */
export type Place = { id: string; created_at: string };

/**
 * Compares the shown runs with those that match now: at least {@link MAX_NEW} and one, unless there are fewer. What matches beyond a
 * full page belongs to the next one, and `hasMore` says whether there is such a run.
 */
export function compare(
  shown: readonly Place[],
  matching: readonly Place[],
  page: Pick<RunsPage, "direction" | "limit">,
): News & { hasMore: boolean } {
  const isNewer = page.direction === "newer";
  const isBeyond = (run: Place, end: Place | undefined) =>
    end !== undefined && (isNewer ? isBefore(end, run) : isBefore(run, end));
  const endOf = (runs: readonly Place[]) => runs.toSorted(byPlace).at(isNewer ? 0 : -1);
  const isFull = shown.length >= page.limit;
  const lastShown = isFull ? endOf(shown) : undefined;
  const lastRead = matching.length > MAX_NEW ? endOf(matching) : undefined;
  const [shownIds, matchingIds] = [idsOf(shown), idsOf(matching)];
  return {
    come: matching.filter((run) => !shownIds.has(run.id) && !isBeyond(run, lastShown)).length,
    gone: shown.filter((run) => !matchingIds.has(run.id) && !isBeyond(run, lastRead)).length,
    hasMore: lastRead !== undefined || matching.some((run) => isBeyond(run, lastShown)),
  };
}

const idsOf = (runs: readonly Place[]) => new Set(runs.map(({ id }) => id));

/** True when the run was created before the other one. */
const isBefore = (run: Place, other: Place): boolean =>
  run.created_at === other.created_at ? run.id < other.id : run.created_at < other.created_at;

const byPlace = (a: Place, b: Place): number => (isBefore(a, b) ? 1 : -1);
