import process from "node:process";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { ApiProblem } from "../../problem.ts";
import type { User } from "../../types.ts";
import { connect, contextOf, type GlobalFlags, modeOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { ask } from "../input.ts";
import { facts, printOne, say } from "../output.ts";
import { isRunnerKey, RUNNER_KEY } from "../runner-key.ts";
import { findSettings, removeLogin, writeLogin } from "../settings.ts";

export function addLogin(program: Command): void {
  program
    .command("login")
    .description("Store the URL and an API key for later commands, in a file that only you can read")
    .addHelpText(
      "after",
      `
The key is asked for on the terminal, or read from stdin.

Examples:
  $ workflow-runs login --url https://runs.example.com
  $ pass show workflow-runs | workflow-runs login --url https://runs.example.com`,
    )
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const isTerminal = process.stdin.isTTY === true;
      let { url } = findSettings(flags);
      if (!url && isTerminal) url = await ask("URL of the service: ");
      if (!url) throw new CliError("Say where the service is: --url https://runs.example.com", EXIT.invalid);
      const given = flags.apiKey ?? (isTerminal ? await ask("API key: ", true) : await text(process.stdin));
      const apiKey = given.trim();
      if (apiKey === "")
        throw new CliError("There is no API key. Make one on the dashboard, under People.", EXIT.invalid);
      const client = connect(url, apiKey);
      const me = await client.me().catch(async (error: unknown) => {
        if (!isUnknownKey(error)) throw error;
        const reason = (await isRunnerKey(client)) ? RUNNER_KEY : `${client.url} does not know this API key.`;
        throw new CliError(`${reason} Nothing was written.`, EXIT.notSignedIn);
      });
      const file = writeLogin({ url: client.url, apiKey }, process.env);
      say(`Signed in to ${client.url}. Written to ${file}, which only you can read.`);
      for (const name of ["WORKFLOW_RUNS_URL", "WORKFLOW_RUNS_API_KEY"] as const) {
        if (process.env[name]) say(`${name} is set, and takes precedence over what was written.`);
      }
      print(modeOf(flags), me, client.url);
    });

  program
    .command("logout")
    .description("Delete what `login` has stored")
    .addHelpText("after", "\nExample:\n  $ workflow-runs logout")
    .action(() => {
      const file = removeLogin();
      if (file === null) say("You were not signed in.");
      else say(`Removed ${file}. The API key is still valid: delete it by \`keys delete\` if it should not be.`);
    });

  program
    .command("whoami")
    .description("Show the user of the API key")
    .addHelpText(
      "after",
      "\nIt says so when the key is a runner key, which has no user.\n\nExample:\n  $ workflow-runs whoami",
    )
    .action(async (_, command: Command) => {
      const { client, mode } = contextOf(command);
      const me = await client.me().catch(async (error: unknown) => {
        if (isUnknownKey(error) && (await isRunnerKey(client))) throw new CliError(RUNNER_KEY, EXIT.notSignedIn);
        throw error;
      });
      print(mode, me, client.url);
    });
}

const isUnknownKey = (error: unknown): boolean => error instanceof ApiProblem && error.status === 401;

const print = (mode: ReturnType<typeof modeOf>, me: User, url: string): void =>
  printOne(mode, me, me.id, () =>
    facts({
      name: [me.first_name, me.last_name].filter((name) => name !== null).join(" "),
      email: me.email,
      role: me.current_tenant_role,
      tenant: me.current_tenant_id,
      service: url,
    }),
  );
