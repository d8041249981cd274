import type { Firing, Trigger, TriggerWithSecret } from "../types.ts";
import { ago, duration, facts, harmless, instantIn, instantOf, type Mode, paint, printOne, say } from "./output.ts";

/** Why a trigger did not fire, by the reason of the API. */
const REASONS: Readonly<Record<string, string>> = {
  late: "nobody was there in time",
  user_deactivated: "the user who changed it last is no longer active",
  rights: "the user who changed it last lacks a right that an invoke of the workflow needs",
  no_runner: "the workflow has no runner",
  path_parts: "a file of the workflow is gone, or a source folder has no document",
  input_invalid: "its input does not fit the schema that the policy has for it",
  no_key: "its input has no concurrency key where the policy says, or the message none where the trigger says",
  body_unusable: "the message is not a JSON object, or has something that cannot be kept",
  queue_full: "as many runs wait as the policy allows",
  cap_reached: "as many runs wait as the tenant may have",
  several_slots: "it would replace the running run, but the policy allows several at once",
  of_rights: "the user who changed it last may no longer see the workflow after whose runs it fires",
  of_deleted: "the workflow after whose runs it fires was deleted",
  depth: "ten runs before it had triggered each other already",
  descendants: "a thousand runs have followed from the first run of the chain already",
  input_too_large: "what the message, or the run that had ended, gives to the run has more than 32 KiB",
  no_correlation: "the message has no correlation where the trigger looks for it, or there was no message",
  too_many_signals: "no run waits for the signal, and 1,000 are kept for the workflow already",
  snapshot_too_large: "the paths of the workflow's files are too long together",
};

/** Why a firing has no run, in words. Empty for one that has. */
export function whyNot({ outcome, reason, run_id }: Firing): string {
  if (outcome === "FIRED") return run_id === null ? "its signal is kept for the next run that waits for it" : "";
  if (outcome === "SKIPPED") return `run ${run_id} was in the way`;
  if (reason === "paused") return outcome === "MISSED" ? "it was paused" : "the workflow is paused";
  return REASONS[reason ?? ""] ?? harmless(reason ?? "");
}

const COLORS = { FIRED: "green", SKIPPED: "yellow", MISSED: "yellow", REFUSED: "red" } as const;

/**
 * Why the trigger was to fire: an instant, a message or the end of a run. When several were MISSED in a row: the first, the last, and how
 * many.
 */
function occasionText({ scheduled_at, scheduled_until, count, of_run_id }: Firing): string {
  if (of_run_id !== null && count === 1) return `run ${of_run_id}`;
  if (scheduled_at === null) return "-";
  if (scheduled_until === null || count === 1) return instantOf(scheduled_at);
  return `${instantOf(scheduled_at)} to ${instantOf(scheduled_until)} (${count})`;
}

const lateText = (lateMs: number | null): string => {
  if (lateMs === null) return "-";
  return lateMs < 1000 ? `${Math.max(0, lateMs)} ms` : duration(lateMs / 1000);
};

export const firingRow = (firing: Firing) => ({
  recorded: ago(firing.at),
  outcome: paint(COLORS[firing.outcome], firing.outcome),
  cause: firing.cause,
  for: occasionText(firing),
  late: lateText(firing.late_ms),
  run: firing.run_id ?? "-",
  why: whyNot(firing),
});

type Schedule = NonNullable<Trigger["schedule"]>;
type Webhook = NonNullable<Trigger["webhook"]>;

const scheduleText = ({ cron, at, time_zone }: Schedule): string => harmless(`${cron ?? at}, ${time_zone}`);

/** What makes it fire. */
function whenText({ schedule, webhook, run, kind }: Trigger): string {
  if (schedule !== null) return scheduleText(schedule);
  // An older service has no signals.
  if (webhook?.signal) return `webhook, ${webhook.scheme}, signals ${harmless(webhook.signal.name)}`;
  if (webhook !== null) return `webhook, ${webhook.scheme}`;
  return run === null ? kind : `after ${run.on} runs of ${run.of}`;
}

const stateText = ({ paused_at }: Trigger): string =>
  paused_at === null ? "active" : paint("yellow", `paused ${ago(paused_at)}`);

