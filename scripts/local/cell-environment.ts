/**
 * Checks what wrangler.toml says of its environments: that one has what a cell needs, since it inherits neither vars nor bindings from the
 * top level, and that no two have the same domain, since it does inherit `routes`.
 */
import { join } from "node:path";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import type { Cell } from "./cells.ts";
import { root } from "./folders.ts";

const BINDINGS = ["HUB", "REGISTER", "ADDRESS_LIMITER", "FAILURE_LIMITER", "CALLER_LIMITER"];

/** What wrangler.toml says of an environment. */
export type EnvironmentConfig = {
  hosts: readonly string[];
  workersDev: boolean;
  vars: Readonly<Record<string, unknown>>;
  /** Those of the bindings without which a deployment lacks something, as far as they are missing. */
  lacking: readonly string[];
  buckets: readonly string[];
  accountId: string | undefined;
};

const configOf = (file: string, env: string) => readWranglerConfig({ config: file, env }, { hideWarnings: true });

const placeOf = (env: string): string => (env === "" ? "the top level" : `[env.${env}]`);

/** The hosts of the routes of an environment. */
const hostsOf = ({ routes = [] }: ReturnType<typeof configOf>): string[] =>
  routes.map((route: string | { pattern: string }) => {
    const [host = ""] = (typeof route === "string" ? route : route.pattern).split("/");
    return host;
  });

/**
 * A deployment takes the domains of its environment from the Worker that has them, without asking when nobody is at a terminal. So all
 * environments are looked at before anything is deployed.
 * @throws Error that names the two environments with the same domain
 */
export function requireOwnDomains(file = join(root, "wrangler.toml")): void {
  const owners = new Map<string, string>();
  for (const env of ["", ...(configOf(file, "").definedEnvironments ?? [])]) {
    for (const host of new Set(hostsOf(configOf(file, env)))) {
      const other = owners.get(host);
      if (other !== undefined)
        throw new Error(
          `wrangler.toml gives ${host} to ${placeOf(other)} and to ${placeOf(env)}, so one of the two would take it from the other. An ` +
            `environment without \`routes\` inherits those of the top level: set its own, or \`routes = []\` and \`workers_dev = true\`.`,
        );
      owners.set(host, env);
    }
  }
}

export function readEnvironment(env: string, file = join(root, "wrangler.toml")): EnvironmentConfig {
  const config = configOf(file, env);
  return {
    hosts: hostsOf(config),
    workersDev: config.workers_dev !== false,
    vars: config.vars,
    lacking: listLacking(config),
    buckets: config.r2_buckets.flatMap((bucket: { bucket_name?: string }) => bucket.bucket_name ?? []),
    accountId: config.account_id,
  };
}

/** What two environments count together, since they name the same number: a sentence. Null when there is nothing. */
export function findSharedLimits(file = join(root, "wrangler.toml")): string | null {
  const owners = new Map<string, string>();
  for (const env of ["", ...(configOf(file, "").definedEnvironments ?? [])]) {
    for (const { name, namespace_id: id } of configOf(file, env).ratelimits) {
      const owner = owners.get(id);
      if (owner !== undefined) return `${name} of ${placeOf(env)} has the number of ${owner}, so both count together.`;
      owners.set(id, `${name} of ${placeOf(env)}`);
    }
  }
  return null;
}

function listLacking({ durable_objects, ratelimits }: ReturnType<typeof configOf>): string[] {
  const bindings = new Set([...durable_objects.bindings, ...ratelimits].map((binding) => binding.name));
  return BINDINGS.filter((binding) => !bindings.has(binding));
}

/**
 * The name of the Worker that wrangler deploys from an environment.
 * @throws Error when wrangler.toml has no such environment: wrangler would make a Worker of that name
 */
export function workerOf(env: string, file = join(root, "wrangler.toml")): string {
  const { definedEnvironments = [] } = configOf(file, "");
  if (env !== "" && !definedEnvironments.includes(env))
    throw new Error(`wrangler.toml has no ${placeOf(env)}. It has ${definedEnvironments.map(placeOf).join(", ")}.`);
  return configOf(file, env).name ?? "";
}

/** @throws Error with a line for each fault of the environment */
export function requireEnvironment({ name, url, env }: Cell, file = join(root, "wrangler.toml")): void {
  const config = configOf(file, env);
  const { host, protocol } = new URL(url);
  const isServed =
    hostsOf(config).includes(host) ||
    (config.workers_dev !== false && host.endsWith(".workers.dev")) ||
    // Only a cell on this machine has an http URL, and it needs no route.
    protocol === "http:";
  const { CELL: cell = "one", PUBLIC_URL: publicUrl = url } = config.vars;
  const faults = [
    ...(cell === name ? [] : [`CELL is ${cell} in its vars, and cells.json says ${name}`]),
    ...(String(publicUrl).replace(/\/+$/, "") === url
      ? []
      : [`PUBLIC_URL in its vars is not the URL of cells.json, ${url}`]),
    ...(isServed ? [] : [`its routes lack ${host}, the host of cells.json`]),
    ...listLacking(config).map((binding) => `it lacks the binding ${binding}`),
  ];
  if (faults.length > 0)
    throw new Error(
      `The cell ${name} cannot be deployed from ${placeOf(env)} of wrangler.toml:\n  ${faults.join("\n  ")}`,
    );
}
