/**
 * The recorded releases, each in a folder of `test/support/releases/`: what its functions and its objects can be called with, and its built
 * Worker. So no history of the repository is needed to try that today's version works beside it. The newest one counts.
 */
import { Buffer } from "node:buffer";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, buildBundle, MAIN } from "./bundle.ts";
import { root } from "./folders.ts";
import { renderObjectTypes } from "./object-types.ts";
import { formatSignature, parseSignatures, type Signature, signatureOfFunction } from "./signatures.ts";
import { nameOf, readSqlFunctions } from "./sql-functions.ts";

const RELEASES = join(root, "test/support/releases");
const FUNCTIONS = join(root, "migrations/functions");
/** Functions that only the Worker of the release before calls. They are not recorded, so the release after may drop them. */
const FOR_PREVIOUS = join(FUNCTIONS, "previous");
const OBJECTS = { Hub: "src/hub/hub.ts", Register: "src/hub/register.ts" };

export type Release = { version: string; functions: Signature[] };

/** The signatures of all SQL functions of this source, sorted by name. */
export const readSignatures = (): Signature[] =>
  readSqlFunctions(FUNCTIONS)
    .statements.map(signatureOfFunction)
    .sort(({ name: a }, { name: b }) => (a < b ? -1 : Number(a > b)));

/** The names of the functions that are kept for the Worker of the release before the recorded one. */
export const namesForPrevious = (): Set<string> =>
  new Set(existsSync(FOR_PREVIOUS) ? readSqlFunctions(FOR_PREVIOUS).statements.map(nameOf) : []);

/** The functions that the tables use: in constraints, triggers, indexes and generated columns. */
export function namesInTables(): Set<string> {
  const folder = join(root, "migrations");
  const migrations = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const text = migrations.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return new Set([...text.matchAll(/\bpublic"?\."?(\w+)"?\(/g)].map(([, name = ""]) => name));
}

/** The newest of the recorded releases: its version, and the signatures of its functions. */
export function readRelease(): Release {
  const version = newestVersion();
  return { version, functions: parseSignatures(readRecorded(version, "functions.txt")) };
}

const readRecorded = (version: string, name: string) => readFileSync(join(RELEASES, version, name), "utf8");

const newestVersion = () =>
  readdirSync(RELEASES)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1) ?? "";

/** The Worker of the newest recorded release, built as one module. */
export const readReleasedWorker = (): Pick<Bundle, "modules"> => ({
  modules: { [MAIN]: readRecorded(newestVersion(), MAIN) },
});

/** Those of the names that a Worker may call: its text has them as strings, or after the schema. */
export function namesCalledIn(script: string, names: readonly string[]): Set<string> {
  const called = new Set([...script.matchAll(/\bpublic\.(\w+)|"(\w+)(?=")/g)].map(([, one, other]) => one ?? other));
  // A column of endpoints has this name, too. The Worker does not call the function.
  called.delete("turns");
  return new Set(names.filter((name) => called.has(name)));
}

/**
 * The signatures of a release that must stay: the functions that its Worker calls, and those that the tables use. A function that only
 * other functions call may go, since the functions are replaced together. A call that was under way meets 42883, and is repeated.
 */
export function signaturesThatStay({ functions }: Release): Signature[] {
  const script = Object.values(readReleasedWorker().modules).join("\n");
  const names = functions.map(({ name }) => name);
  const stay = namesCalledIn(script, names).union(namesInTables());
  return functions.filter(({ name }) => stay.has(name));
}

/**
 * Records this source as the release of this version. The same source gives the same bytes.
 * @throws Error when the version is recorded already: the record of a release must show what was deployed, so it is never overwritten
 */
export function recordRelease(version: string): { functions: number; kib: number; gzipKib: number } {
  const folder = join(RELEASES, version);
  if (existsSync(folder)) throw new Error(`Release ${version} is recorded already, and stays as it was.`);
  const kept = namesForPrevious();
  const functions = readSignatures().filter(({ name }) => !kept.has(name));
  const { modules, gzipKib } = buildBundle({ entry: "src/worker.ts", outdir: ".local/release/worker" });
  const script = modules[MAIN] ?? "";
  const files = {
    "functions.txt": functions.map((signature) => `${formatSignature(signature)}\n`).join(""),
    "objects.ts": renderObjectTypes(OBJECTS),
    // The source map is not recorded.
    [MAIN]: script.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n"),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return { functions: functions.length, kib: Buffer.byteLength(script) / 1024, gzipKib };
}