/** Who has paused it. Null while it is active. */
function pauserText({ paused_at, paused_by }: Trigger): string | null {
  if (paused_at === null) return null;
  return paused_by === null ? "itself" : harmless(paused_by.name);
}

export const triggerRow = (trigger: Trigger) => ({
  id: trigger.id,
  name: harmless(trigger.name),
  when: whenText(trigger),
  state: stateText(trigger),
  next: trigger.next_at === null ? "-" : instantOf(trigger.next_at),
  note: harmless(trigger.pause_note ?? ""),
});

const scheduleFacts = (schedule: Schedule) => ({
  schedule: scheduleText(schedule),
  starts: schedule.starts_at === null ? null : instantOf(schedule.starts_at),
  ends: schedule.ends_at === null ? null : instantOf(schedule.ends_at),
  jitter: schedule.jitter_seconds === 0 ? null : `up to ${duration(schedule.jitter_seconds)}`,
  "catch up":
    schedule.catch_up === "none" ? "none" : `the last, up to ${duration(schedule.catch_up_window_seconds)} late`,
});

const pointersText = (pointers: Record<string, string> | null): string | null =>
  pointers === null
    ? null
    : harmless(
        Object.entries(pointers)
          .map(([name, pointer]) => `${name}=${pointer}`)
          .join("  "),
      );

const webhookFacts = (webhook: Webhook) => ({
  scheme: webhook.scheme,
  header: webhook.signature_header && `${webhook.signature_header}, in ${webhook.signature_encoding}`,
  url: webhook.scheme === "token" ? `${webhook.url}/<token>` : webhook.url,
  "old secret until": webhook.old_secret_until === null ? null : instantOf(webhook.old_secret_until),
  when: webhook.when && harmless(webhook.when.join("  ")),
  pick: pointersText(webhook.pick),
  "key from": webhook.key_from && harmless(webhook.key_from),
  "labels from": pointersText(webhook.labels_from),
  signal: webhook.signal
    ? `${harmless(webhook.signal.name)}, correlation from ${harmless(webhook.signal.correlation_from)}`
    : null,
});

/** Prints a trigger with its secret, which is shown this once. Of the scheme `token`, the secret is a part of the URL. */
export function printWithSecret(mode: Mode, { secret, ...trigger }: TriggerWithSecret): void {
  const { webhook } = trigger;
  if (secret === undefined || webhook === null) {
    printTrigger(mode, trigger);
    return;
  }
  if (mode === "people") say("Keep the secret now: it is not shown again.");
  printOne(mode, { ...trigger, secret }, trigger.id, () => [
    ...triggerLines(trigger),
    ...facts(webhook.scheme === "token" ? { address: `${webhook.url}/${secret}` } : { secret }),
  ]);
}

export function printTrigger(mode: Mode, trigger: Trigger): void {
  printOne(mode, trigger, trigger.id, () => triggerLines(trigger));
}

const triggerLines = (trigger: Trigger): string[] => {
  const { schedule, webhook, run, labels, input } = trigger;
  return facts({
    id: trigger.id,
    name: harmless(trigger.name),
    workflow: trigger.workflow_definition_id,
    ...(schedule && scheduleFacts(schedule)),
    ...(webhook && webhookFacts(webhook)),
    ...(run && { after: `runs of workflow ${run.of}`, on: run.on, "input from": run.input_from }),
    state: stateText(trigger),
    "paused by": pauserText(trigger),
    note: trigger.pause_note === null ? null : harmless(trigger.pause_note),
    next: trigger.next_at === null || schedule === null ? null : nextText(trigger.next_at, schedule.time_zone),
    "when busy": trigger.webhook?.signal ? null : (trigger.when_busy ?? "as the policy says"),
    input: input === null ? null : JSON.stringify(input),
    labels: harmless(
      Object.entries(labels)
        .map(([key, value]) => `${key}:${value}`)
        .join("  "),
    ),
    key: trigger.concurrency_key === null ? null : harmless(trigger.concurrency_key),
    priority: trigger.priority || null,
    "rights of": `user ${trigger.user_id}`,
  });
};

/** The next instant here and, if its clock shows another time, in the time zone of the schedule. */
function nextText(at: string, zone: string): string {
  const here = instantOf(at);
  const there = instantIn(zone, at);
  return there === here || there === "" ? here : `${here}, which is ${there} in ${harmless(zone)}`;
}
