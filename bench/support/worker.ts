import { join, relative } from "node:path";
import { type Bundle, buildBundle, buildImports, buildService } from "../../scripts/local/bundle.ts";
import { exampleVars } from "../../scripts/local/stack.ts";
import { startWorkerd, type Workerd, type WorkerdOptions } from "../../scripts/local/workerd.ts";
import { root, scratch } from "./paths.ts";

export type Build = Bundle & { name: string };
export type Worker = Workerd;

/** Builds a Worker as for a deployment: the service, which is called `worker`, or one of `bench/workers/`. */
export async function buildWorker(name: string): Promise<Build> {
  const outdir = relative(root, join(scratch, "workers", name));
  if (name === "imports") return { name, ...buildImports(outdir) };
  if (name === "worker") return { name, ...(await buildService(outdir)) };
  const config = "bench/workers/reference.toml";
  return { name, ...buildBundle({ entry: `bench/workers/${name}.ts`, outdir, config }) };
}

/** The Worker's configuration for a database of the benchmarks. */
export function bindings(databaseUrl: string, endpointUrl: string): Record<string, string> {
  return { ...exampleVars(), DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: endpointUrl };
}

/** The Durable Objects of the service, as wrangler.toml binds them. */
export const OBJECTS = { HUB: "Hub", REGISTER: "Register" };

/** Starts a build, and waits for its first answer. */
export const startWorker = ({ modules }: Build, options: Omit<WorkerdOptions, "modules"> = {}): Promise<Worker> =>
  startWorkerd({ modules, ...options });
