import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { ApiProblem } from "../../problem.ts";
import type { NotificationDelivery, NotificationEndpoint } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError } from "../exit.ts";
import { several } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { ago, facts, harmless, paint, printList, printOne, say } from "../output.ts";

/** `secret` is present only in the answer that creates it. */
type Endpoint = NotificationEndpoint & { secret?: string };

const TYPES: readonly NotificationEndpoint["event_types"][number][] = [
  "workflow_run.started",
  "workflow_run.completed",
  "workflow_run.failed",
  "workflow_run.late_result",
  "run_batch.ended",
  "workflow_definition.paused",
  "trigger.skipped",
  "trigger.missed",
  "trigger.refused",
  "trigger.paused",
  "notification_endpoint.disabled",
];

const PATH = "/v1/notification-endpoints";

async function call<Answer>(client: Client, method: string, path: string, body?: object): Promise<Answer> {
  const response = await client.request(path, {
    method,
    ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer: Answer = response.status === 204 ? null : await response.json();
  return answer;
}

/** Has an endpoint sent something. */
async function send(client: Client, id: string, path: string): Promise<NotificationDelivery> {
  try {
    return await call(client, "POST", `${PATH}/${encodeURIComponent(id)}/${path}`);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === "conflict")) throw error;
    throw new CliError(`It is disabled. Run \`workflow-runs notify enable ${id}\`.`);
  }
}

/** Reads the first page of a list. It is complete, since a tenant has at most 50 endpoints. */
async function list<Item>(client: Client, path: string): Promise<Item[]> {
  const { items } = await call<{ items: Item[] }>(client, "GET", `${path}?limit=100`);
  return items;
}

export function addNotify(program: Command): void {
  const notify = program.command("notify").description("Endpoints, which are notified of runs by signed webhooks");
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
        await list<Endpoint>(client, PATH),
        ({ id }) => id,
        (one) => ({
          id: one.id,
          url: harmless(one.url),
          events: one.event_types.join(" "),
          state: stateOf(one),
          problem: harmless(one.disabled_reason ?? ""),
        }),
      );
    });

  notify
    .command("create")
    .argument("<url>", "a public https URL")
    .description("Notify a URL of events. The secret that signs the notifications is shown once")
    .requiredOption("--type <type>", "such as workflow_run.failed; can be repeated", several)
    .option("--workflow <workflow>", "only of this workflow; can be repeated", several)
    .option("--description <text>", "what it is for")
    .addHelpText(
      "after",
      `
Types:
${TYPES.map((type) => `  ${type}`).join("\n")}

Example:
  $ workflow-runs notify create https://chat.example.com/hook --type workflow_run.failed`,
    )
    .action(
      async (url: string, flags: { type: string[]; workflow?: string[]; description?: string }, command: Command) => {
        const { client, mode } = contextOf(command);
        const workflows = await Promise.all((flags.workflow ?? []).map((one) => findWorkflow(client, one)));
        const made = await call<Endpoint>(client, "POST", PATH, {
          url,
          event_types: flags.type,
          ...(workflows.length > 0 && { workflow_definition_ids: workflows.map(({ id }) => id) }),
          ...(flags.description !== undefined && { description: flags.description }),
        });
        if (mode === "people") say("Keep the secret now: it is not shown again.");
        printOne(mode, made, made.id, () => endpointLines(made));
      },
    );

  ofEndpoint("rotate", "Create a new secret; for 24 hours, notifications are also signed with the old one").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const rotated = await call<Endpoint>(client, "POST", `${PATH}/${encodeURIComponent(id)}/rotate-secret`);
      printOne(mode, rotated, id, () => facts({ id, secret: rotated.secret }));
    },
  );

  ofEndpoint("test", "Send a test").action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    printOne(mode, await send(client, id, "test"), id, () => [
      `A test is being sent. See \`workflow-runs notify deliveries ${id}\`.`,
    ]);
  });

  ofEndpoint("deliveries", "Show the latest deliveries and their outcomes").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      printList(
        mode,
        await list<NotificationDelivery>(client, `${PATH}/${encodeURIComponent(id)}/deliveries`),
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
      const changed = await call<Endpoint>(client, "PATCH", `${PATH}/${encodeURIComponent(id)}`, {
        is_active: isActive,
      });
      printOne(mode, changed, id, () => endpointLines(changed));
    });
  }

  ofEndpoint("delete", "Delete it and its deliveries").action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    await call<null>(client, "DELETE", `${PATH}/${encodeURIComponent(id)}`);
    printOne(mode, { id }, id, () => [`Deleted ${id}.`]);
  });
}

function stateOf({ disabled_at, failures }: Endpoint): string {
  if (disabled_at !== null) return paint("red", `disabled ${ago(disabled_at)}`);
  return failures > 0 ? paint("yellow", `active, failed ${failures} times`) : "active";
}

const endpointLines = (one: Endpoint): string[] =>
  facts({
    id: one.id,
    url: harmless(one.url),
    events: one.event_types.join(" "),
    state: stateOf(one),
    problem: one.disabled_reason === null ? null : harmless(one.disabled_reason),
    secret: one.secret,
  });

/** Why the last try failed, and the beginning of what the endpoint answered. */
function problemOf({ tries }: NotificationDelivery): string {
  const { reason = null, answer = null } = tries.at(-1) ?? {};
  return [reason ?? "", answer?.slice(0, 200) ?? ""].join(" ").trim();
}
