/**
 * Part of `npm run check`: in `src`, imports go one way and never in a circle. An import of a type counts like any other, except
 * where a rule says so.
 */
import { createRequire, registerHooks } from "node:module";
import process from "node:process";

/** The folders of `src`, in four groups. Each folder may import from those before it, unless a rule below says otherwise. */
const GROUPS = {
  base: ["base", "db", "http", "inputs", "verbs"],
  resources: "files people webhooks agents dispatches workflows runs triggers notify metrics audit".split(" "),
  background: ["sweep", "hub"],
  faces: ["dashboard", "mcp", "docs"],
  server: ["own-server"],
};
const ROOMS = Object.values(GROUPS).flat();
const ORDER = Object.entries(GROUPS)
  .map(([group, rooms]) => `${group} (${rooms.join(" < ")})`)
  .join(" < ");

const anyOf = (names: readonly string[]) => `(${names.join("|")})`;

/** What else is forbidden: the rule, the files it is for, and the files and packages that they must not import. */
const RULES = [
  ["docs knows base and http only", "^src/docs/", "^src/(?!(docs|base|http)/)[^/]+/"],
  ["Only routes.ts knows docs", "^src/(?!docs/|routes\\.ts$)", "^src/docs/"],
  ["mcp knows base, db and http only", "^src/mcp/", "^src/(?!(mcp|base|db|http)/)[^/]+/"],
  ["Only routes.ts knows mcp", "^src/(?!mcp/|routes\\.ts$)", "^src/mcp/"],
  ["hub knows base, db, http, verbs and sweep only", "^src/hub/", "^src/(?!(hub|base|db|http|verbs|sweep)/)[^/]+/"],
  ["Only worker.ts knows hub", "^src/(?!hub/|worker\\.ts$)", "^src/hub/"],
  ["Only worker.ts knows routes.ts", "^src/(?!worker\\.ts$)", "^src/routes\\.ts$"],
  ["Only own-server knows worker.ts", "^src/(?!own-server/|worker\\.ts$)", "^src/worker\\.ts$"],
  ["A file beside the folders uses base only", "^src/(?!routes\\.ts$|worker\\.ts$)[^/]+$", "^src/(?!base/)[^/]+/"],
  ["base knows nothing of the service", "^src/base/", "^src/(?!base/)"],
  ["db knows neither config nor log", "^src/db/", "^src/(config|base/log)\\.ts$"],
  ["db knows nothing of Hono", "^src/db/", "node_modules/@?hono/"],
  ["http knows nothing of drizzle", "^src/http/", "node_modules/drizzle-orm/"],
  ["Only inputs knows what checks inputs", "^src/(?!inputs/)", "node_modules/(@cfworker/json-schema|re2js)/"],
  ["Only db/client.ts knows the driver", "^src/(?!db/client\\.ts$)", "node_modules/@neondatabase/"],
  ["Each folder of src has its place in scripts/check-layers.ts", `^src/(?!${anyOf(ROOMS)}/)[^/]+/`, ""],
] as const;

const forbid = (name: string, from: string, to: object) => ({
  name,
  severity: "error" as const,
  from: { path: from },
  to,
});

const forbidden = [
  ...ROOMS.slice(0, -1).map((room, index) => {
    const later = ROOMS.slice(index + 1).filter((other) => room !== "http" || other !== "verbs");
    return forbid(`Imports go one way: ${ORDER}`, `^src/${room}/`, { path: `^src/${anyOf(later)}/` });
  }),
  forbid("http knows only types of verbs", "^src/http/", { path: "^src/verbs/", dependencyTypesNot: ["type-only"] }),
  // To keep a cold start short, an isolate loads them only for the first workflow with an input schema, or with a pattern in one.
  forbid("What checks inputs is loaded when it is needed", "^src/", {
    path: "^src/inputs/(compile|patterns)\\.ts$",
    dependencyTypesNot: ["dynamic-import", "type-only"],
  }),
  forbid("A section of the dashboard uses the kit of another one, and not its insides", "^src/dashboard/([^/]+)/", {
    path: "^src/dashboard/[^/]+/(?!kit/)",
    pathNot: "^src/dashboard/$1/",
  }),
  // The Worker's own type names its module.
  forbid("No circle of imports", "^src/(?!worker\\.ts$)", { circular: true }),
  ...RULES.map(([name, from, to]) => forbid(name, from, { path: to })),
];

// dependency-cruiser reads TypeScript by an API that version 7 does not have. So it gets version 5, which the client has.
const ofClient = createRequire(new URL("../client/package.json", import.meta.url));
const paths = new Map(["typescript", "typescript/package.json"].map((name) => [name, ofClient.resolve(name)]));
registerHooks({ resolve: (name, context, next) => next(paths.get(name) ?? name, context) });
const { allExtensions, cruise } = await import("dependency-cruiser");
if (!allExtensions.some(({ extension, available }) => extension === ".ts" && available)) {
  throw new Error("dependency-cruiser cannot read TypeScript with the version that client/ has.");
}

const { output, exitCode } = await cruise(["src"], {
  validate: true,
  ruleSet: { forbidden },
  tsPreCompilationDeps: true,
  doNotFollow: { path: "node_modules" },
  outputType: "err",
});
console.log(String(output).trim());
process.exitCode = exitCode;
