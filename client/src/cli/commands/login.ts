import process from "node:process";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { ApiProblem } from "../../problem.ts";
import type { User } from "../../types.ts";
import { signInByBrowser } from "../browser-login.ts";
import { connect, contextOf, type GlobalFlags, modeOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { ask, confirm } from "../input.ts";
import { facts, harmless, printOne, say } from "../output.ts";
import { isRunnerKey, RUNNER_KEY } from "../runner-key.ts";
import { findSettings, removeLogin, writeLogin } from "../settings.ts";

type LoginFlags = GlobalFlags & { withKey?: boolean; browser: boolean };

/** The key to store: of a flag, from the terminal or stdin, or one that the person's browser lets this machine have. */
async function findKey({ apiKey, withKey, browser }: LoginFlags, url: string): Promise<string> {
  if (apiKey !== undefined) return apiKey;
  if (process.stdin.isTTY !== true) return text(process.stdin);
  return withKey ? ask("API key: ", true) : signInByBrowser(url, { opens: browser });
}

export function addLogin(program: Command): void {
  program
    .command("login")
    .description("Sign in by your browser, and store the URL and an API key in a file that only you can read")
    .option("--with-key", "ask for an API key, and open no browser")
    .option("--no-browser", "only print the URL that is to be opened in a browser of this machine")
    .addHelpText(
      "after",
      `
On a terminal it opens a page of the service, where you sign in as always. When you agree there, this machine gets an
API key of its own. With --with-key, the key is asked for on the terminal. Without a terminal, it is read from stdin.

Examples:
  $ workflow-runs login --url https://runs.example.com
  $ workflow-runs login --url https://runs.example.com --with-key
  $ pass show workflow-runs | workflow-runs login --url https://runs.example.com`,
    )
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<LoginFlags>();
      const isTerminal = process.stdin.isTTY === true;
      let { url } = findSettings(flags);
      if (!url && isTerminal) url = await ask("URL of the service: ");
      if (!url) throw new CliError("Say where the service is: --url https://runs.example.com", EXIT.invalid);
      const apiKey = (await findKey(flags, url)).trim();
      if (apiKey === "")
        throw new CliError("There is no API key. Make one on the dashboard, under People.", EXIT.invalid);
      const ofCell = (cellUrl: string) => say(`This API key is of the cell at ${harmless(cellUrl)}.`);
      let client = connect(url, apiKey, ofCell);
      const me = await client.me().catch(async (error: unknown) => {
        const cellUrl = error instanceof ApiProblem ? error.cellUrl : null;
        if (cellUrl !== null && isTerminal && (await mayBeSentTo(cellUrl))) {
          client = connect(cellUrl, apiKey, ofCell);
          return client.me();
        }
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

/** Asks the user whether the key may be sent to a cell whose address is not below the domain of the service. */
const mayBeSentTo = (cellUrl: string): Promise<boolean> =>
  confirm(`This API key is of another cell, at ${harmless(cellUrl)}. Send it there?`);

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
