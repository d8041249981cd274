/** How deep the JSON of a body may be nested, also that of a message to a trigger. Bodies of our own API need at most four levels. */
export const MAX_JSON_DEPTH = 32;

/**
 * True for JSON whose objects and arrays are nested more than `limit` levels deep. For text that is not JSON, the result may be
 * true as well.
 */
export function isDeeperThan(limit: number, json: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json.charAt(i);
    if (isInString) {
      if (character === "\\") i++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth > limit) return true;
  }
  return false;
}
