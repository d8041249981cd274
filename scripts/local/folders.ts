/** The folders and files of the local stack. */
import { join, resolve } from "node:path";
import process from "node:process";

export const root = resolve(import.meta.dirname, "../..");

/** The files with the Worker's vars: the example, and the one that a person may change. */
export const exampleVarsFile = join(root, ".dev.vars.example");
export const ownVarsFile = join(root, ".dev.vars");

/** The data of the local stack. Tests use another folder. */
export const localDir = resolve(process.env.LOCAL_DATA_DIR || join(root, ".local"));
export const stacksDir = join(localDir, "stacks");
/** The storage of the Worker's Durable Objects. */
export const workerDir = join(localDir, "worker");
