/**
 * The ABCD parameters of a workflow definition: which parts of the tree a run reads, follows, writes and fills in. What the
 * tree shows to be wrong with them is judged by `path_part_faults` in SQL; this is what a request shows by itself, and
 * what a caller is told of either.
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

/** Where an id stands: `index` is null for the template. */
type Place = { field: AbcdField; index: number | null };

/** The id at a place, as it was sent. */
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

/** The faults that the ids show by themselves: over all four parameters, each part may be named once. */
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

/** What `path_part_faults` in SQL answers. */
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

/** What a caller is told of the parts that their definition names. A right that is lacking is told when nothing else is wrong. */
export function partFaultsProblem(abcd: Abcd, found: readonly PartFault[]): Problem | ValidationFailed {
  const faults = found.flatMap((part) => {
    const msg = describe(part);
    return msg === null ? [] : [faultAt(abcd, part, msg)];
  });
  if (faults.length > 0) return new ValidationFailed(faults);
  const rights = found.map(({ id }) => `write on ${id}`).join(", ");
  return new Problem("forbidden", `To save this workflow with these outputs you also need: ${rights}.`);
}

/** Null for a right that is lacking. */
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
