/** What a person sets of a trigger, and how the verbs get it. */
import type { TriggerKind, WhenBusy } from "../db/enums.ts";
import type { JsonObject } from "../http/json-value.ts";
import type { Labels } from "../runs/labels.ts";
import type { WebhookConfig } from "./inbound/receiver.ts";
import type { RunTrigger } from "./run-trigger.ts";
import { type Plan, planSchedule, toInstant } from "./schedule/plan.ts";
import type { Schedule } from "./schedule/schedule.ts";

export type TriggerContent = {
  name: string;
  kind: TriggerKind;
  /** The field of its kind; the others are null. */
  schedule: Schedule | null;
  webhook: WebhookConfig | null;
  run: RunTrigger | null;
  input: JsonObject | null;
  labels: Labels;
  concurrencyKey: string | null;
  priority: number;
  whenBusy: WhenBusy | null;
  /** Without it, a change leaves a pause as it is. */
  isActive?: boolean;
};

/** A trigger that has no instants. */
const NO_PLAN: Plan = { from: toInstant(0), instants: [], is_complete: true };

export const contentArguments = (id: string, content: TriggerContent, secretEncrypted: string | null = null) => ({
  content: {
    json: {
      name: content.name,
      kind: content.kind,
      config: content.schedule ?? content.webhook ?? content.run,
      labels: Object.keys(content.labels).length === 0 ? null : content.labels,
      concurrency_key: content.concurrencyKey,
      priority: content.priority,
      when_busy: content.whenBusy,
      is_active: content.isActive,
      secret_encrypted: secretEncrypted,
    },
  },
  input: content.input && { json: content.input },
  plan: { json: content.schedule === null ? NO_PLAN : planSchedule(content.schedule, id) },
});

/** The input of a trigger that each run gets; null when it comes with the occasion: `check_trigger_input` in SQL. */
export const inputsOf = (of: string, { webhook, run, input }: TriggerContent) =>
  webhook !== null || (run !== null && run.input_from !== "fixed") ? null : { of, inputs: [input] };
