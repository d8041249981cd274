/**
 * The ABCD parameters of a workflow definition: the path parts that its runs read (A), follow (B), write (C) and fill in (D).
 * 1. `path_part_faults` in SQL finds the faults that need the tenant's tree.
 * 2. This file finds the faults that need only the request.
 * 3. `refusals.ts` has the texts for both.
 */
import { z } from "zod";
import type { PartType } from "../db/enums.ts";

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

/**
 * The types of parts that each parameter may name. Forms use it to offer only these. The rule itself is `definition_fields` in
 * SQL; a test compares the two.
 */
export const ALLOWED_PART_TYPES: Readonly<Record<AbcdField, readonly PartType[]>> = {
  source_path_part_ids: ["FOLDER", "DOCUMENT"],
  instruction_path_part_ids: ["FOLDER", "DOCUMENT"],
  output_path_part_ids: ["FOLDER"],
  template_path_part_id: ["DOCUMENT", "DOCUMENT_VERSION"],
};

/** The position of an id in the request. `index` is null for the template. */
export type Place = { field: AbcdField; index: number | null };

/** The id at a position, exactly as it was sent. */
export function idAt(abcd: Abcd, { field, index }: Place): string | null | undefined {
  return field === "template_path_part_id" ? abcd[field] : abcd[field][index ?? 0];
}

/** A position that names the same part as an `earlier` one. */
export type Repetition = { place: Place; earlier: Place };

/** Finds ids that are named more than once. A part may be named only once in all four parameters together. */
export function findRepeated(abcd: Abcd): Repetition[] {
  const places = FIELDS.flatMap((field): Place[] => {
    if (field === "template_path_part_id") return abcd[field] === null ? [] : [{ field, index: null }];
    return abcd[field].map((_, index) => ({ field, index }));
  });
  const first = new Map<string, Place>();
  return places.flatMap((place) => {
    const id = idAt(abcd, place)?.toLowerCase() ?? "";
    const earlier = first.get(id);
    if (earlier) return [{ place, earlier }];
    first.set(id, place);
    return [];
  });
}

/** The answer of the SQL function `path_part_faults`. */
export const partFaultsSchema = z.array(
  z.object({
    field: z.enum(FIELDS),
    index: z.int().nullable(),
    id: z.string(),
    /** Null for a part that is missing. */
    path: z.string().nullable(),
    fault: z.enum(["missing", "wrong_type", "below", "unwritable"]),
    part_type: z.string().nullable(),
    allowed: z.array(z.string()),
    above_field: z.enum(FIELDS).nullable(),
    above_index: z.int().nullable(),
  }),
);

export type PartFault = z.infer<typeof partFaultsSchema>[number];
