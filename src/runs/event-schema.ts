import { z } from "@hono/zod-openapi";
import { RUN_EVENT_TYPES } from "../db/enums.ts";
import { instant } from "../http/schemas.ts";

/** An event of a run in the API. */
export const RunEventSchema = z
  .strictObject({
    id: z.int().nullable().openapi({
      description: "Later events of a run have greater ids. Null for a time-out that no sweep has recorded yet.",
    }),
    type: z.enum(RUN_EVENT_TYPES).openapi("WorkflowRunEventType"),
    attempt: z
      .int()
      .openapi({ description: "1 for a new run, and one more each time that it was retried, given back or resumed." }),
    at: instant(),
    detail: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: "Further details, which depend on the type." }),
  })
  .openapi("WorkflowRunEvent");

export const exampleEvent = {
  id: 4711,
  type: "DISPATCHED" as const,
  attempt: 1,
  at: "2026-01-31T12:00:00.412Z",
  detail: { status: 202, tries: 1 },
};
