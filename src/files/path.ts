import { HAS_COMMANDS, isOneLine } from "../http/text.ts";

/** The folder at the root that contains the nodes of all workflow definitions. */
export const WORKFLOWS_FOLDER = "workflows";

/** The folder at the root in which a new tenant keeps its files. A list of folders begins with it. */
export const ROOT_FOLDER = "shared";

export const PATH_ORDERS = ["LOGICAL", "NAME", "UPDATED_AT", "CREATED_AT"] as const;
export type PathOrder = (typeof PATH_ORDERS)[number];

/** In characters, as {@link isLongerThan} counts them. */
export const MAX_NAME_LENGTH = 255;

export const NO_PATH_PART = "There is no such path part, or it is not yours to see.";

/** In bytes of UTF-8. The path is indexed, and an index entry cannot be much longer. */
export const MAX_PATH_BYTES = 2048;

/** Why a text cannot be a segment of a path, as a sentence; null when it can. That it can be stored, and its length, are not checked here. */
export function nameFault(name: string): string | null {
  if (name === "." || name === "..") return "Must not be `.` or `..`.";
  if (name.includes("/")) return "Must not contain a `/`.";
  if (!isOneLine(name)) return HAS_COMMANDS;
  return null;
}
