import { MOST_WAITS } from "./live.ts";

/** In seconds. A client that wants to wait longer sends the request again. */
const LONGEST_WAIT = 60;

/**
 * How many whole seconds the client wants to wait instead of getting an answer at once: `Prefer: wait=N` (RFC 7240). Values
 * above 60 count as 60. The result is 0 when there is no such preference; invalid ones are ignored, as the RFC requires.
 */
export function preferredWait(prefer: string | undefined): number {
  for (const preference of (prefer ?? "").split(",")) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d+)"?\s*(;|$)/i.exec(preference) ?? [];
    if (seconds !== undefined) return Math.min(Number(seconds), LONGEST_WAIT);
  }
  return 0;
}

/** The request header and the confirming response header in the OpenAPI document. */
export const PREFER = {
  description:
    "`wait=N`: the answer may take up to N seconds (60 at most), and is sent as soon as there is news (RFC 7240). " +
    `At most ${MOST_WAITS} requests of a caller wait at a time.`,
  example: "wait=30",
};
export const preferenceApplied = {
  "Preference-Applied": {
    schema: { type: "string" as const },
    description: "`wait=N` when the answer has waited, or would have, for up to N seconds.",
  },
};
