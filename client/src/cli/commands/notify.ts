import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { ApiProblem } from "../../problem.ts";
import type { NotificationDelivery, NotificationEndpoint } from "../../types.ts";
import { callJson } from "../call-json.ts";
import { contextOf } from "../context.ts";
import { CliError } from "../exit.ts";
import { oneOf, readText, several, severalLabels, severalOf } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { ago, facts, harmless, type Mode, paint, plural, printList, printOne, say } from "../output.ts";

/** Only the answer that creates a secret has `secret`. An endpoint that is a chat has none. */
type Endpoint = NotificationEndpoint & { secret?: string };

const TYPES: readonly NotificationEndpoint["event_types"][number][] = [
  "workflow_run.started",
  "workflow_run.completed",
  "workflow_run.failed",
  "workflow_run.suspended",
  "workflow_run.late_result",
  "run_batch.ended",
  "workflow_definition.paused",
  "trigger.skipped",
  "trigger.missed",
  "trigger.refused",
  "trigger.paused",
  "notification_endpoint.disabled",
];

const FORMATS: readonly NotificationEndpoint["format"][] = ["standard", "slack", "teams"];
const TURNS: readonly NonNullable<NotificationEndpoint["on"]>[number][] = ["first_failure", "works_again"];

const PATH = "/v1/notification-endpoints";

const URL_ARGUMENT = [
  "<url>",
  "a public https URL: as text, or, since the URL of a chat is a secret, as @file or as @- from stdin",
] as const;

type CreateFlags = {
  type: string[];
  format?: string;
  workflow?: string[];
  label?: string[];
  on?: string[];
  description?: string;
};

/** Has an endpoint sent something. */
async function send(client: Client, id: string, path: string): Promise<NotificationDelivery> {
  try {
    return await callJson(client, "POST", `${PATH}/${encodeURIComponent(id)}/${path}`);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === "conflict")) throw error;
    throw new CliError(`It is disabled. Run \`workflow-runs notify enable ${id}\`.`);
  }
}

const LIMIT = 100;

/** Reads the first page of a list. That of the endpoints is complete, since a tenant has at most 50. */
const list = <Item>(client: Client, path: string): Promise<{ items: Item[]; next_cursor?: string | null }> =>
  callJson(client, "GET", `${path}?limit=${LIMIT}`);

