/** The folder at the root below which every workflow definition is a node of the tenant's tree. */
export const WORKFLOWS_FOLDER = "workflows";

/** The folder at the root that a new tenant has for its files: a list of folders begins with it. */
export const ROOT_FOLDER = "shared";

export const PATH_ORDERS = ["LOGICAL", "NAME", "UPDATED_AT", "CREATED_AT"] as const;
export type PathOrder = (typeof PATH_ORDERS)[number];

/** In characters, as {@link isLongerThan} counts them. */
export const MAX_NAME_LENGTH = 255;

export const NO_PATH_PART = "There is no such path part, or it is not yours to see.";

/** In bytes of UTF-8. The path is indexed, and an index entry has no room for much more. */
export const MAX_PATH_BYTES = 2048;

/** Control characters, and halves of a surrogate pair, which no text in the database can hold. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** Why this cannot be a segment of a path, as a sentence; null when it can. Does not look at the length. */
export function nameFault(name: string): string | null {
  if (name === "." || name === "..") return "Must not be `.` or `..`.";
  if (name.includes("/")) return "Must not hold a `/`.";
  if (UNFIT.test(name)) return "Must not hold control characters.";
  return null;
}
