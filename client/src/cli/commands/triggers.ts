import type { Command } from "commander";
import type { Client } from "../../client.ts";
import type { NewTrigger, Trigger } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { labelAfter, oneOf, priorityOption, readInput } from "../input.ts";
import { futureInstant, lengthOfTime } from "../instants.ts";
import { findWorkflow } from "../names.ts";
import { instantOf, printList, printOne, say } from "../output.ts";
import { WHEN_BUSY, type WhenBusy } from "../policy.ts";
import { printTrigger, printWithSecret, triggerRow } from "../trigger-lines.ts";
import { addFirings, ofTrigger } from "./trigger-firings.ts";
import { addRotate, type WebhookFlags, webhookOf, webhookOptions } from "./trigger-webhooks.ts";

const CATCH_UPS = ["last", "none"] as const;
const ENDS = ["completed", "failed", "ended"] as const;
const INPUTS_FROM = ["fixed", "output", "run"] as const;

type CreateFlags = {
  name?: string;
  cron?: string;
  at?: string;
  after?: string;
  on?: (typeof ENDS)[number];
  inputFrom?: (typeof INPUTS_FROM)[number];
  timeZone?: string;
  startsAt?: string;
  endsAt?: string;
  jitter?: number;
  catchUp?: (typeof CATCH_UPS)[number];
  catchUpWindow?: number;
  input?: string;
  label?: Record<string, string>;
  key?: string;
  priority?: number;
  whenBusy?: WhenBusy;
} & WebhookFlags;

export function addTriggers(program: Command): void {
  const triggers = program
    .command("triggers")
    .description("What triggers runs of a workflow by itself: schedules, webhooks, and the ends of other runs");

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
      const trigger = await client.resumeTrigger(id, flags);
      printTrigger(mode, trigger);
      if (mode !== "people" || trigger.schedule === null) return;
      // The service plans the next instant only after its answer.
      const [next] = (await client.readOccurrences(id, { limit: 1 })).items;
      if (next !== undefined) say(`It fires next at ${instantOf(next.at)}.`);
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
    .description(
      "Trigger runs of a workflow on a schedule, on signed messages, or after runs of another, with your rights",
    )
    .option("--cron <fields>", "when: minute, hour, day of the month, month, day of the week")
    .option("--at <time>", "once, instead of --cron: a local time, such as 2030-03-01T06:00, or one with its offset")
    .option("--time-zone <zone>", "whose clock the schedule follows: Europe/Berlin, or UTC; it has no default")
    .option("--after <workflow>", "each time that a run of this workflow has ended; its name or id")
    .option("--on <end>", `after which ends: ${ENDS.join(", ")}; by default completed`, oneOf(ENDS))
    .option(
      "--input-from <what>",
      "what the new run gets: fixed (--input), the output of the run that has ended, or that run itself",
      oneOf(INPUTS_FROM),
    )
    .option("--name <text>", "what people see; by default when it fires")
    .option("--input <json>", "a JSON object for each run: as text, as @file, or as @- from stdin")
    .option("--label <key:value>", "a label of each run; can be repeated, for up to 10 keys", labelAfter)
    .option("--key <key>", "the concurrency key of each run")
    .addOption(priorityOption())
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
  $ workflow-runs triggers create "Invoices" --webhook stripe --when invoice.paid --secret @secret.txt \\
      --signal paid --correlation-from /data/object/number
  $ workflow-runs triggers create "Publish" --after "Quarterly report" --input-from output
  $ TRIGGER=$(workflow-runs triggers create "Quarterly report" --cron "0 6 * * *" --time-zone UTC --quiet)`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const { name: nameByDefault, ...when } = await whenOf(client, flags);
      const trigger = { name: flags.name ?? nameByDefault, ...when, ...(await contentOf(flags)) };
      const workflow = await findWorkflow(client, name);
      printWithSecret(mode, await client.createTrigger(workflow.id, trigger));
    });
}

type Kind = NewTrigger["kind"];

/** The flags that make a trigger fire. Exactly one of them must be given. */
const CHOICES = { cron: "schedule", at: "schedule", webhook: "webhook", after: "run" } as const;

/** Which flags are for which kind only. */
const FLAGS: Readonly<Record<Kind, { goWith: string; names: readonly (keyof CreateFlags)[] }>> = {
  schedule: {
    goWith: "--cron or --at",
    names: ["timeZone", "startsAt", "endsAt", "jitter", "catchUp", "catchUpWindow"],
  },
  webhook: {
    goWith: "--webhook",
    names: ["header", "encoding", "secret", "when", "pick", "keyFrom", "labelFrom", "signal", "correlationFrom"],
  },
  run: { goWith: "--after", names: ["on", "inputFrom"] },
};

const flagText = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** @throws CliError when none or several of these flags are given, or a flag that belongs to another kind of trigger */
function kindOf(flags: CreateFlags): Kind {
  const [chosen, ...others] = (Object.keys(CHOICES) as (keyof typeof CHOICES)[]).filter((name) => name in flags);
  if (chosen === undefined || others.length > 0) {
    throw new CliError(
      'Say when it fires by one of these: --cron, such as --cron "0 6 * * 1-5"; --at, for once; --webhook, for signed messages; ' +
        "or --after, for the runs of another workflow.",
      EXIT.invalid,
    );
  }
  const kind = CHOICES[chosen];
  for (const [other, { goWith, names }] of Object.entries(FLAGS)) {
    const foreign = other === kind ? undefined : names.find((name) => name in flags);
    if (foreign !== undefined) throw new CliError(`${flagText(foreign)} is for ${goWith} only.`, EXIT.invalid);
  }
  return kind;
}

type When = Pick<NewTrigger, "name" | "kind" | "schedule" | "webhook" | "secret" | "run">;

/** By what it fires, and a name that says so. */
async function whenOf(client: Client, flags: CreateFlags): Promise<When> {
  switch (kindOf(flags)) {
    case "schedule":
      return scheduleOf(flags);
    case "webhook":
      return { name: `Webhook ${flags.webhook}`, kind: "webhook", ...(await webhookOf(flags)) };
    case "run":
      return afterOf(client, flags);
  }
}

/** @throws CliError when `--time-zone` is missing */
function scheduleOf({ cron, at, timeZone, startsAt, endsAt, jitter, catchUp, catchUpWindow }: CreateFlags): When {
  if (timeZone === undefined) {
    throw new CliError("Say whose clock it follows by --time-zone: Europe/Berlin, or UTC.", EXIT.invalid);
  }
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

/** @throws CliError when the workflow cannot be found */
async function afterOf(
  client: Client,
  { after = "", on = "completed", inputFrom = "fixed" }: CreateFlags,
): Promise<When> {
  const of = await findWorkflow(client, after);
  return {
    name: [...`After ${of.name}`].slice(0, 100).join(""),
    kind: "run",
    run: { of: of.id, on, input_from: inputFrom },
  };
}

/** What each run gets. */
async function contentOf(flags: CreateFlags) {
  return {
    input: flags.input === undefined ? null : await readInput(flags.input),
    labels: flags.label ?? null,
    concurrency_key: flags.key ?? null,
    ...(flags.priority !== undefined && { priority: flags.priority }),
    when_busy: flags.whenBusy ?? null,
  };
}
