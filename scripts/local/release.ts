/**
 * The previous release, as it is recorded in `test/support/release/`: what its Worker and its functions can be called with, and its
 * Worker. So no history of the repository is needed to try that today's version works beside it.
 */
import { Buffer } from "node:buffer";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, buildBundle, MAIN } from "./bundle.ts";
import { root } from "./folders.ts";
import { renderObjectTypes } from "./object-types.ts";
import { formatSignature, parseSignatures, type Signature, signatureOfFunction } from "./signatures.ts";
import { nameOf, readSqlFunctions } from "./sql-functions.ts";

const FOLDER = join(root, "test/support/release");
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

export function readRelease(): Release {
  const read = (name: string) => readFileSync(join(FOLDER, name), "utf8");
  return {
    version: read("version.txt").trim(),
    functions: parseSignatures(read("functions.txt")),
  };
}

/** The Worker of the recorded release, built as one module. */
export const readReleasedWorker = (): Pick<Bundle, "modules"> => ({
  modules: { [MAIN]: readFileSync(join(FOLDER, MAIN), "utf8") },
});

/** Records this source as the release of this version. The same source gives the same bytes. */
export function recordRelease(version: string): { functions: number; kib: number; gzipKib: number } {
  const kept = namesForPrevious();
  const functions = readSignatures().filter(({ name }) => !kept.has(name));
  const { modules, gzipKib } = buildBundle({ entry: "src/worker.ts", outdir: ".local/release/worker" });
  const script = modules[MAIN] ?? "";
  const files = {
    "version.txt": `${version}\n`,
    "functions.txt": functions.map((signature) => `${formatSignature(signature)}\n`).join(""),
    "objects.ts": renderObjectTypes(OBJECTS),
    // The source map is not recorded.
    [MAIN]: script.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n"),
  };
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(FOLDER, name), content);
  return { functions: functions.length, kib: Buffer.byteLength(script) / 1024, gzipKib };
}
