/** The ABCD parameters of a workflow definition: which parts of the tree a run reads, follows, writes and fills in. */

import type { PartType } from "../db/enums.ts";
import { NO_PATH_PART } from "../files/path.ts";
import type { Fault } from "../http/problems.ts";

export type Abcd = {
  source_path_part_ids: string[];
  instruction_path_part_ids: string[];
  output_path_part_ids: string[];
  template_path_part_id: string | null;
};

type AbcdField = keyof Abcd;

/** What each may refer to. */
const ALLOWED_TYPES: Record<AbcdField, readonly PartType[]> = {
  source_path_part_ids: ["FOLDER", "DOCUMENT"],
  instruction_path_part_ids: ["FOLDER", "DOCUMENT"],
  output_path_part_ids: ["FOLDER"],
  template_path_part_id: ["DOCUMENT", "DOCUMENT_VERSION"],
};

/** One id of the parameters, and where it stands: `index` is null for the template. */
export type PartReference = { field: AbcdField; index: number | null; id: string; allowed: readonly PartType[] };

/** All ids in the order of A, B, C, D. */
export function listReferences(abcd: Abcd): PartReference[] {
  const inList = (field: Exclude<AbcdField, "template_path_part_id">): PartReference[] =>
    abcd[field].map((id, index) => ({ field, index, id: id.toLowerCase(), allowed: ALLOWED_TYPES[field] }));
  const template: PartReference[] =
    abcd.template_path_part_id === null
      ? []
      : [
          {
            field: "template_path_part_id",
            index: null,
            id: abcd.template_path_part_id.toLowerCase(),
            allowed: ALLOWED_TYPES.template_path_part_id,
          },
        ];
  return [
    ...inList("source_path_part_ids"),
    ...inList("instruction_path_part_ids"),
    ...inList("output_path_part_ids"),
    ...template,
  ];
}

const nameOf = ({ field, index }: PartReference) => (index === null ? `\`${field}\`` : `\`${field}[${index}]\``);

const faultAt = ({ field, index, id }: PartReference, msg: string): Fault => ({
  loc: index === null ? ["body", field] : ["body", field, index],
  type: "value_error",
  msg,
  input: id,
});

/** The faults that the ids show by themselves: each may be named once, over all four. */
export function findRepeated(references: readonly PartReference[]): Fault[] {
  const first = new Map<string, PartReference>();
  return references.flatMap((reference) => {
    const earlier = first.get(reference.id);
    if (earlier) return [faultAt(reference, `Names the same path part as ${nameOf(earlier)}.`)];
    first.set(reference.id, reference);
    return [];
  });
}

/** What the tree shows to be wrong with the reference number `at`. */
export type ReferenceFinding =
  | { at: number; kind: "missing" }
  | { at: number; kind: "wrong_type"; part_type: PartType }
  | { at: number; kind: "below"; above: number };

/** What is wrong, as the caller is told. */
export function toReferenceFault(references: readonly PartReference[], finding: ReferenceFinding): Fault {
  const reference = referenceAt(references, finding.at);
  switch (finding.kind) {
    case "missing":
      return faultAt(reference, NO_PATH_PART);
    case "wrong_type":
      return faultAt(reference, `Must be a ${reference.allowed.join(" or a ")}: this is a ${finding.part_type}.`);
    case "below":
      return faultAt(reference, `Lies below ${nameOf(referenceAt(references, finding.above))}. Name only one of them.`);
  }
}

function referenceAt(references: readonly PartReference[], at: number): PartReference {
  const reference = references[at];
  if (!reference) throw new RangeError(`There is no reference ${at}.`);
  return reference;
}
