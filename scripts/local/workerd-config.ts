/** What whoever starts workerd needs: the program, and parts of its configuration, which is text of Cap'n Proto. */
import { createRequire } from "node:module";
import { join } from "node:path";

/** The path of the program. */
export const findWorkerd = () => join(createRequire(import.meta.url).resolve("workerd/package.json"), "../bin/workerd");

/** A text in quotes. */
export const quote = (text: string): string => JSON.stringify(text);

/** The modules of a Worker, of which the first has the handlers. They are read from their paths below `folder`. */
export const toModules = (names: readonly string[], folder = ""): string =>
  names.map((name) => `(name = ${quote(name)}, esModule = embed ${quote(folder + name)})`).join(", ");
