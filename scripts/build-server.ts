/**
 * `npm run build:server`: makes a folder with all that a server of one's own needs besides Node and Postgres, so that it can be copied to one:
 * docs/own-server.md. Its Worker is built as for Cloudflare, and its programs are those of `scripts/`.
 */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, type Plugin } from "esbuild";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { z } from "zod";
import { buildService, compatibilityDate, MAIN, MODULE_REGISTRY } from "./local/bundle.ts";
import { root } from "./local/folders.ts";
import { fail, offerHelp } from "./local/options.ts";
import { BUILD_FILE, type ServerBuild } from "./server/build.ts";

const HELP = `Builds a folder with which a machine with Node 24 serves without Cloudflare, on any Postgres.

  npm run build:server [-- --out FOLDER]

  --out FOLDER   the folder, whose content is replaced (.server)`;

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
};

/** What is not built in: the runtime, and the driver of Postgres. */
const DEPENDENCIES = ["pg", "workerd"];

offerHelp(HELP);
try {
  const { out } = parseArgs({ options: { out: { type: "string", default: ".server" } } }).values;
  await buildServer(resolve(out));
  console.log(`Built ${out}. docs/own-server.md says what to do with it.`);
} catch (error) {
  fail(error);
}

async function buildServer(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { modules } = await buildService(relative(root, join(folder, "worker")));
  await buildFront(join(folder, "worker"));
  await buildPrograms(folder);
  cpSync(join(root, "migrations"), join(folder, "migrations"), { recursive: true });
  const content: ServerBuild = {
    compatibilityDate: compatibilityDate(),
    ...readWrangler(),
    modules: ["front.js", ...Object.keys(modules)],
    assetHeaders: await copyAssets(join(folder, "assets")),
  };
  writeFileSync(join(folder, BUILD_FILE), JSON.stringify(content, null, 2));
  writeFileSync(join(folder, "package.json"), JSON.stringify(describePackage(), null, 2));
}

/** The modules beside those of the Worker, which is one more module for them. */
async function buildFront(outdir: string): Promise<void> {
  const worker: Plugin = {
    name: "worker",
    setup: ({ onResolve }) => onResolve({ filter: /\/worker\.ts$/ }, () => ({ path: `./${MAIN}`, external: true })),
  };
  const sources = ["front", "limiter", "bucket"].map((name) => join(root, "src/own-server", `${name}.ts`));
  await build({
    ...{ entryPoints: sources, outdir, plugins: [worker], logLevel: "warning" },
    ...{ bundle: true, format: "esm", target: "es2024", external: ["cloudflare:*"] },
  });
}

async function buildPrograms(outdir: string): Promise<void> {
  await build({
    ...{ absWorkingDir: root, entryPoints: { serve: "scripts/server/main.ts" }, outdir, logLevel: "warning" },
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node24", external: DEPENDENCIES },
    ...{ chunkNames: "lib/[name]-[hash]", loader: { ".md": "text" }, legalComments: "none" },
  });
}

/** The flags and the rate limiters of wrangler.toml. */
function readWrangler(): Pick<ServerBuild, "compatibilityFlags" | "limiters"> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, "wrangler.toml"));
  const { compatibilityFlags, ratelimits } = z
    .object({
      compatibilityFlags: z.array(z.string()),
      ratelimits: z.record(z.string(), z.object({ simple: z.object({ limit: z.number(), period: z.number() }) })),
    })
    .parse(workerOptions);
  return {
    // Cloudflare has it. workerd has it only together with all that is experimental.
    compatibilityFlags: compatibilityFlags.filter((flag) => flag !== MODULE_REGISTRY),
    limiters: Object.fromEntries(Object.entries(ratelimits).map(([name, { simple }]) => [name, simple])),
  };
}

/** Copies the static files, and returns the headers of each by its path: those that Cloudflare sends by `_headers`, and their types. */
async function copyAssets(folder: string): Promise<ServerBuild["assetHeaders"]> {
  await import("./collect-assets.ts");
  const source = join(root, ".assets");
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  rmSync(join(folder, "_headers"));
  const rules = readRules(readFileSync(join(source, "_headers"), "utf8"));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      const path = `/${relative(folder, file)}`;
      const type = TYPES[extname(name)];
      if (type === undefined) throw new Error(`scripts/build-server.ts does not know the type of ${path}.`);
      const tag = createHash("sha256").update(readFileSync(file)).digest("base64url").slice(0, 22);
      const given = { "Content-Type": type, ETag: `"${tag}"`, "Cache-Control": "public, max-age=0, must-revalidate" };
      return [path, Object.assign(given, ...rules.filter((rule) => rule.isFor(path)).map((rule) => rule.headers))];
    }),
  );
}

/** The rules of a file `_headers`: https://developers.cloudflare.com/workers/static-assets/headers/ */
function readRules(text: string): { isFor(path: string): boolean; headers: Record<string, string> }[] {
  const rules = text.split(/^(?=\/)/m).filter((part) => part.startsWith("/"));
  return rules.map((rule) => {
    const [pattern = "", ...lines] = rule.split("\n");
    const start = pattern.replace(/\*$/, "");
    const headers = lines.flatMap((line) => [/^\s+([\w-]+): (.*)$/.exec(line)?.slice(1) ?? []]);
    return {
      isFor: (path) => (start === pattern ? path === pattern : path.startsWith(start)),
      headers: Object.fromEntries(headers.filter(([name]) => name !== undefined)),
    };
  });
}

function describePackage() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const versionOf = (name: string): string => {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return JSON.parse(readFileSync(file, "utf8")).version;
  };
  return {
    ...{ name: "workflow-runs-server", version, private: true, type: "module", engines: { node: ">=24" } },
    scripts: { serve: "exec node serve.js", migrate: "exec node serve.js migrate" },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, versionOf(name)])),
  };
}
