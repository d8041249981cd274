import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { originOf } from "../connection.ts";
import { CliError, EXIT } from "./exit.ts";

export type Settings = { url: string; apiKey: string };

/** Settings from a flag, the environment or the file. Each of the two may be missing. */
type Partly = { url?: string | undefined; apiKey?: string | undefined };

/** Settings with the URL to which `login` has signed in, when the key of that is not used, since the URL is another one. */
type Found = Partly & { otherUrl?: string | undefined };

const fileOf = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "workflow-runs", "login.json");

/**
 * Finds the settings, in this order: flags, `WORKFLOW_RUNS_URL` and `WORKFLOW_RUNS_API_KEY`, the file that `login` has written.
 */
export function findSettings(flags: Partly, env: NodeJS.ProcessEnv = process.env): Found {
  const written = readLogin(env);
  const url = flags.url || env.WORKFLOW_RUNS_URL || written.url;
  // A key belongs to one service, so the key in the file is not sent to another URL.
  const isSame = url !== undefined && written.url !== undefined && toComparable(url) === toComparable(written.url);
  const keyOfFile = isSame ? written.apiKey : undefined;
  return {
    url,
    apiKey: flags.apiKey || env.WORKFLOW_RUNS_API_KEY || keyOfFile,
    otherUrl: isSame ? undefined : written.url,
  };
}

/** A URL without what makes no difference, such as a slash at its end or the case of its host. */
const toComparable = (url: string): string => (/^https?:/i.test(url) && URL.canParse(url) ? originOf(url) : url);

/** @throws CliError when one is missing */
export function requireSettings(flags: Partly): Settings {
  const { url, apiKey, otherUrl } = findSettings(flags);
  if (url && apiKey) return { url, apiKey };
  if (url && otherUrl) {
    const signIn = `Run \`workflow-runs login --url ${url}\`, or set WORKFLOW_RUNS_API_KEY.`;
    throw new CliError(
      `You are signed in to ${otherUrl}, and its key is not sent to ${url}. ${signIn}`,
      EXIT.notSignedIn,
    );
  }
  const missing = url ? "You are not signed in" : "It is not known where the service is";
  const text = `${missing}. Run \`workflow-runs login\`, or set WORKFLOW_RUNS_URL and WORKFLOW_RUNS_API_KEY.`;
  throw new CliError(text, EXIT.notSignedIn);
}

function readLogin(env: NodeJS.ProcessEnv): Partly {
  let text: string;
  try {
    text = readFileSync(fileOf(env), "utf8");
  } catch {
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return {};
    const [url, apiKey] = [Reflect.get(value, "url"), Reflect.get(value, "api_key")];
    return { ...(typeof url === "string" && { url }), ...(typeof apiKey === "string" && { apiKey }) };
  } catch {
    throw new CliError(`${fileOf(env)} is not JSON. Run \`workflow-runs login\` again.`, EXIT.notSignedIn);
  }
}

/** Writes the settings to a file that only its owner can read. Returns the path of the file. */
export function writeLogin({ url, apiKey }: Settings, env: NodeJS.ProcessEnv = process.env): string {
  const file = fileOf(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify({ url, api_key: apiKey }, null, 2)}\n`, { mode: 0o600 });
  // The mode above is only used for a new file.
  chmodSync(file, 0o600);
  return file;
}

/** Returns which file was removed; null when there was none. */
export function removeLogin(env: NodeJS.ProcessEnv = process.env): string | null {
  const file = fileOf(env);
  if (!existsSync(file)) return null;
  rmSync(file);
  return file;
}
