import { z } from "zod";
import { type Credential, credentialJson, Unauthenticated } from "./access.ts";
import { askTwice, type Database } from "./client.ts";
import { noteTenant } from "./meter.ts";

/** An argument of a SQL function. `{ json }` is sent as JSON text. */
export type Argument = string | number | boolean | null | readonly string[] | { json: unknown };

/** The fields that the answer of every function on behalf of a caller may have, in addition to its own. */
const commonSchema = z.object({ tenant_id: z.string().optional(), refused: z.string().optional() });

/**
 * Calls one of the SQL functions in migrations/functions: one statement, one round trip, one transaction. Reads call it directly.
 * Changes are verbs, which only `perform` of src/verbs calls.
 *
 * `args` are passed by name, without the prefix `p_`. The answer is checked against `schema`. It may have fields that `schema`
 * does not name, since the functions may already be those of the next release. Set `isRepeatable` for an idempotent function:
 * the call is then retried once when the connection breaks before the answer.
 * @throws Unauthenticated when the function refuses the caller's credential
 * @throws z.ZodError when the answer does not match `schema`
 */
export async function callFunction<Schema extends z.ZodType>(
  db: Database,
  name: string,
  args: Readonly<Record<string, Argument>>,
  schema: Schema,
  { isRepeatable = false }: { isRepeatable?: boolean } = {},
): Promise<z.output<Schema>> {
  // The driver sends this text directly, since building it with drizzle takes longer than sending it.
  const named = Object.keys(args).map((key, index) => `p_${key} => $${index + 1}`);
  const statement = `select public.${name}(${named.join(", ")}) as answer`;
  const ask = () => db.$client.query(statement, Object.values(args).map(bind));
  const [row] = await (isRepeatable ? askTwice(ask) : ask());
  return readAnswer(row?.answer, schema);
}

/**
 * Calls a read for a caller, which answers `result`, or refuses for one of the reasons of `refusals`.
 * @throws Unauthenticated, and what `refuse` makes of any other refusal
 */
export async function readFor<Result extends z.ZodType, Refusal>(
  db: Database,
  credential: Credential,
  name: string,
  args: Readonly<Record<string, Argument>>,
  result: Result,
  { refusals, refuse }: { refusals: z.ZodType<Refusal>; refuse(refusal: Refusal): Error },
): Promise<z.output<Result>> {
  const asked = { credential: credentialArgument(credential), ...args };
  const answer = await callFunction(db, name, asked, z.unknown(), { isRepeatable: true });
  const refusal = refusals.safeParse(answer);
  if (refusal.success) throw refuse(refusal.data);
  return result.parse(answer);
}

/**
 * Reads the answer of a function.
 * @throws as {@link callFunction} does
 */
export function readAnswer<Schema extends z.ZodType>(answer: unknown, schema: Schema): z.output<Schema> {
  const common = commonSchema.safeParse(answer);
  if (common.data?.refused === "unauthenticated") throw new Unauthenticated();
  if (common.data?.tenant_id !== undefined) noteTenant(common.data.tenant_id);
  return schema.parse(answer);
}

/**
 * A value of a set that grows, in the answer of a function. The functions may already be those of the next release, so a value that is
 * not in `values` is passed on. (In requests and in the OpenAPI document, the set is an enum.)
 */
export const openSet = <const Value extends string>(_values: readonly Value[]) =>
  z.custom<Value>((value) => typeof value === "string" && value !== "");

/** JSON that a SQL function returns as text, since `jsonb` would change how its numbers are written. */
export const jsonText = z.string().transform((text): unknown => JSON.parse(text));

const bind = (value: Argument): unknown =>
  typeof value === "object" && value !== null && "json" in value ? JSON.stringify(value.json) : value;

/** A credential as an argument of a SQL function. */
export const credentialArgument = (credential: Credential): string => credentialJson(credential);
