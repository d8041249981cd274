/** What people in a chat read about an event. It is the same for all chats; slack.ts and teams.ts put it into their formats. */
import { z } from "zod";
import { NOTIFICATION_TURNS } from "../../db/enums.ts";
import { showControls } from "../../runs/log/log-text.ts";
import type { Notification } from "../sending/notification.ts";

export type ChatMessage = {
  /** One line. */
  title: string;
  mood: "good" | "bad" | "neutral";
  /** What the runner, or the service, has said about a failure. It may have several lines. */
  error: string | null;
  facts: { name: string; value: string }[];
  /** The page about it. */
  link: { label: string; url: string };
};

/** Lengths in characters. With these, a message is within the limits of each chat, whatever its characters are. */
const MAX_TITLE = 500;
const MAX_ERROR = 1_500;
const MAX_FACT = 1_000;

const name = (fallback: string) => z.string().default(fallback).transform(oneLine);

/** The fields that people read, of the data of all notifications. Those that an older release has stored may lack some. */
const dataSchema = z.object({
  run_id: z.string().optional(),
  batch_id: z.string().optional(),
  trigger_id: z.string().optional(),
  endpoint_id: z.string().optional(),
  workflow_definition_id: z.string().optional(),
  workflow_name: name("A workflow"),
  trigger_name: name("A trigger"),
  attempt: z.int().default(1),
  error: z.string().nullish(),
  failure_code: z.string().nullish(),
  reason: z.string().optional(),
  reported_status: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  turn: z.enum(NOTIFICATION_TURNS).optional().catch(undefined),
  suspension: z.object({ ends_at: z.string(), prompt: z.string().nullish() }).optional(),
  triggered_by: z.object({ user: z.string().optional(), trigger: z.string().nullish() }).optional(),
  server: z.string().optional(),
  count: z.int().optional(),
  run_count: z.int().optional(),
  completed: z.int().optional(),
  failed: z.int().optional(),
});
type Data = z.infer<typeof dataSchema>;

/** The title and the mood of a message, by the name of the event. */
const TOLD: Record<string, (data: Data) => { title: string; mood?: ChatMessage["mood"] }> = {
  "workflow_run.started": ({ workflow_name }) => ({ title: `${workflow_name} started` }),
  "workflow_run.suspended": ({ workflow_name, suspension }) => ({
    title: suspension?.prompt ? `${workflow_name} waits for an answer` : `${workflow_name} is suspended`,
  }),
  "workflow_run.completed": ({ workflow_name, turn }) => ({
    title: turn === "works_again" ? `${workflow_name} works again` : `${workflow_name} completed`,
    mood: "good",
  }),
  "workflow_run.failed": ({ workflow_name, turn }) => ({
    title: turn === "first_failure" ? `${workflow_name} has begun to fail` : `${workflow_name} failed`,
    mood: "bad",
  }),
  "workflow_run.late_result": ({ workflow_name }) => ({
    title: `A result of ${workflow_name} came too late`,
    mood: "bad",
  }),
  "run_batch.ended": ({ workflow_name, failed = 0 }) => ({
    title: `A batch of ${workflow_name} has ended`,
    mood: failed > 0 ? "bad" : "good",
  }),
  "workflow_definition.paused": ({ workflow_name }) => ({
    title: `${workflow_name} was paused, since its runner is gone`,
    mood: "bad",
  }),
  "trigger.skipped": (data) => ({ title: `${triggerOf(data)} did not fire, since a run was in the way` }),
  "trigger.missed": (data) => ({ title: `${triggerOf(data)} has missed some instants`, mood: "bad" }),
  "trigger.refused": (data) => ({ title: `${triggerOf(data)} was refused`, mood: "bad" }),
  "trigger.paused": (data) => ({ title: `${triggerOf(data)} has paused itself`, mood: "bad" }),
  "notification_endpoint.disabled": () => ({ title: "Another notification endpoint was disabled", mood: "bad" }),
  "notification_endpoint.test": () => ({ title: "This is a test: notifications will arrive here" }),
};

const triggerOf = ({ trigger_name, workflow_name }: Data) => `The trigger ${trigger_name} of ${workflow_name}`;

/** The message about a notification. Its texts are not escaped. */
export function chatMessageOf({ event_name, data: stored }: Notification, publicUrl: string): ChatMessage {
  const data = dataSchema.parse(stored);
  const { title, mood = "neutral" } = TOLD[event_name]?.(data) ?? { title: event_name };
  const reason = data.reason?.replaceAll("_", " ");
  return {
    title: clip(title, MAX_TITLE),
    mood,
    error: data.error == null ? null : clip(showControls(data.error).trim(), MAX_ERROR) || null,
    facts: Object.entries({
      "Triggered by": byWhom(data),
      Labels: Object.entries(data.labels)
        .map((label) => label.join(":"))
        .join(", "),
      "Failure code": data.failure_code,
      Attempt: data.attempt > 1 ? String(data.attempt) : null,
      Question: data.suspension?.prompt,
      Until: data.suspension?.ends_at,
      Result: data.reported_status,
      Runs: data.run_count?.toString(),
      Completed: data.completed?.toString(),
      Failed: data.failed?.toString(),
      Missed: data.count?.toString(),
      Server: data.server,
      Reason: reason,
    }).flatMap(([fact, value]) => (value ? [{ name: fact, value: clip(oneLine(value), MAX_FACT) }] : [])),
    link: linkOf(data, publicUrl, event_name),
  };
}

const byWhom = ({ triggered_by: { trigger, user } = {} }: Data) =>
  trigger ? `the trigger ${oneLine(trigger)}` : user && oneLine(user);

function linkOf(data: Data, publicUrl: string, event: string): ChatMessage["link"] {
  const { run_id, batch_id, trigger_id, endpoint_id, workflow_definition_id } = data;
  const [label, path] = event.startsWith("workflow_definition.")
    ? ["Open the workflow", `workflows/${workflow_definition_id}`]
    : trigger_id !== undefined
      ? ["Open the trigger", `triggers/${trigger_id}`]
      : batch_id !== undefined
        ? ["Open the batch", `batches/${batch_id}`]
        : endpoint_id !== undefined
          ? ["Open the endpoint", `settings/notifications/${endpoint_id}`]
          : ["Open the run", `runs/${run_id}`];
  return { label, url: `${publicUrl}/app/${path}` };
}

/** A text as one line. */
function oneLine(text: string): string {
  return showControls(text.replaceAll(/\s+/gu, " ")).trim();
}

/**
 * The beginning of a text, with `…` when something is left out. It does not cut a character in two. `escapeOf` is applied to each
 * character, and the limit is for what comes out.
 */
export function clip(text: string, max: number, escapeOf: (char: string) => string = (char) => char): string {
  let kept = "";
  let whole = "";
  for (const char of text) {
    whole += escapeOf(char);
    if (whole.length > max) return `${kept}…`;
    if (whole.length < max) kept = whole;
  }
  return whole;
}
