/** The folders and files of the local stack. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";

/** The nearest folder above this file with a package.json: the clone, or what `npm run build:server` has built. In workerd there are no files. */
function findRoot(folder: string): string {
  const above = dirname(folder);
  return above === folder || existsSync(join(folder, "package.json")) ? folder : findRoot(above);
}

export const root = findRoot(import.meta.dirname);

/** The files with the Worker's vars: the example, and the one that a person may change. */
export const exampleVarsFile = join(root, ".dev.vars.example");
export const ownVarsFile = join(root, ".dev.vars");

/** The data of the local stack. Tests use another folder. */
export const localDir = resolve(process.env.LOCAL_DATA_DIR || join(root, ".local"));
export const stacksDir = join(localDir, "stacks");
/** The storage of the Worker's Durable Objects. */
export const workerDir = join(localDir, "worker");
