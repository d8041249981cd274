/** In seconds: who wants to wait longer asks again. */
const LONGEST_WAIT = 60;

/**
 * For how many whole seconds the client of a request would rather wait than get an answer at once: `Prefer: wait=N` of RFC 7240,
 * where above 60 counts as 60. 0 when it does not want to. What is no such preference is ignored, as the RFC asks.
 */
export function preferredWait(prefer: string | undefined): number {
  for (const preference of (prefer ?? "").split(",")) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d+)"?\s*(;|$)/i.exec(preference) ?? [];
    if (seconds !== undefined) return Math.min(Number(seconds), LONGEST_WAIT);
  }
  return 0;
}

/** What the document says of the preference and of the header that confirms it. */
export const PREFER = {
  description:
    "`wait=N`: the answer may take up to N seconds (60 at most), and comes as soon as there is something to tell (RFC 7240).",
  example: "wait=30",
};
export const preferenceApplied = {
  "Preference-Applied": {
    schema: { type: "string" as const },
    description: "`wait=N` when the answer has waited, or would have, for up to N seconds.",
  },
};
