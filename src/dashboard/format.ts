/** Times, durations and sizes as people read them. Instants are RFC 3339. */

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** `2 h 5 min`, `41 s`, `0.4 s`: the two largest units. */
export function formatSeconds(seconds: number): string {
  if (seconds > 0 && seconds < 0.1) return "< 0.1 s";
  if (seconds < 10) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`;
  const whole = Math.round(seconds);
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const parts: string[] = [];
  let rest = whole;
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ");
}

const unitOf = (seconds: number) => UNITS.find(([, size]) => seconds >= size) ?? (["s", 1] as const);

/** The largest unit only: `5 min ago`, `just now`. `find.js` uses the same format while the page is open. */
export function formatAgo(seconds: number): string {
  const [unit, size] = unitOf(seconds);
  return seconds < 60 ? "just now" : `${Math.floor(seconds / size)} ${unit} ago`;
}

/** Rounds seconds to what {@link formatAgo} shows, so that a page (and its ETag) changes only when the visible text does. */
export function roundAgo(seconds: number): number {
  const [, size] = unitOf(seconds);
  return seconds < 60 ? 0 : Math.floor(seconds / size) * size;
}

/** The time since the beginning: `+0.412 s`, `+2 min 5 s`. */
export const formatOffset = (seconds: number): string =>
  seconds < 60 ? `+${Math.max(0, seconds).toFixed(3)} s` : `+${formatSeconds(seconds)}`;

export const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

/** `25 Nov 2026, 10:59 UTC`. In the browser, `app.js` replaces it by the local time. */
export function formatInstant(at: string): string {
  const [date = "", time = ""] = at.split("T");
  const [year, month, day] = date.split("-");
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time.slice(0, 5)} UTC`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-11-25 10:59:06.123 UTC`. */
export const formatExactly = (at: string): string => at.replace("T", " ").replace("Z", " UTC");

const SIZES = ["kB", "MB", "GB", "TB"] as const;

/** `48 kB`, `1.2 MB`: a number of bytes in decimal units. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), SIZES.length);
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${SIZES[power - 1]}`;
}

/** A short form of an id for people: its last 8 characters, since UUIDs v7 of about the same time begin alike. */
export const shortId = (id: string): string => `…${id.slice(-8)}`;

/** A curl command. It expects an API key in the shell variable `API_KEY`. */
export const formatCurl = (url: string, method: "GET" | "POST" = "GET"): string =>
  `curl ${method === "GET" ? "" : `-X ${method} `}-H "Authorization: Bearer $API_KEY" \\\n  ${url}`;

export const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;

/** `12 runs` or `more than 1,000 runs`, of a number that was counted up to one more than `most`. */
export const pluralUpTo = (most: number, count: number, one: string): string =>
  count > most ? `more than ${plural(most, one)}` : plural(count, one);

const LIST = new Intl.ListFormat("en-GB");

/** `sessions, 2 API keys and 1 permission`. What is false is left out. */
export const listWords = (words: readonly (string | false)[]): string =>
  LIST.format(words.filter((word) => word !== false));

/** What screen readers announce when a refresh of the page has changed the status of a run. */
export const formatAnnouncement = (workflowName: string, id: string, state: string): string =>
  `${workflowName}, run ${shortId(id)}: ${state}.`;
