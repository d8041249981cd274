/**
 * Turns refusals of verbs on users, keys, permissions and invites into problems. The SQL functions answer neutral outcomes.
 * This file defines the status, the location in the request and the text for each.
 */
import { z } from "zod";
import { CAPABILITIES } from "../db/enums.ts";
import { MAX_ACTIVE_API_KEYS } from "../http/credentials/api-key.ts";
import { type Fault, idTakenProblem, Problem, ValidationFailed } from "../http/problems.ts";

/** The refusals of a caller who does not administer the tenant that a request names: `judge_tenant_administrator` in SQL. */
export const ADMINISTRATOR_REFUSALS = ["tenant_not_found", "forbidden"] as const;

type AdministratorRefusal = (typeof ADMINISTRATOR_REFUSALS)[number];

export function administratorProblem(refused: AdministratorRefusal): Problem {
  return refused === "forbidden"
    ? new Problem("forbidden", "You need the role OWNER or ADMIN.")
    : new Problem("not_found", "There is no such tenant, or it is not yours to see.");
}

/** How many permissions a user may have. The number is limited because each list examines all of them. */
export const MAX_PERMISSIONS = 50;

type UserRefusal =
  | AdministratorRefusal
  | "not_found"
  | "self"
  | "owner"
  | "only_owner_may"
  | "deactivated"
  | "email_taken";

export function userProblem(refused: UserRefusal): Problem {
  switch (refused) {
    case "not_found":
      return new Problem("not_found", "There is no such user in the tenant.");
    case "self":
      return new Problem(
        "forbidden",
        "Nobody changes their own role, or deactivates or deletes themselves. Ask somebody else.",
      );
    case "owner":
      return new Problem("forbidden", "Only the OWNER may change that, by making somebody else the OWNER.");
    case "only_owner_may":
      return new Problem("forbidden", "You need the role OWNER to pass it on.");
    case "deactivated":
      return new Problem("conflict", "The user is deactivated. Activate them first.");
    case "email_taken":
      return new Problem("conflict", "Somebody in the tenant has that email already, in whatever case it is written.");
    default:
      return administratorProblem(refused);
  }
}

const NO_USER = "There is no such user, or they are not yours to see.";

export function apiKeyProblem(
  refused: "not_found" | "of_owner" | "too_many" | "forbidden" | "id_taken" | "no_such_user" | "not_service_user",
): Problem {
  switch (refused) {
    case "id_taken":
      return idTakenProblem();
    case "not_found":
      return new Problem("not_found", "There is no such API key, or it is revoked, expired or not yours to see.");
    case "of_owner":
      return new Problem("forbidden", "Only the OWNER revokes the OWNER's keys.");
    case "forbidden":
      return new Problem("forbidden", "Only an OWNER or ADMIN may make runner keys.");
    case "too_many":
      return new Problem(
        "conflict",
        `There are ${MAX_ACTIVE_API_KEYS} API keys of this user already. Revoke one that is not needed.`,
      );
    case "no_such_user":
      return new Problem("not_found", NO_USER);
    case "not_service_user":
      return new Problem(
        "forbidden",
        "People make their own keys. An OWNER or ADMIN makes those of a service user: a USER without an email and a login.",
      );
  }
}

/** Refuses ids in `workflow_definition_ids` that name no definition, or one whose runs a runner key cannot lease. */
export function unknownDefinitionsProblem(ids: readonly string[]): ValidationFailed {
  const msg = `There is no such workflow definition: ${ids.join(", ")}.`;
  return new ValidationFailed([{ loc: ["body", "workflow_definition_ids"], type: "value_error", msg }]);
}

/** The problem for creating a key that is already expired. */
export const expiredKeyProblem = (expiresAt: string | null): ValidationFailed =>
  new ValidationFailed([
    { loc: ["body", "expires_at"], type: "value_error", msg: "Must be in the future.", input: expiresAt },
  ]);

/** Why a user cannot get a permission: `judge_permission` in SQL. */
export const permissionRefusalSchema = z.discriminatedUnion("refused", [
  z.object({ refused: z.literal("unknown"), user_is_known: z.boolean(), part_is_known: z.boolean() }),
  z.object({
    refused: z.literal("clash"),
    /** Of the other permission. */
    path: z.string(),
    capability: z.enum(CAPABILITIES),
    is_on_part: z.boolean(),
  }),
]);

