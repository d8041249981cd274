/** True for a text of more than `max` characters. Characters are counted as in Postgres and JSON Schema, not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // A character has one or two units, so for most texts the number of units decides, and nothing needs to be counted.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}

/** A zero byte or an unpaired surrogate. Postgres can store neither. */
const UNSTORABLE = /\0|\p{Cs}/u;

/** False for text that Postgres cannot store. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** Replaces each character that Postgres cannot store with U+FFFD. */
export const toStorable = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed();

/** True for text without line breaks and other control characters. */
export const isOneLine = (text: string): boolean => !/\p{Cc}/u.test(text);