export function addNotify(program: Command): void {
  const notify = program
    .command("notify")
    .description("Endpoints, which are notified of runs by signed webhooks, or in a chat");
  const ofEndpoint = (name: string, description: string, example = `workflow-runs notify ${name} $ENDPOINT`) =>
    notify
      .command(name)
      .argument("<endpoint>", "its id")
      .description(description)
      .addHelpText("after", `\nExample:\n  $ ${example}`);

  notify
    .command("list")
    .description("List the endpoints")
    .addHelpText("after", "\nExample:\n  $ workflow-runs notify list")
    .action(async (_, command: Command) => {
      const { client, mode } = contextOf(command);
      printList(
        mode,
        (await list<Endpoint>(client, PATH)).items,
        ({ id }) => id,
        (one) => ({
          id: one.id,
          url: harmless(one.url),
          format: one.format,
          events: one.event_types.join(" "),
          state: stateOf(one),
          problem: harmless(one.disabled_reason ?? ""),
        }),
      );
    });

  notify
    .command("create")
    .argument(...URL_ARGUMENT)
    .description(
      "Notify a URL of events. The secret that signs the notifications is shown once. The URL of a chat is itself a secret, and is not shown",
    )
    .requiredOption("--type <type>", "such as workflow_run.failed; can be repeated", several)
    .option("--format <format>", `what is sent: ${FORMATS.join(", ")}`, oneOf(FORMATS))
    .option("--workflow <workflow>", "only of this workflow; can be repeated", several)
    .option("--label <key:value>", "only of runs with this label; can be repeated", severalLabels)
    .option(
      "--on <turn>",
      `of the ends of runs, only this turn of the workflow: ${TURNS.join(", ")}; can be repeated`,
      severalOf(TURNS),
    )
    .option("--description <text>", "what it is for")
    .addHelpText(
      "after",
      `
Types:
${TYPES.map((type) => `  ${type}`).join("\n")}

Example:
  $ workflow-runs notify create https://hooks.example.com/runs --type workflow_run.failed
  $ workflow-runs notify create @slack-url.txt --format slack --type workflow_run.failed --on first_failure`,
    )
    .action(async (given: string, flags: CreateFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const workflows = await Promise.all((flags.workflow ?? []).map((one) => findWorkflow(client, one)));
      const { format, label: labels, on, description } = flags;
      const made = await callJson<Endpoint>(client, "POST", PATH, {
        url: await readUrl(given),
        event_types: flags.type,
        ...(workflows.length > 0 && { workflow_definition_ids: workflows.map(({ id }) => id) }),
        format,
        labels,
        on,
        description,
      });
      printEndpoint(mode, made);
    });

  ofEndpoint(
    "move",
    "Notify it at another URL: of a chat, its new address",
    "workflow-runs notify move $ENDPOINT @url.txt",
  )
    .argument(...URL_ARGUMENT)
    .action(async (id: string, given: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const path = `${PATH}/${encodeURIComponent(id)}`;
      const { format } = await callJson<Endpoint>(client, "GET", path);
      printEndpoint(mode, await callJson<Endpoint>(client, "PATCH", path, { format, url: await readUrl(given) }));
    });

  ofEndpoint("rotate", "Create a new secret; for 24 hours, notifications are also signed with the old one").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const rotated = await callJson<Endpoint>(client, "POST", `${PATH}/${encodeURIComponent(id)}/rotate-secret`);
      printOne(mode, rotated, id, () => facts({ id, secret: rotated.secret }));
    },
  );

  ofEndpoint("test", "Send a test").action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    printOne(mode, await send(client, id, "test"), id, () => [
      `A test is being sent. See \`workflow-runs notify deliveries ${id}\`.`,
    ]);
  });

  ofEndpoint("deliveries", `Show the latest deliveries, at most ${LIMIT}, and their outcomes`).action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const path = `${PATH}/${encodeURIComponent(id)}/deliveries`;
      const { items, next_cursor: next = null } = await list<NotificationDelivery>(client, path);
      printList(
        mode,
        items,
        (one) => one.id,
        (one) => ({
          id: one.id,
          when: ago(one.created_at),
          event: harmless(one.type),
          run: one.run_id ?? "",
          state: one.state,
          tries: String(one.tries.length),
          problem: harmless(problemOf(one)).replaceAll("\n", " "),
        }),
      );
      if (next !== null)
        say(`These are the latest ${items.length}. GET ${path}?cursor=${encodeURIComponent(next)} has older ones.`);
    },
  );

  ofEndpoint("resend", "Send a delivery again", "workflow-runs notify resend $ENDPOINT $DELIVERY")
    .argument("<delivery>", "its id")
    .action(async (id: string, delivery: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const sent = await send(client, id, `deliveries/${encodeURIComponent(delivery)}/resend`);
      printOne(mode, sent, delivery, () => ["It is being sent again."]);
    });

  for (const [name, isActive, text] of [
    ["enable", true, "Notify it again, after it was disabled"],
    ["disable", false, "Stop notifying it, and give up what waits for it"],
  ] as const) {
    ofEndpoint(name, text).action(async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const changed = await callJson<Endpoint>(client, "PATCH", `${PATH}/${encodeURIComponent(id)}`, {
        is_active: isActive,
      });
      printOne(mode, changed, id, () => endpointLines(changed));
    });
  }

  ofEndpoint("delete", "Delete it and its deliveries").action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    await callJson<null>(client, "DELETE", `${PATH}/${encodeURIComponent(id)}`);
    printOne(mode, { id }, id, () => [`Deleted ${id}.`]);
  });
}

/** A file usually ends with a line break, which is not a part of the URL. */
const readUrl = async (given: string) => (await readText(given)).trim();

function printEndpoint(mode: Mode, endpoint: Endpoint): void {
  if (mode === "people" && endpoint.secret !== undefined) say("Keep the secret now: it is not shown again.");
  printOne(mode, endpoint, endpoint.id, () => endpointLines(endpoint));
}

function stateOf({ disabled_at, failures }: Endpoint): string {
  if (disabled_at !== null) return paint("red", `disabled ${ago(disabled_at)}`);
  return failures > 0 ? paint("yellow", `active, failed ${plural(failures, "time")}`) : "active";
}

const endpointLines = (one: Endpoint): string[] =>
  facts({
    id: one.id,
    url: harmless(one.url),
    format: one.format,
    events: one.event_types.join(" "),
    "only on": one.on?.join(" "),
    labels: one.labels?.map(harmless).join(" "),
    state: stateOf(one),
    problem: one.disabled_reason === null ? null : harmless(one.disabled_reason),
    secret: one.secret,
  });

/** Why the last try failed, and the beginning of what the endpoint answered. */
function problemOf({ tries }: NotificationDelivery): string {
  const { reason = null, answer = null } = tries.at(-1) ?? {};
  return [reason ?? "", answer?.slice(0, 200) ?? ""].join(" ").trim();
}
