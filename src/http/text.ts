/** True for a text of more characters than `max`, as Postgres and JSON Schema count them: not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // No character takes less than one unit or more than two, so most texts need not be counted.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}

/** A zero byte, or half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Cs}/u;

/** False for text that Postgres cannot hold. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** The text with a replacement character (U+FFFD) for each one that Postgres cannot hold. */
export const toStorable = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed();

/** True for text without line breaks and other control characters. */
export const isOneLine = (text: string): boolean => !/\p{Cc}/u.test(text);
