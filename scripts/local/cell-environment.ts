/** Checks that wrangler.toml has what a cell needs: an environment there inherits neither vars nor bindings from the top level. */
import { join } from "node:path";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import type { Cell } from "./cells.ts";
import { root } from "./folders.ts";

const BINDINGS = ["HUB", "REGISTER", "ADDRESS_LIMITER", "FAILURE_LIMITER", "CALLER_LIMITER"];

/** @throws Error with a line for each fault of the environment */
export function requireEnvironment({ name, url, env }: Cell, file = join(root, "wrangler.toml")): void {
  const place = env === "" ? "the top level of wrangler.toml" : `[env.${env}] of wrangler.toml`;
  const config = readWranglerConfig({ config: file, env }, { hideWarnings: true });
  const { host, protocol } = new URL(url);
  const patterns: string[] = (config.routes ?? []).map((route: string | { pattern: string }) =>
    typeof route === "string" ? route : route.pattern,
  );
  const isServed =
    patterns.some((pattern) => pattern.split("/")[0] === host) ||
    (config.workers_dev !== false && host.endsWith(".workers.dev")) ||
    // Only a cell on this machine has an http URL, and it needs no route.
    protocol === "http:";
  const { CELL: cell = "one", PUBLIC_URL: publicUrl = url } = config.vars;
  const bindings = new Set(
    [...config.durable_objects.bindings, ...config.ratelimits].map(({ name: binding }) => binding),
  );
  const faults = [
    ...(cell === name ? [] : [`CELL is ${cell} in its vars, and cells.json says ${name}`]),
    ...(String(publicUrl).replace(/\/+$/, "") === url
      ? []
      : [`PUBLIC_URL in its vars is not the URL of cells.json, ${url}`]),
    ...(isServed ? [] : [`its routes lack ${host}, the host of cells.json`]),
    ...BINDINGS.filter((binding) => !bindings.has(binding)).map((binding) => `it lacks the binding ${binding}`),
  ];
  if (faults.length > 0)
    throw new Error(`The cell ${name} cannot be deployed from ${place}:\n  ${faults.join("\n  ")}`);
}
