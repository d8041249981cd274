/**
 * The ABCD parameters of a workflow definition: the path parts that its runs read, follow, write and fill in.
 * 1. Faults that need the tenant's tree are found by `path_part_faults` in SQL.
 * 2. Faults that the request shows by itself are found here.
 * 3. For both, this file has the texts that the caller gets.
 */
import { z } from "zod";
import { NO_PATH_PART } from "../files/path.ts";
import { type Fault, Problem, ValidationFailed } from "../http/problems.ts";

const FIELDS = [
  "source_path_part_ids",
  "instruction_path_part_ids",
  "output_path_part_ids",
  "template_path_part_id",
] as const;
type AbcdField = (typeof FIELDS)[number];

export type Abcd = {
  source_path_part_ids: string[];
  instruction_path_part_ids: string[];
  output_path_part_ids: string[];
  template_path_part_id: string | null;
};

/** The place of an id in the request. `index` is null for the template. */
type Place = { field: AbcdField; index: number | null };

/** The id at a place, exactly as it was sent. */
function idAt(abcd: Abcd, { field, index }: Place): string | null | undefined {
  return field === "template_path_part_id" ? abcd[field] : abcd[field][index ?? 0];
}

const nameOf = ({ field, index }: Place) => (index === null ? `\`${field}\`` : `\`${field}[${index}]\``);

const faultAt = (abcd: Abcd, place: Place, msg: string): Fault => ({
  loc: place.index === null ? ["body", place.field] : ["body", place.field, place.index],
  type: "value_error",
  msg,
  input: idAt(abcd, place),
});

/** The faults of ids that are named more than once: each part may be named once in all four parameters together. */
export function findRepeated(abcd: Abcd): Fault[] {
  const places = FIELDS.flatMap((field): Place[] => {
    if (field === "template_path_part_id") return abcd[field] === null ? [] : [{ field, index: null }];
    return abcd[field].map((_, index) => ({ field, index }));
  });
  const first = new Map<string, Place>();
  return places.flatMap((place) => {
    const id = idAt(abcd, place)?.toLowerCase() ?? "";
    const earlier = first.get(id);
    if (earlier) return [faultAt(abcd, place, `Names the same path part as ${nameOf(earlier)}.`)];
    first.set(id, place);
    return [];
  });
}

/** The answer of `path_part_faults` in SQL. */
export const partFaultsSchema = z.array(
  z.object({
    field: z.enum(FIELDS),
    index: z.int().nullable(),
    id: z.string(),
    fault: z.enum(["missing", "wrong_type", "below", "unwritable"]),
    part_type: z.string().nullable(),
    allowed: z.array(z.string()),
    above_field: z.enum(FIELDS).nullable(),
    above_index: z.int().nullable(),
  }),
);

type PartFault = z.infer<typeof partFaultsSchema>[number];

/**
 * The error for faults of the parts that a definition names: a 422 that lists them. A 403 that names the missing rights is
 * returned only when nothing else is wrong.
 */
export function partFaultsProblem(abcd: Abcd, found: readonly PartFault[]): Problem | ValidationFailed {
  const faults = found.flatMap((part) => {
    const msg = describe(part);
    return msg === null ? [] : [faultAt(abcd, part, msg)];
  });
  if (faults.length > 0) return new ValidationFailed(faults);
  const rights = found.map(({ id }) => `write on ${id}`).join(", ");
  return new Problem("forbidden", `To save this workflow with these outputs you also need: ${rights}.`);
}

/** Null when the fault is a missing right. */
function describe({ fault, field, part_type, allowed, above_field, above_index }: PartFault): string | null {
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
