import { z } from "zod";
import { type Credential, credentialJson, Unauthenticated } from "./access.ts";
import { type Change, changeSchema, type OnChanged } from "./changes.ts";
import { askTwice, type Database } from "./client.ts";
import { noteTenant } from "./meter.ts";

/** An argument of a SQL function. `{ json }` is sent as JSON text. */
type Argument = string | number | boolean | null | readonly string[] | { json: unknown };

const changesSchema = z.array(changeSchema);

/** The fields that the answer of every verb on behalf of a caller may have, in addition to its own. */
const commonSchema = z.object({ tenant_id: z.string().optional(), refused: z.string().optional() });

/**
 * Calls one of the SQL functions in migrations/functions: one statement, one round trip, one transaction.
 *
 * `args` are passed by name, without the prefix `p_`. The answer is checked against `schema`. It may have fields that `schema`
 * does not name, since the functions may already be those of the next release. Set `isRepeatable` for an idempotent function:
 * the call is then retried once when the connection breaks before the answer. `onChanged` is called with the runs that the call
 * changed, if there are any.
 * @throws Unauthenticated when the function refuses the caller's credential
 * @throws z.ZodError when the answer does not match `schema`
 */
export async function callFunction<Schema extends z.ZodType>(
  db: Database,
  name: string,
  args: Readonly<Record<string, Argument>>,
  schema: Schema,
  { isRepeatable = false, onChanged }: { isRepeatable?: boolean; onChanged?: OnChanged | undefined } = {},
): Promise<z.output<Schema>> {
  // The driver sends this text directly, since building it with drizzle takes longer than sending it.
  const named = Object.keys(args).map((key, index) => `p_${key} => $${index + 1}`);
  const call = `public.${name}(${named.join(", ")})`;
  const statement = onChanged ? withChanges(call) : `select ${call} as answer`;
  const ask = () => db.$client.query(statement, Object.values(args).map(bind));
  const [row] = await (isRepeatable ? askTwice(ask) : ask());
  return readAnswer({ answer: row?.answer, changes: row?.changes }, schema, onChanged);
}

/**
 * Reads the answer of a function. Calls `onChanged` with what the call changed, if the call asked for that: `changes` is the
 * answer of `changes_after`.
 * @throws Unauthenticated when the function refuses the caller's credential
 * @throws z.ZodError when the answer does not match `schema`
 */
export function readAnswer<Schema extends z.ZodType>(
  { answer, changes }: { answer: unknown; changes?: unknown },
  schema: Schema,
  onChanged?: OnChanged | undefined,
): z.output<Schema> {
  if (onChanged) reportChanges(changes, onChanged);
  const common = commonSchema.safeParse(answer);
  if (common.data?.refused === "unauthenticated") throw new Unauthenticated();
  if (common.data?.tenant_id !== undefined) noteTenant(common.data.tenant_id);
  return schema.parse(answer);
}

/**
 * One statement that calls a function and then asks what it changed. The order is certain: FROM is computed first, and then the
 * columns from left to right.
 */
const withChanges = (call: string) =>
  `select ${call} as answer, public.changes_after(before) as changes from public.last_event_id() before`;

function reportChanges(json: unknown, onChanged: OnChanged): void {
  const changes: Change[] = changesSchema.parse(json);
  if (changes.length > 0) onChanged(changes);
}

const bind = (value: Argument): unknown =>
  typeof value === "object" && value !== null && "json" in value ? JSON.stringify(value.json) : value;

/** The answer of a verb that returns nothing but its success. */
export const doneSchema = z.object({ refused: z.undefined().optional(), tenant_id: z.string() });

/** A credential as an argument of a SQL function. */
export const credentialArgument = (credential: Credential): string => credentialJson(credential);
