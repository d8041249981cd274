/** True for a text of more than `max` characters. They are counted as Postgres and JSON Schema do, not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // A character takes one or two units, so the length in units decides for most texts, and counting is not needed.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}

/** A zero byte or half of a surrogate pair. Postgres can store neither. */
const UNSTORABLE = /\0|\p{Cs}/u;

/** False for text that Postgres cannot store. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** Replaces each character that Postgres cannot store by U+FFFD. */
export const toStorable = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed();

/** True for text without line breaks and other control characters. */
export const isOneLine = (text: string): boolean => !/\p{Cc}/u.test(text);
