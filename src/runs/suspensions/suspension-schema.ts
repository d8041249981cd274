/** The schemas of suspensions, of what runs wait for, and of what has come. */
import { z } from "@hono/zod-openapi";
import { ON_TIMEOUT, ROLES, WAIT_KINDS, WAIT_OUTCOMES } from "../../db/enums.ts";
import { smallJson } from "../../http/json-value.ts";
import { givenInstant, instant, line, orNull, plainText, uuid } from "../../http/schemas.ts";
import { exampleRun } from "../run-schema.ts";

const DAY = 86_400;
const MOST_DAYS = 366;
const MOST_WAITS = 20;
const MAX_PAYLOAD_BYTES = 32 * 1024;
/** In characters. */
const MAX_ANSWER = 2_000;
const MAX_COMMENT = 1_000;

/** It is a part of paths, too. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export const waitKey = () =>
  z
    .string()
    .regex(KEY, "Must have 1 to 100 letters, digits, `_`, `.` or `-`, and begin with a letter or digit.")
    .openapi({
      description: "Identifies it for good in its run.",
      example: "approve",
    });

const AnswerersSchema = z
  .strictObject({
    roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length).optional(),
    user_ids: z
      .array(uuid().transform((id) => id.toLowerCase()))
      .min(1)
      .max(50)
      .optional(),
    not_requester: z.boolean().optional().openapi({ description: "True: not the user who triggered the run." }),
  })
  .openapi("WorkflowRunAnswerers", {
    description:
      "Who may answer, among those who may invoke the workflow. With `roles` and `user_ids`, who has one of the roles or is one of the users.",
    example: { roles: ["ADMIN", "OWNER"], not_requester: true },
  });

const QuestionSchema = z
  .strictObject({
    key: waitKey(),
    kind: z.literal("question"),
    prompt: plainText({ min: 1, max: 4096 }).openapi({ description: "Shown to people as text." }),
    choices: z
      .array(line(100))
      .min(2)
      .max(10)
      .refine((choices) => new Set(choices).size === choices.length, { message: "Each choice must be there once." })
      .optional()
      .openapi({ description: "Without choices, the answer is a text." }),
    by: AnswerersSchema.optional(),
    people_only: z.boolean().default(true).openapi({
      description: "True: only a sign-in session that began with a login may answer, and no API key.",
    }),
  })
  .openapi("WorkflowRunQuestion", {
    example: { key: "approve", kind: "question", prompt: "Pay invoice 4711, 1,200 €?", choices: ["yes", "no"] },
  });

const TimerSchema = z
  .strictObject({
    key: waitKey(),
    kind: z.literal("timer"),
    at: givenInstant().optional(),
    seconds: z
      .int()
      .min(0)
      .max(MOST_DAYS * DAY)
      .optional(),
  })
  .refine(({ at, seconds }) => (at === undefined) !== (seconds === undefined), {
    message: "Must have either `at` or `seconds`.",
  })
  .openapi("WorkflowRunTimer", { example: { key: "tomorrow", kind: "timer", seconds: DAY } });

const ChildrenSchema = z
  .strictObject({
    key: waitKey(),
    kind: z.literal("children"),
    run_ids: z
      .array(uuid().transform((id) => id.toLowerCase()))
      .max(1000)
      .optional()
      .openapi({
        description:
          "Children of the run: one that was deleted has ended. Without it, all that the run has triggered until now.",
      }),
    fail_fast: z.boolean().optional().openapi({ description: "True: one that has FAILED or was deleted is enough." }),
  })
  .openapi("WorkflowRunChildren", {
    description: "Comes when these runs have ended, after the retries of their policies.",
    example: { key: "pages", kind: "children" },
  });

/** What a signal is for: its name, and which of those with the name, such as the number of an invoice. */
export const signalName = () => line(100).openapi({ example: "paid" });
export const signalCorrelation = () => line(255).openapi({ example: "invoice-4711" });

const SignalSchema = z
  .strictObject({
    key: waitKey(),
    kind: z.literal("signal"),
    name: signalName(),
    correlation: signalCorrelation().optional().openapi({
      description:
        "Which of the signals with this name: the one with the same `correlation`. By default the id of the run.",
    }),
  })
  .openapi("WorkflowRunSignalWait", {
    example: { key: "paid", kind: "signal", name: "paid", correlation: "invoice-4711" },
  });

export const SuspendRequestSchema = z
  .strictObject({
    waits: z
      .array(z.discriminatedUnion("kind", [QuestionSchema, TimerSchema, ChildrenSchema, SignalSchema]))
      .min(1)
      .max(MOST_WAITS)
      .refine((waits) => new Set(waits.map(({ key }) => key)).size === waits.length, {
        message: "Each `key` must be there once.",
      })
      .openapi({ description: "All of them must come." }),
    timeout_seconds: z
      .int()
      .min(1)
      .max(MOST_DAYS * DAY)
      .optional()
      .openapi({
        description:
          "By default 7 days, or until the last timer elapses if that is later. It ends 366 days after the run was created, at the latest.",
      }),
    on_timeout: z
      .enum(ON_TIMEOUT)
      .default("fail")
      .openapi({
        description:
          "When the time is over before all has come. `fail`: the run is FAILED with the code WAIT_EXPIRED. `continue`: it resumes, and " +
          "the outcome of what has not come is `timed_out`.",
      }),
    note: plainText({ max: 500 }).nullish().openapi({ description: "What people should know besides." }),
  })
  .openapi("SuspendWorkflowRunRequest", {
    example: {
      waits: [{ key: "approve", kind: "question", prompt: "Pay invoice 4711, 1,200 €?", choices: ["yes", "no"] }],
      timeout_seconds: 3 * DAY,
    },
  });
