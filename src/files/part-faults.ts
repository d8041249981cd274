/** What the SQL functions find wrong with a file or folder that a workflow names, and the texts that tell the user. */
import { z } from "zod";
import { type Fault, Problem } from "../http/problems.ts";

/** One such file or folder. */
export const partFaultSchema = z.object({
  field: z.enum(["sources", "instructions", "outputs", "template"]),
  id: z.string(),
  /** Null for a part that the caller may not read. Of a missing one, the path that a run has kept; null when there is none. */
  path: z.string().nullable(),
  fault: z.enum(["missing", "unreadable", "unwritable", "empty"]),
});
type PartFault = z.infer<typeof partFaultSchema>;

const UNSEEN = { sources: "a source", instructions: "an instruction", outputs: "an output", template: "the template" };

/** A part for a person: its path, or what the workflow uses it for, if they may not read it. */
export function namePart({ field, id, path, fault }: PartFault): string {
  if (path !== null) return `“${path}” (${id})`;
  return `${UNSEEN[field]}${fault === "missing" ? "" : " that you may not see"} (${id})`;
}

/** Null when no permission is missing, but something else is wrong. */
export function lackingRights(purpose: string, faults: readonly PartFault[]): Problem | null {
  const rights = faults.flatMap((part) => {
    if (part.fault === "unreadable") return [`read on ${namePart(part)}`];
    return part.fault === "unwritable" ? [`write on ${namePart(part)}`] : [];
  });
  return rights.length === 0 ? null : new Problem("forbidden", `${purpose} you also need: ${rights.join(", ")}.`);
}

/** The fault of a request whose workflow names a part that is gone or empty. */
export function toFault({ field, id, fault, path }: PartFault): Fault {
  const msg =
    fault === "missing"
      ? `The workflow's ${field} name the path part ${id}, which no longer exists.`
      : `The workflow's ${field} name the folder ${path}, which has no document below it.`;
  return { loc: ["path", "definition_id"], type: "value_error", msg };
}
