/** The schema of the details of a run, and of fields that its explanation has, too. */
import { z } from "@hono/zod-openapi";
import { ON_TIMEOUT, WAIT_KINDS } from "../../db/enums.ts";
import { instant, priority, uuid } from "../../http/schemas.ts";
import { labelsOfRun } from "../labels.ts";
import { exampleRun, WorkflowRunStatusSchema } from "../run-schema.ts";
import { failureCode } from "./result-schema.ts";

/** Places are counted up to this: `place_in_queue` in SQL. One more stands for each place behind it. */
export const MOST_PLACES = 1_000;

export const queuePosition = () =>
  z
    .int()
    .nullable()
    .openapi({
      description:
        "1 for the run that is next; null unless PENDING, and until the run joins the queue. It is counted to 1,000: 1001 stands for every place " +
        "behind that. When the workflow's policy limits the runs of each key, keys take turns, " +
        "and this is the place among the runs with its key.",
    });

export const concurrencyKey = () =>
  z.string().nullable().openapi({
    description:
      "`concurrency_key` of the invoke, or else what the input has at the policy's `key_from`; null for a run without a key.",
  });

export const startAfter = () =>
  instant().nullable().openapi({
    description: "When a PENDING run joins the queue: `start_after` of the invoke. Null once it has joined.",
  });

export const mustStartBy = () =>
  instant().nullable().openapi({
    description:
      "A PENDING run fails as EXPIRED at this instant: `must_start_by` of the invoke. Null once it has started.",
  });

/** What a suspended run waits for: `suspension_of` in SQL. */
export const suspension = () =>
  z
    .strictObject({
      since: instant(),
      ends_at: instant(),
      on_timeout: z.enum(ON_TIMEOUT),
      note: z.string().nullable(),
      waits: z
        .array(
          z.strictObject({
            key: z.string(),
            kind: z.enum(WAIT_KINDS),
            prompt: z.string().nullable(),
            due_at: instant().nullable().openapi({ description: "When a timer elapses." }),
            name: z.string().nullable().openapi({ description: "Of a signal." }),
            correlation: z.string().nullable().openapi({ description: "Of a signal." }),
            children: z
              .strictObject({ total: z.int(), ended: z.int() })
              .nullable()
              .openapi({ description: "Of children: how many it waits for, and how many of them have ended." }),
          }),
        )
        .openapi({ description: "What has not come yet." }),
    })
    .nullable()
    .openapi({ description: "Null unless the run is suspended." });

/** Where the rest of a run is. */
export function linksOf(publicUrl: string, runId: string, batchId: string | null) {
  const run = `${publicUrl}/v1/workflow-runs/${runId}`;
  return {
    run,
    input: `${run}/input`,
    result: `${run}/result`,
    events: `${run}/events`,
    log: `${run}/log`,
    artifacts: `${run}/artifacts`,
    explain: `${run}/explain`,
    batch: batchId === null ? null : `${publicUrl}/v1/run-batches/${batchId}`,
    page: `${publicUrl}/app/runs/${runId}`,
  };
}

const link = () => z.string().openapi({ format: "uri" });

const LinksSchema = z
  .strictObject({
    run: link(),
    input: link(),
    result: link(),
    events: link(),
    log: link(),
    artifacts: link(),
    explain: link(),
    batch: link().nullable(),
    page: link().openapi({ description: "Its page, for people." }),
  })
  .openapi({ description: "Where the rest of the run is." });

export const DetailsSchema = z
  .strictObject({
    status: WorkflowRunStatusSchema,
    attempt: z
      .int()
      .openapi({ description: "1 for a new run, and one more each time that it was retried, given back or resumed." }),
    started_at: instant().nullable().openapi({
      description:
        "When this attempt started. Null until it does, and when it has ended without: the run itself shows `created_at` then.",
    }),
    failure_code: failureCode(),
    queue_position: queuePosition(),
    concurrency_key: concurrencyKey(),
    priority: priority(),
    progress: z
      .strictObject({ percent: z.int().nullable(), message: z.string().nullable() })
      .nullable()
      .openapi({ description: "What the runner last reported of this attempt, while it is RUNNING." }),
    labels: labelsOfRun(),
    start_after: startAfter(),
    must_start_by: mustStartBy(),
    batch_id: uuid()
      .nullable()
      .openapi({ description: "The batch that it was triggered with; null for a run of none." }),
    links: LinksSchema,
  })
  .openapi("WorkflowRunDetails", {
    example: {
      status: "RUNNING",
      attempt: 1,
      started_at: "2026-01-31T12:00:00.000Z",
      failure_code: null,
      queue_position: null,
      concurrency_key: "customer 4711",
      priority: 0,
      progress: { percent: 40, message: "Reading 12 documents" },
      labels: { customer: "4711" },
      start_after: null,
      must_start_by: null,
      batch_id: null,
      links: linksOf("https://runs.example.com", exampleRun.id, null),
    },
  });
