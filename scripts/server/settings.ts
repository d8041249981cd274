/** The settings of a server of one's own: docs/own-server.md. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import { z } from "zod";

/** The settings that are the server's own. All others are those of the Worker. */
const ownSchema = z.object({
  /** Where it listens: a proxy in front of it, which speaks TLS, sends the requests there. */
  LISTEN: z
    .string()
    .regex(
      /^(127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d{1,5}$/,
      "must be an address and a port of this machine: 127.0.0.1:8787",
    )
    .default("127.0.0.1:8787"),
  /** The folder of the files of runs. */
  DATA_DIR: z
    .string()
    .min(1)
    .default("data")
    .transform((path) => resolve(path)),
  /** How many proxies are in front of it, one behind the other. Each adds to `X-Forwarded-For`. */
  PROXIES: z.coerce.number().int("must be a number from 1 to 9").min(1).max(9).default(1),
  /** How many connections to Postgres it opens at most. */
  DATABASE_CONNECTIONS: z.coerce.number().int("must be a number from 1 to 500").min(1).max(500).default(20),
  /** How long requests that wait for something are waited for when the server ends. */
  DRAIN_SECONDS: z.coerce.number().int("must be a number from 0 to 300").min(0).max(300).default(30),
});

export type ServerSettings = { own: z.infer<typeof ownSchema>; ofWorker: Record<string, string> };

/** The settings that the server makes itself, or that are for the local stack or for another command. */
const REFUSED = ["NEON_FETCH_ENDPOINT", "LOCAL_STACK", "ALLOW_LOCAL_RUNNERS"];
const NOT_OF_WORKER = new Set(["DATABASE_URL", "DIRECT_DATABASE_URL", ...Object.keys(ownSchema.shape)]);

/**
 * The settings of the file that SETTINGS_FILE names: lines of `NAME=value`.
 * @throws Error when the file can be read by others than its user
 */
export function readSettingsFile(environment: NodeJS.Dict<string> = process.env): NodeJS.Dict<string> {
  const { SETTINGS_FILE: file } = environment;
  if (!file) throw new Error("SETTINGS_FILE is not set. It is the path of the file with the settings of the server.");
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0) {
    throw new Error(`Others than its user can read or change ${file}, which has secrets: chmod 600 ${file}`);
  }
  return parseEnv(readFileSync(file, "utf8"));
}

/**
 * Divides the settings between the server and its Worker.
 * @throws Error that names a setting that is wrong, or is only for the local stack, without its value
 */
export function divideSettings(settings: NodeJS.Dict<string>): ServerSettings {
  const refused = REFUSED.filter((name) => settings[name] !== undefined);
  if (refused.length > 0) throw new Error(`A server does not have ${refused.join(", ")}. See docs/own-server.md.`);
  const own = ownSchema.safeParse(settings);
  if (!own.success) {
    const faults = own.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new Error(`Wrong in the settings: ${faults.join(", ")}. See docs/own-server.md.`);
  }
  const ofWorker = Object.entries(settings).filter(([name]) => !NOT_OF_WORKER.has(name));
  return { own: own.data, ofWorker: Object.fromEntries(ofWorker.map(([name, value = ""]) => [name, value])) };
}
