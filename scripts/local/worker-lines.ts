import { stripVTControlCharacters } from "node:util";

/** Lines that are not useful in the terminal of the local stack, or that repeat what the stack itself prints. */
const NOISE: readonly RegExp[] = [
  /^\s*$/,
  /^\[custom build\]\s*(Running:.*)?$/,
  /^Using (secrets|vars) defined in /,
  /^Your Worker has access to the following bindings:/,
  /^Binding\s+Resource/,
  /^env\./,
  /^⎔ (Starting|Reloading|Shutting down) local server/,
  /^🪵\s+Logs were written to /u,
  /^The file .* changed, restarting build/,
  /^Ready on /,
  /\/cdn-cgi\/handler\/scheduled/,
  // The local stack fires the cron itself, so the advice on how to do it by hand would mislead.
  /Scheduled Workers are not automatically triggered/,
  /^\s*To manually trigger a scheduled event, run:/,
  /^\s*curl ".*\/cdn-cgi\/(local|handler)\/scheduled/,
  /^\s*For more details, see .*#test-cron-triggers-locally/,
  // Health checks poll.
  /^(GET|HEAD) \/(healthz|readyz) 200 /,
];

/** A request of a dashboard page: `GET /app/runs 200 OK (12ms)`. */
const PAGE = /^(GET \/app\S*) (\d{3})\b/;

/** Longer than the longest pause between two requests of a page. */
const POLL_MS = 15_000;

/**
 * Returns a function that takes a line of `wrangler dev` and returns what to show of it, or undefined for nothing. Each request
 * is shown as one line, in wrangler's format.
 *
 * A page of the dashboard requests itself every few seconds. That is shown once, and again when the status of the answer
 * changes or when there was no request for a while. `now` is in milliseconds.
 */
export function createLineFilter(now: () => number = Date.now): (line: string) => string | undefined {
  const lastAsked = new Map<string, number>();

  function isPoll(text: string): boolean {
    const [, path, status] = PAGE.exec(text) ?? [];
    if (path === undefined) return false;
    // 304 means the same answer as the 200 before.
    const page = `${path} ${status === "304" ? "200" : status}`;
    const before = lastAsked.get(page);
    lastAsked.set(page, now());
    return before !== undefined && now() - before < POLL_MS;
  }

  return (line) => {
    const text = stripVTControlCharacters(line)
      .trimEnd()
      .replace(/^\[wrangler:\w+\] /, "")
      // Errors that the Worker logs are one line of JSON, like all its log lines.
      .replace(/^✘ \[ERROR\] (?=\{)/, "");
    if (NOISE.some((pattern) => pattern.test(text)) || isPoll(text)) return undefined;
    return text.startsWith("{") ? readableLog(text) : text;
  };
}

/**
 * A line of the Worker's own log: `sweep: timed_out=1 ms=20`. Undefined when wrangler prints the same, or when nothing
 * happened.
 */
function readableLog(text: string): string | undefined {
  const entry = parseObject(text);
  if (typeof entry?.event !== "string") return text;
  const { level, event, error, stack, ...rest } = entry;
  if (event === "request") return undefined;
  const fields = Object.entries(rest).filter(([, value]) => value !== null && value !== 0);
  if (level !== "error" && fields.every(([name]) => /^(ms|database_)/.test(name))) return undefined;
  const parts = [
    ...(error === undefined ? [] : [String(error)]),
    ...fields.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  ];
  const frames = typeof stack === "string" ? stack.split("\n").filter((frame) => /^\s+at /.test(frame)) : [];
  return [`${level === "error" ? "ERROR " : ""}${event}: ${parts.join(" ")}`, ...frames].join("\n");
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
