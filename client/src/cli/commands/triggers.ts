import type { Command } from "commander";
import type { NewTrigger, Trigger } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { labelAfter, oneOf, readInput } from "../input.ts";
import { futureInstant, lengthOfTime } from "../instants.ts";
import { findWorkflow } from "../names.ts";
import { printList, printOne } from "../output.ts";
import { WHEN_BUSY, type WhenBusy } from "../policy.ts";
import { printTrigger, printWithSecret, triggerRow } from "../trigger-lines.ts";
import { addFirings, ofTrigger } from "./trigger-firings.ts";
import { addRotate, type WebhookFlags, webhookOf, webhookOptions } from "./trigger-webhooks.ts";

const CATCH_UPS = ["last", "none"] as const;

type CreateFlags = {
  name?: string;
  cron?: string;
  at?: string;
  timeZone?: string;
  startsAt?: string;
  endsAt?: string;
  jitter?: number;
  catchUp?: (typeof CATCH_UPS)[number];
  catchUpWindow?: number;
  input?: string;
  label?: Record<string, string>;
  key?: string;
  whenBusy?: WhenBusy;
} & WebhookFlags;

export function addTriggers(program: Command): void {
  const triggers = program
    .command("triggers")
    .description("What triggers runs of a workflow by itself: schedules and webhooks");

  addCreate(triggers);

  triggers
    .command("list")
    .argument("<workflow>", "its name or id")
    .description("List the triggers of a workflow, newest first")
    .addHelpText("after", '\nExample:\n  $ workflow-runs triggers list "Quarterly report"')
    .action(async (name: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const { id: workflowId } = await findWorkflow(client, name);
      const all: Trigger[] = [];
      for await (const trigger of client.listTriggers(workflowId)) all.push(trigger);
      printList(mode, all, ({ id }) => id, triggerRow);
    });

  ofTrigger(triggers, "get", "Show a trigger, and when it fires next").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      printTrigger(mode, await client.getTrigger(id));
    },
  );

  ofTrigger(
    triggers,
    "pause",
    "Pause a trigger: it does not fire until it is resumed",
    'workflow-runs triggers pause $TRIGGER --note "Until the new runner is ready"',
  )
    .option("--note <text>", "why, for those who find it paused")
    .action(async (id: string, flags: { note?: string }, command: Command) => {
      const { client, mode } = contextOf(command);
      printTrigger(mode, await client.pauseTrigger(id, flags));
    });

  ofTrigger(
    triggers,
    "resume",
    "Resume a trigger; from then on it fires with your rights",
    "workflow-runs triggers resume $TRIGGER --catch-up",
  )
    .option("--catch-up", "fire the last instant of the pause now; by default all of them are MISSED")
    .action(async (id: string, flags: { catchUp?: boolean }, command: Command) => {
      const { client, mode } = contextOf(command);
      printTrigger(mode, await client.resumeTrigger(id, flags));
    });

  ofTrigger(triggers, "delete", "Delete a trigger and its firings; the runs that it has triggered stay").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      await client.deleteTrigger(id);
      printOne(mode, { id }, id, () => [`Deleted ${id}.`]);
    },
  );

  addFirings(triggers);
  addRotate(triggers);
}

function addCreate(triggers: Command): void {
  const create = triggers
    .command("create")
    .argument("<workflow>", "its name or id")
    .description("Trigger runs of a workflow on a schedule, or on signed messages, with your rights")
    .option("--cron <fields>", "when: minute, hour, day of the month, month, day of the week")
    .option("--at <time>", "once, instead of --cron: a local time, such as 2030-03-01T06:00, or one with its offset")
    .option("--time-zone <zone>", "whose clock the schedule follows: Europe/Berlin, or UTC; it has no default")
    .option("--name <text>", "what people see; by default the schedule")
    .option("--input <json>", "a JSON object for each run: as text, as @file, or as @- from stdin")
    .option("--label <key:value>", "a label of each run; can be repeated, for up to 10 keys", labelAfter)
    .option("--key <key>", "the concurrency key of each run")
    .option(
      "--when-busy <what>",
      `what it does while as many runs are unfinished as may be RUNNING: ${WHEN_BUSY.join(", ")}; by default as the policy says`,
      oneOf(WHEN_BUSY),
    )
    .option("--jitter <time>", "each firing is up to this much later, at most 1h", lengthOfTime)
    .option("--catch-up <what>", "after an outage, fire the last instant that was missed, or none", oneOf(CATCH_UPS))
    .option("--catch-up-window <time>", "what is later than this is not caught up; 24h by default", lengthOfTime)
    .option(
      "--starts-at <when>",
      "no instant is before it: 2027-01-31, or how long from now, such as 7d",
      futureInstant,
    )
    .option("--ends-at <when>", "all instants are before it", futureInstant);
  webhookOptions(create)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs triggers create "Quarterly report" --cron "0 6 * * 1-5" --time-zone Europe/Berlin
  $ workflow-runs triggers create "Quarterly report" --cron "*/15 8-18 * * *" --time-zone UTC --when-busy skip
  $ workflow-runs triggers create "Quarterly report" --at 2030-03-01T06:00 --time-zone America/New_York
  $ workflow-runs triggers create "Quarterly report" --webhook github --when push --pick commit=/after
  $ workflow-runs triggers create "Quarterly report" --webhook hmac-sha256 --header X-Signature --secret @secret.txt
  $ TRIGGER=$(workflow-runs triggers create "Quarterly report" --cron "0 6 * * *" --time-zone UTC --quiet)`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const trigger = await contentOf(flags);
      const workflow = await findWorkflow(client, name);
      printWithSecret(mode, await client.createTrigger(workflow.id, trigger));
    });
}

/** @throws CliError unless the flags say exactly one of: when it fires again and again, when it fires once, or how messages are signed */
async function contentOf(flags: CreateFlags): Promise<NewTrigger> {
  const given = [flags.cron, flags.at, flags.webhook].filter((flag) => flag !== undefined);
  if (given.length !== 1) {
    throw new CliError(
      'Say when by --cron, such as --cron "0 6 * * 1-5", or by --at, for once; or how messages are signed by --webhook.',
      EXIT.invalid,
    );
  }
  const input = flags.input === undefined ? null : await readInput(flags.input);
  const webhook = await webhookOf(flags);
  return {
    ...(webhook ? { name: `Webhook ${flags.webhook}`, kind: "webhook", ...webhook } : scheduleOf(flags)),
    ...(flags.name !== undefined && { name: flags.name }),
    input,
    labels: flags.label ?? null,
    concurrency_key: flags.key ?? null,
    when_busy: flags.whenBusy ?? null,
  };
}

function scheduleOf(flags: CreateFlags): Pick<NewTrigger, "name" | "kind" | "schedule"> {
  const { cron, at, timeZone, startsAt, endsAt, jitter, catchUp, catchUpWindow } = flags;
  if (timeZone === undefined)
    throw new CliError("Say whose clock it follows by --time-zone, such as Europe/Berlin.", EXIT.invalid);
  return {
    name: `${cron ?? at} ${timeZone}`,
    kind: "schedule",
    schedule: {
      ...(cron !== undefined && { cron }),
      ...(at !== undefined && { at }),
      time_zone: timeZone,
      ...(startsAt !== undefined && { starts_at: startsAt }),
      ...(endsAt !== undefined && { ends_at: endsAt }),
      ...(jitter !== undefined && { jitter_seconds: jitter }),
      ...(catchUp !== undefined && { catch_up: catchUp }),
      ...(catchUpWindow !== undefined && { catch_up_window_seconds: catchUpWindow }),
    },
  };
}
