/**
 * Turns refused changes of path parts into problems. The SQL functions answer neutral refusals. This file defines the status,
 * the location in the request and the text for each.
 */
import { z } from "zod";
import { Problem, ValidationFailed } from "../http/problems.ts";
import { MAX_PATH_BYTES, NO_PATH_PART } from "./path.ts";

/** Why a change of the tree is refused. */
export const treeRefusalSchema = z.object({
  refused: z.enum([
    "part_not_found",
    "part_not_writable",
    "part_is_managed",
    "parent_not_found",
    "parent_not_writable",
    "parent_is_managed",
    "parent_has_wrong_type",
    "parent_is_below_part",
    "path_too_long",
    "name_taken",
  ]),
  /** What prevents the change, as far as the caller may see it: the part that already has the name, or what the service keeps. */
  obstacles: z
    .array(z.object({ kind: z.enum(["workflow", "path part", "kept part"]), id: z.string(), name: z.string() }))
    .default([]),
});

const WRITE_ON_PARENT = "You need write on the folder or document below which the part is put.";

/** The fields of a request that a refusal can point to. `parentField` is the API's name of the parent. */
export type Asked = {
  name?: string | undefined;
  parentId?: string | null | undefined;
  parentField?: "parent_path_id" | "parent_path_part_id";
};

/** The problem for a refused change of the tree. */
export function treeProblem(
  { refused, obstacles }: z.infer<typeof treeRefusalSchema>,
  { name, parentId, parentField = "parent_path_id" }: Asked,
): Problem | ValidationFailed {
  const parentFault = (msg: string) =>
    new ValidationFailed([{ loc: ["body", parentField], type: "value_error", msg, input: parentId }]);
  const tooLong = `The whole path, and every path below it, must have at most ${MAX_PATH_BYTES} bytes.`;
  switch (refused) {
    case "part_not_found":
      return new Problem("not_found", NO_PATH_PART);
    case "part_not_writable":
      return new Problem("forbidden", "You need write on this path part.");
    case "part_is_managed":
      return new Problem(
        "conflict",
        "The service keeps this part, or one below it, for its workflow definitions. Change these instead.",
        {},
        obstacles,
      );
    case "parent_not_found":
      return parentFault(NO_PATH_PART);
    case "parent_not_writable":
      return new Problem(
        "forbidden",
        parentId ? WRITE_ON_PARENT : "Only an OWNER or ADMIN may put a part at the root.",
      );
    case "parent_is_managed":
      return new Problem(
        "conflict",
        "The service keeps what is below that parent for its workflow definitions. Choose another parent.",
        {},
        obstacles,
      );
    case "parent_has_wrong_type":
      return parentFault("A DOCUMENT_VERSION goes below a DOCUMENT; everything else below a FOLDER or at the root.");
    case "parent_is_below_part":
      return parentFault("A part cannot be moved below itself.");
    case "path_too_long":
      if (name === undefined) return parentFault(tooLong);
      return new ValidationFailed([{ loc: ["body", "name"], type: "string_too_long", msg: tooLong, input: name }]);
    case "name_taken":
      return new Problem(
        "conflict",
        "There is a part of that name in that place already. Choose another name.",
        {},
        obstacles,
      );
  }
}

/** How many definitions a refusal names at most. */
export const MAX_NAMED_DEFINITIONS = 5;

/** A part is named by definitions: those that the caller may see, up to one more than a refusal names. */
export const namedRefusalSchema = z.object({
  refused: z.literal("named_by_definitions"),
  definitions: z.array(z.object({ id: z.string(), name: z.string() })),
});

/**
 * The problem for deleting a part that definitions name. `visible` are those definitions that the caller may see: up to one
 * more than the refusal names, so that it can say that there are more.
 */
export function referredProblem(visible: readonly { id: string; name: string }[]): Problem {
  if (visible.length === 0) {
    const detail =
      "A workflow definition that you may not see refers to this part or to something below it. Ask an OWNER or ADMIN.";
    return new Problem("conflict", detail);
  }
  const named = visible.slice(0, MAX_NAMED_DEFINITIONS);
  const names = named.map(({ name, id }) => `“${name}” (${id})`);
  const hasMore = visible.length > MAX_NAMED_DEFINITIONS;
  return new Problem(
    "conflict",
    {
      api:
        `Workflow definitions refer to this part or to something below it: ${names.join(", ")}${hasMore ? " and more" : ""}. ` +
        "Change or delete them first.",
      pages:
        `Workflows refer to this file or folder or to something below it${hasMore ? ", more than are listed" : ""}. ` +
        "Change or delete them first.",
    },
    {},
    named.map((one) => ({ kind: "workflow", ...one })),
  );
}
