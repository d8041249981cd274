import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const bench = join(root, "bench");
/** The folder for builds and temporary files. Git ignores it. */
export const scratch = join(root, ".local/bench");
