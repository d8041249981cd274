/** Workers in workerd itself: `wrangler dev` and Miniflare put a Worker of their own in front, which hides differences. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import { gzipSync } from "node:zlib";
import { request } from "undici";
import { bench, root, scratch } from "./paths.ts";

export type Build = { name: string; script: string; gzipKib: number };

/**
 * Builds a Worker as a deployment would: ours, or one of `bench/workers/`. `alias` is `module:file`, to put another
 * module of `bench/workers/` in a module's place.
 */
export function buildWorker(name: string, options: { config?: string; alias?: string } = {}): Build {
  const { config = "wrangler", alias } = options;
  const workers = join(bench, "workers");
  const source = name === "worker" ? join(root, "src/worker.ts") : join(workers, `${name}.ts`);
  const configFile = join(config === "wrangler" ? root : workers, `${config}.toml`);
  const outdir = join(scratch, "workers", [name, config, ...(alias ? ["other"] : [])].join("-"));
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    [
      ...["deploy", source, "--config", configFile, "--dry-run", "--minify", "--outdir", outdir],
      ...(alias ? ["--alias", alias] : []),
    ],
    { cwd: root, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  if (status !== 0) throw new Error(`wrangler deploy --dry-run failed for ${name}:\n${stdout}${stderr}`);
  const script = readFileSync(join(outdir, `${name}.js`), "utf8");
  return { name, script, gzipKib: gzipSync(script).length / 1024 };
}

export type Worker = {
  url: string;
  /** From the start of the process to the end of its first answer. */
  startMs: number;
  /** CPU time that the process has used so far. Not a number where there is no /proc. */
  cpuMs(): number;
  stop(): Promise<void>;
};

/** What the Worker's configuration is, in a database of the benchmarks'. */
export function bindings(databaseUrl: string, endpointUrl: string): Record<string, string> {
  return {
    ...parseEnv(readFileSync(join(root, ".dev.vars.example"), "utf8")),
    DATABASE_URL: databaseUrl,
    NEON_FETCH_ENDPOINT: endpointUrl,
  };
}

const compatibilityDate = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, "wrangler.toml"), "utf8"))?.[1];

function workerdConfig(port: number, modules: readonly string[], vars: Record<string, string>): string {
  const quote = (text: string) => JSON.stringify(text);
  const embedded = modules.map((file) => `(name = ${quote(file)}, esModule = embed ${quote(file)})`);
  const values = Object.entries(vars).map(([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${embedded.join(", ")}],
  bindings = [${values.join(", ")}],
  compatibilityDate = ${quote(compatibilityDate ?? "")},
);
`;
}

let started = 0;

/** Starts a Worker, and waits for its first answer, which comes from `path`. */
export async function startWorker(
  build: Build,
  options: { vars?: Record<string, string>; path?: string; port?: number; wrapper?: string } = {},
): Promise<Worker> {
  const folder = join(scratch, "running", `${process.pid}-${started++}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "worker.js"), build.script);
  if (options.wrapper) writeFileSync(join(folder, "wrapper.js"), options.wrapper);
  const modules = options.wrapper ? ["wrapper.js", "worker.js"] : ["worker.js"];
  writeFileSync(join(folder, "config.capnp"), workerdConfig(options.port ?? 0, modules, options.vars ?? {}));
  const binary = join(createRequire(import.meta.url).resolve("workerd/package.json"), "../bin/workerd");

  const began = performance.now();
  // What the Worker logs costs it what it costs in production, and is kept from our terminal.
  const child = spawn(binary, ["serve", join(folder, "config.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`workerd did not start ${build.name}: ${complaint}`)));
    let said = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /"port":(\d+)/.exec(said)?.[1];
      if (found) resolve(Number(found));
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const { body, statusCode } = await request(`${url}${options.path ?? "/healthz"}`, { reset: true });
  await body.dump();
  const startMs = performance.now() - began;
  if (statusCode >= 500) throw new Error(`${build.name} answered ${statusCode}: ${complaint}`);

  return {
    url,
    startMs,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async stop() {
      process.off("exit", end);
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** User and system time, in the kernel's ticks of 10 ms: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function cpuMsOf(pid: number): number {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(afterName[11]) + Number(afterName[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
