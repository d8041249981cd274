import { quote, toModules } from "../local/workerd-config.ts";
import type { ServerBuild } from "./build.ts";

export type Place = {
  /** Where it listens for requests. */
  listen: string;
  /** The Unix sockets: that of the SQL endpoint, and that by which the server itself asks the Worker. */
  sqlSocket: string;
  controlSocket: string;
  /** The folders that workerd uses. That of the Durable Objects is empty at each start. */
  assets: string;
  artifacts: string;
  objects: string;
};

/** The names under which the modules of the wrapped bindings are known. They are the files beside the Worker's. */
const WRAPPERS = ["limiter.js", "bucket.js"];

/**
 * The configuration of workerd for a server. No secret is in it: `vars` are the names of texts that are in the environment of the process.
 *
 * - The Worker reaches the public internet, by workerd's default, and no private address, whatever name or redirect leads there. The
 *   database is behind a Unix socket, which only its own binding leads to.
 * - The Durable Objects hold no fact, so their storage lasts only as long as the process: after a restart, the first cron sweeps. It is in
 *   files, since workerd's storage in memory lacks `storage.kv`.
 */
export function describeWorkerd(build: ServerBuild, vars: readonly string[], proxies: number, place: Place): string {
  const bindings = [
    ...vars.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
    `(name = "DATABASE", service = "database")`,
    `(name = "ASSETS", service = "assets")`,
    `(name = "ASSET_HEADERS", json = ${quote(JSON.stringify(build.assetHeaders))})`,
    `(name = "PROXIES", json = "${proxies}")`,
    `(name = "HUB", durableObjectNamespace = "Hub")`,
    `(name = "REGISTER", durableObjectNamespace = "Register")`,
    wrap("ARTIFACTS", "bucket.js", `(name = "disk", service = "artifacts")`),
    ...Object.entries(build.limiters).map(([name, { limit, period }]) =>
      wrap(name, "limiter.js", `(name = "limit", json = "${limit}"), (name = "period", json = "${period}")`),
    ),
  ];
  const wrappers = WRAPPERS.map(
    (file) => `(name = ${quote(`own-server:${file}`)}, internal = true, esModule = embed ${quote(`/worker/${file}`)})`,
  );
  const objects = ["Hub", "Register"].map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "database", external = (address = ${quote(`unix:${place.sqlSocket}`)}, http = ())),
    (name = "assets", disk = (path = ${quote(place.assets)})),
    (name = "artifacts", disk = (path = ${quote(place.artifacts)}, writable = true)),
    (name = "objects", disk = (path = ${quote(place.objects)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = ${quote(place.listen)}, http = (forwardedProtoHeader = "X-Forwarded-Proto"), service = "main"),
    (name = "control", address = ${quote(`unix:${place.controlSocket}`)}, http = (),
      service = (name = "main", entrypoint = "Control")),
  ],
  extensions = [(modules = [${wrappers.join(", ")}])],
);
const main :Workerd.Worker = (
  modules = [${toModules(build.modules, "/worker/")}],
  bindings = [${bindings.join(",\n    ")}],
  durableObjectNamespaces = [${objects.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
  compatibilityDate = ${quote(build.compatibilityDate)},
  compatibilityFlags = [${build.compatibilityFlags.map(quote).join(", ")}],
);
`;
}

const wrap = (name: string, module: string, inner: string) =>
  `(name = ${quote(name)}, wrapped = (moduleName = ${quote(`own-server:${module}`)}, innerBindings = [${inner}]))`;
