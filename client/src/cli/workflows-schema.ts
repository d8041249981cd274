import { readFileSync } from "node:fs";
import type { Schema } from "./as-code/schema.ts";

/** The JSON Schema of the file that `apply` reads. The package has it beside `package.json`. */
export const fileSchema = (): Schema =>
  JSON.parse(readFileSync(new URL("../../workflows.schema.json", import.meta.url), "utf8"));