type PermissionRefusal =
  | z.infer<typeof permissionRefusalSchema>
  | { refused: AdministratorRefusal | "not_found" | "too_many" };

export function permissionProblem(refusal: PermissionRefusal): Problem | ValidationFailed {
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", "There is no such permission, or it is not yours to see.");
    case "too_many":
      return new Problem(
        "conflict",
        `The user has ${MAX_PERMISSIONS} permissions already. Give one on a folder above instead.`,
      );
    case "clash":
      return new Problem(
        "conflict",
        refusal.is_on_part
          ? `The user has a ${refusal.capability} permission on ${refusal.path} already. Change that one.`
          : `The user's ${refusal.capability} permission on ${refusal.path} covers that already.`,
      );
    case "unknown": {
      const fault = (field: string, msg: string): Fault => ({ loc: ["body", field], type: "value_error", msg });
      return new ValidationFailed([
        ...(refusal.user_is_known ? [] : [fault("user_id", "There is no such user in the tenant.")]),
        ...(refusal.part_is_known ? [] : [fault("path_part_id", "There is no such path part in the tenant.")]),
      ]);
    }
    default:
      return administratorProblem(refusal.refused);
  }
}

export function inviteProblem(
  refused: AdministratorRefusal | "not_found" | "of_owner" | "email_taken" | "accepted" | "id_taken",
): Problem {
  switch (refused) {
    case "id_taken":
      return idTakenProblem();
    case "not_found":
      return new Problem("not_found", "There is no such invite in the tenant.");
    case "of_owner":
      return new Problem(
        "conflict",
        "A tenant has one OWNER. Invite an ADMIN; the OWNER can make them the OWNER later.",
      );
    case "email_taken":
      return new Problem("conflict", "A user of the tenant has that email and can already sign in.");
    case "accepted":
      return new Problem("conflict", "The invite was accepted already. Deactivate or delete the user instead.");
    default:
      return administratorProblem(refused);
  }
}

/** The problem for an invite that cannot be accepted with this session of the login service. */
export function acceptProblem(refused: "not_found" | "other_tenant" | "email_taken"): Problem {
  switch (refused) {
    case "not_found":
      return new Problem("not_found", "There is no such invite for you, or it was used, withdrawn or has expired.");
    case "other_tenant":
      return new Problem("conflict", "You are a user of another tenant, and a user is of one tenant only.");
    case "email_taken":
      return new Problem(
        "conflict",
        "Somebody in the tenant has your email already. Ask an administrator to delete them.",
      );
  }
}

/** The problem for an account of the login service that signs in nobody. */
export function accountProblem(refused: "unknown_account" | "not_found" | "account_taken" | "no_such_tenant"): Problem {
  switch (refused) {
    case "no_such_tenant":
      return new Problem("not_found", "Your account cannot enter this tenant, or not any more.");
    case "unknown_account":
      return new Problem("forbidden", "Nobody here signs in by this account.");
    case "not_found":
      return acceptProblem(refused);
    case "account_taken":
      return new Problem("conflict", "Another user of the tenant signs in by this account already.");
  }
}

/** The problem for sessions of the dashboard that the caller may not end. */
export function signInSessionProblem(refused: "not_found" | "no_such_user" | "of_owner"): Problem {
  switch (refused) {
    case "not_found":
      return new Problem("not_found", "There is no such session, or it has ended or is not yours to see.");
    case "no_such_user":
      return new Problem("not_found", NO_USER);
    case "of_owner":
      return new Problem("forbidden", "Only the OWNER ends the OWNER's sessions.");
  }
}

/** The problem for the access of an agent that the caller may not end. */
export const agentGrantProblem = (refused: "not_found" | "of_owner"): Problem =>
  refused === "of_owner"
    ? new Problem("forbidden", "Only the OWNER ends the access of the OWNER's agents.")
    : new Problem("not_found", "The agent has no access any more, or it is not yours to see.");

/** The problem for a login that the caller may not untie. */
export function loginProblem(refused: AdministratorRefusal | "not_found" | "self" | "owner"): Problem {
  switch (refused) {
    case "self":
      return new Problem("forbidden", "Nobody unties themselves. Ask another OWNER or ADMIN.");
    case "owner":
      return new Problem("forbidden", "The OWNER's login cannot be untied here. Ask whoever runs the service.");
    default:
      return userProblem(refused);
  }
}