export type SuspendRequest = z.output<typeof SuspendRequestSchema>;

export const OutcomesSchema = z
  .record(
    z.string(),
    z.strictObject({
      kind: z.enum(WAIT_KINDS),
      outcome: z.enum(WAIT_OUTCOMES).openapi({
        description:
          "`answered`, `elapsed` (a timer), `received` (a signal), `ended` (children), or `timed_out`: the run went on without it.",
      }),
      at: instant(),
      value: z.string().optional().openapi({ description: "Of an answer: the choice, or the text." }),
      comment: z.string().nullable().optional(),
      user_id: uuid().optional().openapi({ description: "Who answered." }),
      signal_id: z.string().optional().openapi({ description: "Of a signal: the id that its sender has given it." }),
      payload: z.unknown().optional().openapi({ description: "Of a signal: any JSON, as it was sent; null for none." }),
    }),
  )
  .openapi("WaitOutcomes", {
    description: "What has come, by the keys.",
    example: {
      approve: {
        kind: "question",
        outcome: "answered",
        at: "2026-01-31T14:00:00.000Z",
        value: "yes",
        comment: null,
        user_id: exampleRun.user_id,
      },
    },
  });

/** In a dispatch and in a lease. */
export const ResumeSchema = z
  .strictObject({
    outcomes: OutcomesSchema,
    checkpoints: z.int().openapi({ description: "How many the run has: `GET …/resume` has their values." }),
  })
  .openapi("WorkflowRunResume", {
    description:
      "From the second attempt on: what has come of what the last suspension of the run waited for. Empty when it was never suspended. It is " +
      "missing when the outcomes have more than 256 KiB: then ask `GET …/resume`.",
  });

export const SuspensionSchema = z
  .strictObject({
    suspended: z.boolean().openapi({
      description: "True: end the work without a callback. False: all has come already, so the attempt goes on.",
    }),
    outcomes: orNull(OutcomesSchema).openapi({ description: "Null when the run is suspended." }),
  })
  .openapi("WorkflowRunSuspension", { example: { suspended: true, outcomes: null } });

export const AnswerRequestSchema = z
  .strictObject({
    value: plainText({ min: 1, max: MAX_ANSWER }).openapi({ description: "One of the choices, or a text." }),
    comment: plainText({ max: MAX_COMMENT }).nullish(),
  })
  .openapi("AnswerWaitRequest", { example: { value: "yes", comment: "As agreed with the supplier." } });

export const SignalRequestSchema = z
  .strictObject({
    name: signalName(),
    correlation: signalCorrelation(),
    id: line(255).optional().openapi({
      description:
        "Identifies the signal for seven days, so that it can be sent again. By default, each request is a new signal.",
    }),
    payload: smallJson(MAX_PAYLOAD_BYTES, "Send more as a file, and its address as the payload.")
      .optional()
      .openapi({ description: "What the run gets: any JSON of at most 32 KiB." }),
  })
  .openapi("SignalWorkflowRequest", {
    example: { name: "paid", correlation: "invoice-4711", id: "payment-815", payload: { amount: 1200 } },
  });

export const SignalReceiptSchema = z
  .strictObject({
    id: z.string(),
    run_id: uuid()
      .nullable()
      .openapi({ description: "The run that got the signal at once; null when none waited for it." }),
    kept_until: instant().nullable().openapi({
      description: "When none waited for it: until then, the next run that asks gets it.",
    }),
  })
  .openapi("WorkflowSignalReceipt", {
    example: { id: "payment-815", run_id: exampleRun.id, kept_until: null },
  });

const exampleWait = {
  ...{ run_id: exampleRun.id, key: "approve", workflow_definition_id: exampleRun.workflow_definition_id },
  ...{
    workflow_name: "Invoices",
    prompt: "Pay invoice 4711, 1,200 €?",
    choices: ["yes", "no"],
    by: {},
    people_only: true,
  },
  ...{ asked_at: "2026-01-31T12:00:00.000Z", ends_at: "2026-02-03T12:00:00.000Z", on_timeout: "fail" as const },
  ...{ note: null, answer: null },
};

export const WaitSchema = z
  .strictObject({
    run_id: uuid(),
    key: z.string(),
    workflow_definition_id: uuid(),
    workflow_name: z.string(),
    prompt: z.string(),
    choices: z.array(z.string()).nullable().openapi({ description: "Null: the answer is a text." }),
    by: AnswerersSchema,
    people_only: z.boolean(),
    asked_at: instant(),
    ends_at: instant().openapi({ description: "When the time of the suspension is over: see `on_timeout`." }),
    on_timeout: z.enum(ON_TIMEOUT),
    note: z.string().nullable(),
    answer: z
      .strictObject({ value: z.string(), comment: z.string().nullable(), user_id: uuid(), at: instant() })
      .nullable()
      .openapi({ description: "Null for an open question." }),
  })
  .openapi("WorkflowRunWait", { example: exampleWait });

export const WaitPageSchema = z
  .strictObject({
    items: z.array(WaitSchema),
    next_cursor: z.string().nullable().openapi({ description: "Send it as `cursor`. Null on the last page." }),
  })
  .openapi("WorkflowRunWaitPage", { example: { items: [exampleWait], next_cursor: null } });
