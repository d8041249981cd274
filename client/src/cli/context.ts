import type { Command } from "commander";
import { type Client, createClient } from "../client.ts";
import { CliError, EXIT } from "./exit.ts";
import { harmless, type Mode, say } from "./output.ts";
import { requireSettings } from "./settings.ts";

export type GlobalFlags = { url?: string; apiKey?: string; json?: boolean; quiet?: boolean };

export type Context = { client: Client; mode: Mode; apiKey: string };

/** The settings and the global flags of a command. */
export function contextOf(command: Command): Context {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const { url, apiKey } = requireSettings(flags);
  return { client: connect(url, apiKey), mode: modeOf(flags), apiKey };
}

const sayCell = (url: string): void => {
  say(
    `This API key is of another cell of the service, so ${harmless(url)} was asked. To ask it at once, run \`workflow-runs login --url ` +
      `${harmless(url)}\`, or set WORKFLOW_RUNS_URL.`,
  );
};

/** `onCell` is called when the key belongs to another cell, with the URL of that. By default it prints the URL and how to use it at once. */
export function connect(url: string, apiKey: string, onCell = sayCell): Client {
  try {
    const client = createClient({ url, apiKey, onCell });
    if (/\/v1$/.test(client.url)) {
      say(`The URL ends in /v1, which is added to it for each request. Try ${harmless(client.url.slice(0, -3))}.`);
    }
    return client;
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error), EXIT.invalid);
  }
}

export const modeOf = ({ json, quiet }: GlobalFlags): Mode => (json ? "json" : quiet ? "quiet" : "people");
