/** Finds what the file means: by its id, or by its name, which several may have. */
import type { KeyPath, SchemaFault } from "./schema.ts";

type Wanted = { id: string | null; name: string; at: KeyPath };
type Kind = "workflow" | "trigger";

const RENAMED_BY: Readonly<Record<Kind, string>> = {
  workflow: " by `workflow-runs workflows update <id> --name`",
  trigger: "",
};

/** What to do when several have the same name. */
export const ambiguous = (kind: Kind, alike: readonly { id: string }[]): string =>
  `${alike.length} ${kind}s have this name: ${alike.map(({ id }) => id).join(", ")}. Rename all but one${RENAMED_BY[kind]}, or write the ` +
  "id of the one that is meant in place of its name, and `name` below.";

/** Null when it is new, and after a fault. */
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
