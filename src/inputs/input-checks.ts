/**
 * Checks inputs by the schemas of workflows. An isolate keeps the schemas that it has compiled, by their hashes, and remembers which
 * schema a workflow or a trigger had last. So it can check an input before it calls the database. When it has used an older schema or
 * none, the verb answers the right one, and is called again: see workflows/rules/input_schemas.sql.
 */

import { describeError, log } from "../base/log.ts";
import { remember } from "../base/memo.ts";
import { sha256 } from "../base/sha256.ts";
import type { JsonObject } from "../http/json-value.ts";
import { MAX_FAULTS } from "../http/problems.ts";
import type { CheckInput } from "./compile.ts";
import type { CheckedInputs, Unchecked } from "./input-schema.ts";

/** Inputs that a verb will judge by the schema of one workflow. `of` is the id of the workflow or of one of its triggers. */
export type GivenInputs = { of: string; inputs: readonly (JsonObject | null)[] };

const MAX_COMPILED = 50;
const MAX_REMEMBERED = 5_000;

/** How many faults are listed of an input that is not the only one of a call. Of one that is, as many as an answer can have. */
const MAX_FAULTS_OF_EACH = 5;

/**
 * How many steps the checks of one call by one schema may take, and how many more for each different input: see `Budget`. Those of each input
 * are enough for an address of 60 characters and the common pattern of email addresses, which has 140 instructions. The dearest call is a batch
 * of 500 runs: 2.6 million steps, which are 0.05 to 0.65 s for most kinds of work, and at most 1.3 s. Only who may invoke the workflow can have
 * that, and each time takes a request. Before the database has judged the caller, a check takes `STEPS` at most, since anybody who knows the
 * workflow's id can have it.
 */
const STEPS = 100_000;
const STEPS_OF_EACH = 5_000;

const compiled = new Map<string, CheckInput>();
const schemaHashes = new Map<string, string>();

/**
 * What this isolate knows about inputs without asking the database: nothing about those whose check takes more than {@link STEPS}. Equal inputs
 * are checked once, as in {@link checkUnchecked}, so both have the same answer.
 */
export async function checkKnown({ of, inputs }: GivenInputs): Promise<CheckedInputs> {
  const hash = schemaHashes.get(of);
  const check = hash === undefined ? undefined : compiled.get(hash);
  if (hash === undefined || check === undefined) return {};
  const distinct = new Map(inputs.map((input) => [JSON.stringify(input ?? {}), input ?? {}]));
  const [most, budget] = [mostFaultsOf(distinct.size), { steps: STEPS }];
  const checked = Array.from(distinct, ([text, input]) => ({ text, faults: check(input, most, budget) }));
  if (budget.steps < 0) return {};
  const faults = checked.map(async ({ text, faults }) => [await hashOf(text), faults] as const);
  return { [hash]: Object.fromEntries(await Promise.all(faults)) };
}

/** Checks what a verb could not judge, and adds it to what is known. Remembers the schema for the inputs of the next call. */
export async function checkUnchecked(
  known: CheckedInputs,
  unchecked: Unchecked,
  given: GivenInputs | null,
): Promise<CheckedInputs> {
  const checked: Record<string, CheckedInputs[string]> = { ...known };
  for (const { schema_hash: hash, schema, inputs } of unchecked) {
    const check = await compiledSchema(hash, schema);
    const [most, budget] = [mostFaultsOf(inputs.length), { steps: STEPS + inputs.length * STEPS_OF_EACH }];
    const faults = Object.fromEntries(
      inputs.map((input) => [input.hash, check(JSON.parse(input.input), most, budget)]),
    );
    checked[hash] = { ...checked[hash], ...faults };
    if (given !== null) remember(schemaHashes, given.of, hash, MAX_REMEMBERED);
  }
  return checked;
}

const mostFaultsOf = (inputs: number) => (inputs === 1 ? MAX_FAULTS : MAX_FAULTS_OF_EACH);

async function compiledSchema(hash: string, schema: string): Promise<CheckInput> {
  const known = compiled.get(hash);
  if (known !== undefined) return known;
  try {
    const { compileSchema } = await import("./compile.ts");
    const check = await compileSchema(JSON.parse(schema));
    const checkOrRefuse: CheckInput = (input, most, budget) => {
      try {
        return check(input, most, budget);
      } catch (error) {
        // One call checks the inputs of many firings. None of the others may fail with it.
        log("error", "input_check", { schema_hash: hash, ...describeError(error) });
        return [{ path: [], msg: "The check by the workflow's schema has failed." }];
      }
    };
    remember(compiled, hash, checkOrRefuse, MAX_COMPILED);
    return checkOrRefuse;
  } catch (error) {
    // It was judged when it was saved, so an older release has accepted what this one cannot compile.
    log("error", "input_schema", { schema_hash: hash, ...describeError(error) });
    return () => [{ path: [], msg: "The workflow's input schema cannot be used any more. Save its policy again." }];
  }
}

/** As `json_hash` in SQL. */
const hashOf = async (text: string): Promise<string> => (await sha256(text)).toHex();
