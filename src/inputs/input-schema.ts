/** What the Worker and the SQL functions tell each other about inputs and their schemas: workflows/rules/input_schemas.sql. */
import { z } from "zod";
import type { Fault } from "../http/problems.ts";

/** Measured as compact JSON in UTF-8. */
export const MAX_INPUT_SCHEMA_BYTES = 16 * 1024;

/** What is wrong with an input, at a path in it. `index` is the place of the input, when the call has several. */
export const inputFaultSchema = z.object({
  index: z.int().optional(),
  path: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
});
export type InputFault = z.infer<typeof inputFaultSchema>;

/** The fault of an input that stands in a request, in the field `input` of the thing at this place. */
export const inputFaultAt = (loc: Fault["loc"], { path, msg }: InputFault): Fault => ({
  loc: [...loc, "input", ...path],
  type: "value_error",
  msg,
});

/** Inputs that a verb could not judge, and the schema for them, both as JSON texts. Each has its hash. */
export const uncheckedSchema = z.array(
  z.object({
    schema_hash: z.string(),
    schema: z.string(),
    inputs: z.array(z.object({ hash: z.string(), input: z.string() })),
  }),
);
export type Unchecked = z.infer<typeof uncheckedSchema>;

/** What is known of inputs: by the hash of a schema and the hash of an input, its faults. */
export type CheckedInputs = Readonly<Record<string, Readonly<Record<string, readonly InputFault[]>>>>;
