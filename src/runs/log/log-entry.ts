/** The entries of a log as runners send them, and how long runners gather text for them. */
import { z } from "@hono/zod-openapi";
import type { RunToken } from "../../http/credentials/run-token.ts";
import type { Live } from "../../http/live/live.ts";
import { text } from "../../http/schemas.ts";
import { toStorable } from "../../http/text.ts";
import { MAX_INTEGER } from "../run-schema.ts";

const MAX_TEXT_BYTES = 32 * 1024;

const fits = (text: string) => new TextEncoder().encode(text).length <= MAX_TEXT_BYTES;

export const NewLogEntrySchema = z
  .strictObject({
    sequence: z
      .int()
      .min(0)
      .max(MAX_INTEGER)
      .openapi({ description: "0 for the first entry, then one more for each." }),
    // A runner may log the output of any program, so unusual characters must not make the entry invalid.
    text: z
      .string()
      .transform(toStorable)
      .pipe(text({ min: 1 }).refine(fits, { message: `Must have at most ${MAX_TEXT_BYTES} bytes of UTF-8.` }))
      .openapi({
        type: "string",
        minLength: 1,
        maxLength: MAX_TEXT_BYTES,
        description: "Text for people, with its line breaks: at most 32 KiB of UTF-8.",
      }),
    omitted_bytes: z
      .int()
      .min(0)
      .optional()
      .openapi({
        description:
          "Only for the end of a log that is too long: how many bytes of it are left out right before this entry, which is 0 for all entries " +
          "of the end but the first. There is room for 256 KiB of them.",
      }),
  })
  .openapi("NewWorkflowRunLogEntry", { example: { sequence: 0, text: "Reading 12 documents\n" } });

const FOLLOWED_WITHIN_MS = 1_000;
const ALONE_WITHIN_MS = 15_000;

/** The field `log_within_ms` of an answer to a runner. */
export const logWithinMs = () =>
  z.int().openapi({
    description:
      "How many milliseconds to gather log and progress before they are sent: " +
      `${ALONE_WITHIN_MS} while nobody follows the run, and ${FOLLOWED_WITHIN_MS} while somebody does.`,
  });

/** How long the runner of a run shall gather log and progress before it sends them. Never rejects. */
export const readLogWithinMs = async (live: Live, { tenantId, runId }: RunToken): Promise<number> =>
  (await live.isFollowed(tenantId, runId)) ? FOLLOWED_WITHIN_MS : ALONE_WITHIN_MS;
