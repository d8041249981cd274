/** Runs Workers directly in workerd. `wrangler dev` and Miniflare put another Worker in front, which hides differences. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Bundle, compatibilityDate, MODULE_REGISTRY } from "./bundle.ts";
import { findWorkerd, quote, toModules } from "./workerd-config.ts";

export type Workerd = {
  url: string;
  /** Milliseconds from the start of the process to the end of its first answer. */
  startMs: number;
  /** CPU time that the process has used so far, in milliseconds. NaN when there is no /proc. */
  cpuMs(): number;
  /** The most memory that the process has had so far, in MiB. NaN when there is no /proc. */
  peakMib(): number;
  /** Kills the process, as `kill -9` does. */
  stop(): Promise<void>;
};

export type WorkerdOptions = Pick<Bundle, "modules"> & {
  vars?: Record<string, string>;
  /** The path of the first request. The status of its answer must be below 500. */
  path?: string;
  /** The port; 0, the default, means any free one. */
  port?: number;
  /** A module that is put in front of the Worker, and imports it as `./worker.js`. */
  wrapper?: string;
  /**
   * The bindings of Durable Objects: for each name of a binding, the class of its objects. Their storage is on disk, and is
   * removed when workerd stops.
   */
  objects?: Record<string, string>;
  /** An existing folder for that storage instead, which is kept: for a Worker that takes the place of another one. */
  storage?: string;
  /** `host:port` of the server of the binding ARTIFACTS, which speaks as R2 does to workerd. */
  bucket?: string;
  /** Gets each line that the Worker logs. */
  onLine?(line: string): void;
};

/** Starts workerd with a Worker, and waits for its first answer. Throws the output of workerd when it does not start. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { vars = {}, path = "/healthz", port = 0, wrapper, objects = {}, bucket, onLine } = options;
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-workerd-"));
  const contents = { ...(wrapper !== undefined && { "wrapper.js": wrapper }), ...options.modules };
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const modules = Object.keys(contents);
  const storage = options.storage ?? join(folder, "objects");
  mkdirSync(storage, { recursive: true });
  writeFileSync(join(folder, "config.capnp"), workerdConfig({ port, modules, vars, objects, storage, bucket }));
  const began = performance.now();
  // Without `--experimental`, workerd refuses the flag `MODULE_REGISTRY`, which Cloudflare accepts. The Worker writes its log lines, as in
  // production, but they are not shown in our terminal.
  const child = spawn(findWorkerd(), ["serve", join(folder, "config.capnp"), "--control-fd=3", "--experimental"], {
    stdio: ["ignore", onLine ? "pipe" : "ignore", "pipe", "pipe"],
  });
  // `console.error` writes to stderr.
  for (const input of [child.stdout, child.stderr]) if (onLine && input) createInterface({ input }).on("line", onLine);
  const end = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const openPort = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`workerd did not start: ${complaint}`)));
    let said = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /"port":(\d+)/.exec(said)?.[1];
      if (found) resolve(Number(found));
    });
  });
  const url = `http://127.0.0.1:${openPort}`;
  const status = await statusOf(`${url}${path}`);
  const startMs = performance.now() - began;
  if (status >= 500) throw new Error(`The first answer was ${status}: ${complaint}`);

  return {
    url,
    startMs,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    peakMib: () => peakMibOf(child.pid ?? 0),
    async stop() {
      process.off("exit", end);
      end();
      await exited;
    },
  };
}

/** The status of an answer. It uses a new connection, and not `fetch`, whose first call is slow. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    }).once("error", reject);
  });
}

type Contents = Required<Pick<WorkerdOptions, "port" | "vars" | "objects">> & {
  modules: readonly string[];
  /** The folder in which Durable Objects are stored. */
  storage: string;
  bucket: string | undefined;
};

function workerdConfig({ port, modules, vars, objects, storage, bucket }: Contents): string {
  const values = Object.entries(vars).map(([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`);
  const classes = Object.values(objects).map(quote);
  const namespaces = classes.map((name) => `(className = ${name}, uniqueKey = ${name}, enableSql = true)`);
  for (const [name, of] of Object.entries(objects)) {
    values.push(`(name = ${quote(name)}, durableObjectNamespace = ${quote(of)})`);
  }
  if (bucket !== undefined) values.push(`(name = "ARTIFACTS", r2Bucket = "bucket")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "objects", disk = (path = ${quote(storage)}, writable = true)),
    ${bucket === undefined ? "" : `(name = "bucket", external = (address = ${quote(bucket)}, http = ())),`}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${toModules(modules)}],
  bindings = [${values.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
  compatibilityDate = ${quote(compatibilityDate())},
  compatibilityFlags = [${quote(MODULE_REGISTRY)}],
);
`;
}

/** Sums the CPU times of all threads, which the scheduler counts in ns: https://docs.kernel.org/scheduler/sched-stats.html */
function cpuMsOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const cpuNs = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
    );
    return cpuNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** VmHWM: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function peakMibOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
