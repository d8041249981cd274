import { stripVTControlCharacters } from "node:util";

/** Lines that tell a reader of the local stack's terminal nothing, or what it says better itself. */
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
  /^\[wrangler:info\] Ready on /,
  /\/cdn-cgi\/handler\/scheduled/,
  // The local stack does fire the cron, so the advice on how to do it by hand would mislead.
  /Scheduled Workers are not automatically triggered/,
  /^\s*To manually trigger a scheduled event, run:/,
  /^\s*curl ".*\/cdn-cgi\/(local|handler)\/scheduled/,
  /^\s*For more details, see .*#test-cron-triggers-locally/,
];

/** What is worth showing of a line that `wrangler dev` printed: undefined for nothing. */
export function readableLine(line: string): string | undefined {
  const text = stripVTControlCharacters(line).trimEnd();
  if (NOISE.some((pattern) => pattern.test(text))) return undefined;
  return (
    text
      .replace(/^\[wrangler:\w+\] /, "")
      // What the worker logs as an error is one JSON line, as all its logs are.
      .replace(/^✘ \[ERROR\] (?=\{)/, "")
  );
}
