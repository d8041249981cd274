/** Finds the workflow or trigger of the tenant that one in the file stands for: by its id, or by its name, which may not be unique. */
import type { KeyPath, SchemaFault } from "./schema.ts";

type Wanted = { id: string | null; name: string; at: KeyPath };
type Kind = "workflow" | "trigger";

const RENAMED_BY: Readonly<Record<Kind, string>> = {
  workflow: " by `workflow-runs workflows update <id> --name`",
  trigger: "",
};

/** The fault when several have the same name: their ids, and what to do. */
export const ambiguous = (kind: Kind, alike: readonly { id: string }[]): string =>
  `${alike.length} ${kind}s have this name: ${alike.map(({ id }) => id).join(", ")}. Rename all but one${RENAMED_BY[kind]}, or write the ` +
  "id of the one that is meant in place of its name, and `name` below.";

/** Returns null when it is new. Adds a fault when the name is not unique or the id is unknown. */
export function meant<Item extends { id: string; name: string }>(
  kind: Kind,
  { id, name, at }: Wanted,
  all: readonly Item[],
  faults: SchemaFault[],
): Item | null {
  const alike = all.filter((one) => (id === null ? one.name === name : one.id === id.toLowerCase()));
  if (alike.length > 1) faults.push({ path: at, text: ambiguous(kind, alike), isKey: true });
  if (alike.length === 0 && id !== null) {
    const text = `There is no such ${kind}, or it is not yours to see. A new one stands under its name.`;
    faults.push({ path: at, text, isKey: true });
  }
  return alike[0] ?? null;
}
