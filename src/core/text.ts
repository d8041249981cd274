/** False for text that the database cannot hold: with NUL, or with half of a surrogate pair. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** True for text without line breaks and other control characters. */
export const isOneLine = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** True for text of more than `max` characters, as Postgres and JSON Schema count them: not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // No character takes less than one unit or more than two, so most texts need not be counted.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}
