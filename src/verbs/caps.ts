/** Caps, of which a tenant may have only so much (`caps.sql`), in words. */
import { z } from "zod";
import { CAPS, type Cap } from "../db/enums.ts";
import { Problem } from "../http/problems.ts";

/** Why a verb refused to add something: `judge_cap` in SQL. */
export const capRefusalSchema = z.object({ refused: z.literal("cap_reached"), cap: z.enum(CAPS), limit: z.int() });

/** What a tenant may have, and what somebody can do when there is no room for more. */
const WORDS: Record<Cap, { things: string; instead: string }> = {
  definitions: { things: "workflows", instead: "Delete workflows that nobody needs" },
  path_parts: { things: "files and folders", instead: "Delete files and folders that nobody needs" },
  waiting_runs: {
    things: "runs that wait",
    instead: "Invoke the workflow again when others have started, or stop some",
  },
  artifact_bytes: { things: "bytes of files of runs", instead: "Delete runs whose files nobody needs" },
  sign_in_sessions: { things: "open sessions of one user", instead: "End some" },
};

export function capProblem({ cap, limit }: { cap: Cap; limit: number }): Problem {
  const { things, instead } = WORDS[cap];
  return new Problem(
    "cap_reached",
    `Your tenant may have ${limit.toLocaleString("en")} ${things}, and would have more. ${instead}, or ask the operator of the ` +
      "service for a higher cap.",
  );
}
