import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const bench = join(root, "bench");
/** What is built and tried; git ignores it. */
export const scratch = join(root, ".local/bench");
