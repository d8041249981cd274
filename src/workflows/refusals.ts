/**
 * Turns refusals of verbs on workflow definitions into problems. The SQL functions answer neutral outcomes. This file defines
 * the status, the location in the request and the text for each.
 */
import { NO_PATH_PART } from "../files/path.ts";
import { type Fault, idTakenProblem, Problem, ValidationFailed } from "../http/problems.ts";
import { MAX_PERMISSIONS } from "../people/refusals.ts";
import { type Abcd, idAt, type PartFault, type Place, type Repetition } from "./abcd.ts";
import { NO_CREATION_OF_DEFINITIONS, NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "./workflow-definitions.ts";

/** Why a change of a definition was refused. For refusals because of path parts, see {@link partFaultsProblem}. */
type Refusal =
  | { refused: "not_found" | "forbidden" | "no_runner" | "secret_missing" | "id_taken" | "changed" }
  | { refused: "running"; run_id: string };

const FORBIDDEN = {
  create: NO_CREATION_OF_DEFINITIONS,
  change: NO_WRITE_ON_DEFINITION,
  delete: "Only an OWNER or ADMIN may delete a workflow definition.",
  permit: "Only an OWNER or ADMIN may give permissions.",
};

/** `verb` is the refused change. */
export function definitionProblem(refusal: Refusal, verb: keyof typeof FORBIDDEN): Problem | ValidationFailed {
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", NO_DEFINITION);
    case "forbidden":
      return new Problem("forbidden", FORBIDDEN[verb]);
    case "id_taken":
      return idTakenProblem();
    case "changed":
      return new Problem("precondition_failed");
    case "no_runner":
      return new Problem("conflict", "The workflow has no runner.");
    case "secret_missing": {
      const msg = "With another URL, send its webhook secret, too.";
      return new ValidationFailed([{ loc: ["body", "runner_config", "webhook_secret"], type: "missing", msg }]);
    }
    case "running":
      return new Problem(
        "conflict",
        `Its run ${refusal.run_id} is RUNNING. Stop it first, or wait until it has ended.`,
        {},
        [{ kind: "run", id: refusal.run_id, name: `Run ${refusal.run_id}` }],
      );
  }
}

/** The problem when a user could not be given all permissions that a definition needs. */
export function permitProblem(
  refused: "not_found" | "forbidden" | "user_unknown" | "too_many",
): Problem | ValidationFailed {
  switch (refused) {
    case "user_unknown":
      return new Problem("not_found", "There is no such user in the tenant.");
    case "too_many":
      return new Problem(
        "conflict",
        `The user would have more than ${MAX_PERMISSIONS} permissions. Give one on a folder above instead.`,
      );
    default:
      return definitionProblem({ refused }, "permit");
  }
}

/** The faults of parts that a request names more than once. */
export const repetitionFaults = (abcd: Abcd, repetitions: readonly Repetition[]): Fault[] =>
  repetitions.map(({ place, earlier }) => faultAt(abcd, place, `Names the same path part as ${nameOf(earlier)}.`));

const nameOf = ({ field, index }: Place) => (index === null ? `\`${field}\`` : `\`${field}[${index}]\``);

const faultAt = (abcd: Abcd, place: Place, msg: string): Fault => ({
  loc: place.index === null ? ["body", place.field] : ["body", place.field, place.index],
  type: "value_error",
  msg,
  input: idAt(abcd, place),
});

/**
 * The error for faults of the parts that a definition names: a 422 that lists them. If nothing is wrong except missing
 * permissions, it is a 403 that names these.
 */
export function partFaultsProblem(abcd: Abcd, found: readonly PartFault[]): Problem | ValidationFailed {
  const faults = found.flatMap((part) => {
    const msg = describeFault(part);
    return msg === null ? [] : [faultAt(abcd, part, msg)];
  });
  if (faults.length > 0) return new ValidationFailed(faults);
  const rights = found.map(({ id, path }) => `write on “${path}” (${id})`).join(", ");
  return new Problem("forbidden", `To save this workflow with these outputs you also need: ${rights}.`);
}

/** Null when the fault is a missing permission. */
function describeFault({ fault, field, part_type, allowed, above_field, above_index }: PartFault): string | null {
  switch (fault) {
    case "missing":
      return NO_PATH_PART;
    case "wrong_type":
      return `Must be a ${allowed.join(" or a ")}: this is a ${part_type}.`;
    case "below":
      return `Lies below ${nameOf({ field: above_field ?? field, index: above_index })}. Name only one of them.`;
    case "unwritable":
      return null;
  }
}
