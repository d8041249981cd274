import { type Command, Option } from "commander";
import { unwrap } from "../../connection.ts";
import type { ApiKey, components } from "../../types.ts";
import { callJson } from "../call-json.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { several, severalOf } from "../input.ts";
import { futureInstant } from "../instants.ts";
import { choose, findUser, findWorkflow, isId } from "../names.ts";
import { ago, facts, harmless, instantOf, printList, printOne, say } from "../output.ts";

type Scope = NonNullable<components["schemas"]["OwnApiKey"]["scopes"]>[number];

const SCOPES: readonly Scope[] = ["read", "run", "manage", "metrics"];

type CreateFlags = { expires?: string; scope?: Scope[]; user?: string; runner?: boolean; workflow?: string[] };

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("Your API keys, and keys for runners");

  keys
    .command("list")
    .description("List your API keys and runner keys")
    .addHelpText("after", "\nExample:\n  $ workflow-runs keys list")
    .action(async (_, command: Command) => {
      const { client, mode } = contextOf(command);
      const { items } = await unwrap(client.api.GET("/v1/users/me/api-keys"));
      printList(
        mode,
        items,
        ({ id }) => id,
        (key) => ({
          id: key.id,
          name: harmless(key.name),
          kind: key.kind,
          scopes: key.scopes?.join(", ") ?? "-",
          key: `…${key.key_suffix}`,
          expires: key.expires_at === null ? "never" : instantOf(key.expires_at),
          created: ago(key.created_at),
        }),
      );
    });

  keys
    .command("create")
    .argument("<name>", "what it is for")
    .description("Make a key. It is shown once")
    .option(
      "--expires <when>",
      "when it stops working: 2027-01-31, 2027-01-31T12:00Z, or in 90d; by default never",
      futureInstant,
    )
    .addOption(
      new Option("--scope <scope>", `what it may at most do: ${SCOPES.join(", ")}; can be repeated`)
        .argParser(severalOf(SCOPES))
        .conflicts("runner"),
    )
    .addOption(
      new Option("--user <user>", "a key of this service user, by its name or id; for OWNER and ADMIN").conflicts(
        "runner",
      ),
    )
    .option("--runner", "a key that can lease runs, and nothing else; for OWNER and ADMIN")
    .option("--workflow <workflow>", "with --runner: only runs of this workflow; can be repeated", several)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs keys create "CI" --expires 90d --scope read --scope run
  $ WORKFLOW_RUNS_API_KEY=$(workflow-runs keys create "build machine" --runner --quiet)`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      if (flags.workflow && !flags.runner) {
        throw new CliError(
          "--workflow restricts a runner key: add --runner. An API key may do all that you may do.",
          EXIT.invalid,
        );
      }
      const workflows = await Promise.all((flags.workflow ?? []).map((one) => findWorkflow(client, one)));
      const body = {
        name,
        ...(flags.expires !== undefined && { expires_at: flags.expires }),
        ...(flags.scope !== undefined && { scopes: flags.scope }),
        ...(workflows.length > 0 && { workflow_definition_ids: workflows.map(({ id }) => id) }),
      };
      const user = flags.user === undefined ? null : await findUser(client, flags.user);
      const ofUser = user === null ? "/v1/api-keys" : `/v1/users/${user.user_id}/api-keys`;
      const path = flags.runner ? "/v1/runner-keys" : ofUser;
      const key = await callJson<ApiKey & { key: string }>(client, "POST", path, body);
      if (mode === "people") say("Keep the key now: it is not shown again.");
      printOne(mode, key, key.key, () => facts({ id: key.id, name: harmless(key.name), key: key.key }));
    });

  keys
    .command("delete")
    .argument("<key>", "its name or id")
    .description("Delete an API key; it stops working at once")
    .addHelpText("after", '\nExample:\n  $ workflow-runs keys delete "CI"')
    .action(async (name: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const id = isId(name) ? name : choose(await unwrap(client.api.GET("/v1/api-keys")), name, "API key").id;
      await client.request(`/v1/api-keys/${id}`, { method: "DELETE" });
      printOne(mode, { id }, id, () => [`Deleted ${id}.`]);
    });
}
