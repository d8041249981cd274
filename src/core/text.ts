/** Control characters, and halves of a surrogate pair, which no text in the database can hold. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** True for text that holds what one line of text may not. */
export const hasUnfitCharacters = (text: string): boolean => UNFIT.test(text);

/** True for text of more than `max` characters, as Postgres and JSON Schema count them: not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // No character takes less than one unit or more than two, so most texts need not be counted.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}
