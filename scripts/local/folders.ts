/** Where the local stack has its files. */
import { join, resolve } from "node:path";
import process from "node:process";

export const root = resolve(import.meta.dirname, "../..");

/** The Worker's vars: those of the example, and those that a person may change. */
export const exampleVarsFile = join(root, ".dev.vars.example");
export const ownVarsFile = join(root, ".dev.vars");

/** What the local stack keeps. Tests have theirs elsewhere. */
export const localDir = resolve(process.env.LOCAL_DATA_DIR || join(root, ".local"));
export const stacksDir = join(localDir, "stacks");
/** What the Worker's Durable Objects remember. */
export const workerDir = join(localDir, "worker");
