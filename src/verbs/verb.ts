import type { z } from "zod";
import type { Argument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import type { GivenInputs } from "../inputs/input-checks.ts";
import type { Proof } from "./services.ts";

/**
 * A change: one SQL function of `verbs/` in a room of migrations/functions, as data. {@link perform} calls it.
 *
 * - `name`: the name of the function.
 * - `args`: the arguments of the function, without the context and without the prefix `p_`.
 * - `result`: the schema of the result. It may have fields that the schema does not name.
 * - `refusals`: the schema of its refusals, for a verb that can refuse for a reason other than the caller's credential. Each may also
 *   have the `tenant_id` of the answer.
 * - `refuse`: the error that is thrown for a refusal of a request by who has proved this.
 * - `isRepeatable`: true for an idempotent function. The call is then repeated once when the connection breaks before the answer.
 * - `inputs`: those inputs in the request that the function judges by the schema of a workflow. If the isolate knows the schema, it checks
 *   them first, and the context of the call has the results.
 * - `ask`: sends a statement that contains the call with this context, a JSON text, and returns the answer. It is for calls whose
 *   other arguments come from the same statement.
 */
export type Verb<Request, Result, Refusal extends { refused: string }> = {
  name: string;
  args: (request: Request) => Readonly<Record<string, Argument>>;
  result: z.ZodType<Result>;
  refusals?: z.ZodType<Refusal>;
  refuse?: (refusal: Refusal, request: Request, proof: Proof) => Error;
  isRepeatable?: boolean;
  inputs?: (request: Request) => GivenInputs | null;
  ask?: (db: Database, context: string, request: Request) => Promise<unknown>;
};

/** Types a verb by its parts. */
export const defineVerb = <Request = void, Result = unknown, Refusal extends { refused: string } = never>(
  verb: Verb<Request, Result, Refusal>,
): Verb<Request, Result, Refusal> => verb;
