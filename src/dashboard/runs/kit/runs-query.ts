/** The query parameters of the page of runs: the filter and the page. */
import { z } from "zod";
import { FAILURE_CODES, RUN_STATUSES } from "../../../db/enums.ts";
import { isLabel, MAX_LABELS } from "../../../runs/labels.ts";
import { BY_A_PERSON, FILTERED_WAITS, type RunFilter, type RunsPage } from "../../../runs/run-filter.ts";
import { parseCursor } from "../../../runs/run-schema.ts";
import { readWords } from "../../search/kit/words.ts";

/** The time ranges, up to now, that lists and charts offer: a list links to the chart of its range. */
export const RANGE_NAMES = ["1h", "24h", "7d"] as const;
export type Range = (typeof RANGE_NAMES)[number];
/** Their lengths in seconds. */
export const RANGES: Readonly<Record<Range, number>> = { "1h": 3_600, "24h": 86_400, "7d": 604_800 };

/**
 * A minute in UTC (with or without `Z`) or a day. The first and the last day of the years 1 to 9999 are excluded, since a
 * filter also needs the instants next to the given one. `find.js` shows and sends minutes in the reader's time zone.
 */
const moment = z
  .union([z.iso.date(), z.iso.datetime({ local: true, precision: -1 })])
  .refine((text) => text > "0001-01-02" && text < "9999-12-30")
  .optional()
  .catch(undefined);

const given = z.string().min(1).optional().catch(undefined);

const MAX_SEVERAL = 50;

const severalIds = (id: z.ZodType<string>) =>
  z
    .array(z.string())
    .transform((ids) =>
      [...new Set(ids.filter((text) => id.safeParse(text).success).map((text) => text.toLowerCase()))].slice(
        0,
        MAX_SEVERAL,
      ),
    );

/** The parameters that may be repeated. */
const SEVERAL = ["status", "workflow", "code", "waits", "trigger"] as const;

/** Invalid values are ignored. */
const querySchema = z.object({
  status: z.array(z.enum(RUN_STATUSES)).catch([]),
  /** `key:value`. */
  label: z.array(z.string()).transform((labels) => [...new Set(labels.filter(isLabel))].slice(0, MAX_LABELS)),
  /** Words of an error. */
  error: z.string().transform(readWords).pipe(z.string().min(1)).optional().catch(undefined),
  workflow: severalIds(z.guid()),
  code: z.array(z.enum(FAILURE_CODES)).catch([]),
  waits: z.array(z.enum(FILTERED_WAITS)).catch([]),
  trigger: severalIds(z.union([z.guid(), z.literal(BY_A_PERSON)])),
  /** The hash of a fingerprint: only FAILED runs whose errors are alike. */
  alike: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .catch(undefined),
  batch: z.guid().optional().catch(undefined),
  /** Only children of this run. */
  parent: z.guid().optional().catch(undefined),
  mine: z.literal("1").optional().catch(undefined),
  user: z.guid().optional().catch(undefined),
  range: z.enum(RANGE_NAMES).optional().catch(undefined),
  from: moment,
  to: moment,
  /** The last run of the page before: the list continues after it. */
  cursor: given,
  /** The first run of the page after: the list ends before it. */
  before: given,
});
export type RunsQuery = z.infer<typeof querySchema>;

/** The query of all runs. */
export const NO_QUERY: RunsQuery = { status: [], label: [], workflow: [], code: [], waits: [], trigger: [] };

/** What the filter by person sends for the reader themselves. In the query it becomes `mine`. */
export const ME = "me";

/** The field for a label or for words of an error. In the query its text becomes `label` or `error`. */
export const FIND = "find";

/** Reads the query parameters of a URL. Of a range and a first or last minute, the minutes count. */
export function readRunsQuery(params: URLSearchParams): RunsQuery {
  const several = SEVERAL.map((name) => [name, params.getAll(name).filter((value) => value !== "")] as const);
  const find = params.get(FIND)?.trim() ?? "";
  const query = querySchema.parse({
    ...Object.fromEntries(params),
    ...(params.get("user") === ME && { mine: "1" }),
    ...(find !== "" && !isLabel(find) && { error: find }),
    ...Object.fromEntries(several),
    label: [...params.getAll("label"), find],
  });
  return query.from === undefined && query.to === undefined ? query : { ...query, range: undefined };
}

/** True for what only a form sends: the browser is redirected to a URL without it. */
export const isFromForm = (params: URLSearchParams): boolean =>
  [...params.values()].includes("") || params.has(FIND) || params.get("user") === ME;

/** Formats a query for a URL, without the parameters that are not set. */
export function formatRunsQuery(query: RunsQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((text): [string, string] => [name, text]),
  );
  return new URLSearchParams(given).toString();
}

export function runsHref(query: RunsQuery): string {
  const text = formatRunsQuery(query);
  return text === "" ? "/app/runs" : `/app/runs?${text}`;
}

/** The same query for the first page of the list. */
export const firstPageOf = (query: RunsQuery): RunsQuery => ({ ...query, cursor: undefined, before: undefined });

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const isDay = (text: string) => text.length === "2026-01-31".length;
/** The first instant of a day or minute (RFC 3339). */
export const startOf = (text: string): string => new Date(startMs(text)).toISOString();
const startMs = (text: string) => Date.parse(isDay(text) ? text : `${text.replace(/Z$/, "")}Z`);

/** The filter of a query. The first and the last day or minute are included. */
export function filterOf(query: RunsQuery, userId: string): RunFilter {
  const { from, to, range, workflow, code, waits, trigger, alike, parent } = query;
  const more = {
    ...(workflow.length > 1 && { definition_ids: workflow }),
    ...(code.length > 0 && { failure_codes: code }),
    ...(waits.length > 0 && { waits }),
    ...(alike !== undefined && { alike: [alike] }),
    ...(trigger.length > 0 && { triggers: trigger }),
    ...(parent !== undefined && { parent_run_id: parent.toLowerCase() }),
  };
  return {
    statuses: query.status,
    definitionId: workflow.length === 1 ? workflow[0] : undefined,
    more: Object.keys(more).length === 0 ? undefined : more,
    userId: query.mine ? userId : query.user,
    createdAfter: from && new Date(startMs(from) - 1).toISOString(),
    createdBefore: to && new Date(startMs(to) + (isDay(to) ? DAY_MS : MINUTE_MS)).toISOString(),
    withinSeconds: range && RANGES[range],
    labels: query.label,
    batchId: query.batch,
    errorWords: query.error,
  };
}

/** The page that a query asks for. An invalid cursor is ignored. */
export function pageOf(query: RunsQuery, userId: string, limit: number): RunsPage {
  const newer = query.before === undefined ? null : parseCursor(query.before);
  const older = query.cursor === undefined ? null : parseCursor(query.cursor);
  return {
    filter: filterOf(query, userId),
    cursor: newer ?? older ?? undefined,
    direction: newer ? "newer" : "older",
    limit,
  };
}

/** The value for an input of the type `datetime-local`. A day becomes its first minute, or with `isEnd` its last. */
export function toInputMinute(text: string | undefined, isEnd: boolean): string | undefined {
  if (text === undefined) return undefined;
  return isDay(text) ? `${text}T${isEnd ? "23:59" : "00:00"}` : text.replace(/Z$/, "");
}
