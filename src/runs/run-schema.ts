/** The schemas of runs in the API's answers. */
import { z } from "@hono/zod-openapi";
import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import { RUN_STATUSES } from "../db/enums.ts";
import { givenInstant, instant, orNull, PartTypeSchema, uuid, WorkflowRunnerTypeSchema } from "../http/schemas.ts";
import type { RunCursor } from "./run-filter.ts";
import type { RunRow } from "./run-rows.ts";

const ABCDPathSnapshotSchema = z
  .strictObject({ path_part_id: uuid(), materialized_path: z.string(), part_type: PartTypeSchema })
  .openapi("ABCDPathSnapshot");

export const WorkflowRunSnapshotSchema = z
  .strictObject({
    workflow_definition_id: uuid(),
    workflow_name: z.string(),
    runner_type: WorkflowRunnerTypeSchema,
    user_id: uuid(),
    max_run_duration_seconds: z.int(),
    sources: z.array(ABCDPathSnapshotSchema),
    instructions: z.array(ABCDPathSnapshotSchema),
    outputs: z.array(ABCDPathSnapshotSchema),
    template: orNull(ABCDPathSnapshotSchema),
  })
  .openapi("WorkflowRunSnapshot", { description: "What the run was asked to do, frozen when it was triggered." });

export const WorkflowRunStatusSchema = z.enum(RUN_STATUSES).openapi("WorkflowRunStatus");

export const exampleRun: RunRow = {
  id: "01920000-0000-7000-8000-000000000403",
  workflow_definition_id: "01920000-0000-7000-8000-000000000301",
  user_id: "01920000-0000-7000-8000-000000000201",
  runner_type: "SELF_HOSTED",
  status: "COMPLETED",
  started_at: "2026-01-31T12:00:00.000Z",
  completed_at: "2026-01-31T12:01:30.250Z",
  run_snapshot: {
    workflow_definition_id: "01920000-0000-7000-8000-000000000301",
    workflow_name: "Quarterly report",
    runner_type: "SELF_HOSTED",
    user_id: "01920000-0000-7000-8000-000000000201",
    max_run_duration_seconds: 300,
    sources: [
      {
        path_part_id: "01920000-0000-7000-8000-000000000102",
        materialized_path: "/shared/reports/q1",
        part_type: "FOLDER",
      },
    ],
    instructions: [
      {
        path_part_id: "01920000-0000-7000-8000-000000000103",
        materialized_path: "/shared/how-to-summarise.md",
        part_type: "DOCUMENT",
      },
    ],
    outputs: [
      {
        path_part_id: "01920000-0000-7000-8000-000000000104",
        materialized_path: "/shared/summaries",
        part_type: "FOLDER",
      },
    ],
    template: null,
  },
  error: null,
  created_at: "2026-01-31T11:59:58.120Z",
  updated_at: "2026-01-31T12:01:30.250Z",
};

export const WorkflowRunResponseSchema = z
  .strictObject({
    id: uuid(),
    workflow_definition_id: uuid(),
    user_id: uuid().openapi({ description: "Who triggered the run." }),
    runner_type: WorkflowRunnerTypeSchema,
    status: WorkflowRunStatusSchema,
    started_at: instant().openapi({ description: "When the run became RUNNING; `created_at` until then." }),
    completed_at: instant().nullable().openapi({ description: "When the run ended: null while PENDING or RUNNING." }),
    run_snapshot: WorkflowRunSnapshotSchema,
    error: z.string().nullable().openapi({ description: "Why the run FAILED." }),
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("WorkflowRunResponse", {
    example: exampleRun,
  });

/** The content of an answer with a run that was changed just now, so its state is not that of the example. */
const changedRun = (changes: Partial<RunRow>) => ({
  "application/json": { schema: WorkflowRunResponseSchema, example: { ...exampleRun, ...changes } },
});
const { created_at, started_at } = exampleRun;
export const pendingRun = changedRun({
  status: "PENDING",
  started_at: created_at,
  completed_at: null,
  updated_at: created_at,
});
export const runningRun = changedRun({ status: "RUNNING", completed_at: null, updated_at: started_at });

export const runParams = z.object({ run_id: uuid().openapi({ example: exampleRun.id }) });

/** The greatest value of Postgres' type `integer`. */
export const MAX_INTEGER = 2_147_483_647;

/** The query of what each attempt has by itself. */
export const attemptQuery = z.object({
  attempt: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_INTEGER)
    .optional()
    .openapi({ description: "Which attempt's; by default, that of the current one." }),
});

const cursorContents = z.tuple([givenInstant(), z.guid()]);

/** Encodes a cursor as an opaque text, which clients send back unchanged. */
export function formatCursor({ createdAt, id }: RunCursor): string {
  return encodeBase64Url(new TextEncoder().encode(JSON.stringify([createdAt, id])).buffer);
}

/** Decodes a cursor; null when the text is not a cursor. */
export function parseCursor(text: string): RunCursor | null {
  try {
    const [createdAt, id] = cursorContents.parse(JSON.parse(new TextDecoder().decode(decodeBase64Url(text))));
    return { createdAt, id };
  } catch {
    return null;
  }
}

/** The schema of a cursor that a caller sends back. */
export const givenCursor = () =>
  z
    .string()
    .transform((text, context) => {
      const cursor = parseCursor(text);
      if (cursor) return cursor;
      context.addIssue({ code: "custom", message: "Must be the `next_cursor` of an earlier answer, unchanged." });
      return z.NEVER;
    })
    .openapi({ type: "string" });
