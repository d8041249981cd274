/** True for a text of more than `max` characters. Characters are counted as in Postgres and JSON Schema, not in UTF-16 units. */
export function isLongerThan(text: string, max: number): boolean {
  // A character has one or two units, so for most texts the number of units decides, and nothing needs to be counted.
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}

const CLIPPED_LENGTH = 300;

/** A text, or the beginning of one that is too long to be repeated in a message. */
export const clipped = (text: string): string =>
  text.length > CLIPPED_LENGTH ? `${text.slice(0, CLIPPED_LENGTH - 1)}…` : text;

/** `1 item`, `2 items`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** A zero byte or an unpaired surrogate. Postgres can store neither. */
const UNSTORABLE = /\0|\p{Cs}/u;

/** False for text that Postgres cannot store. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** Replaces each character that Postgres cannot store with U+FFFD. */
export const toStorable = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed();

/**
 * Control characters, by which a text could move the cursor of a terminal or hide a part of a log, the two separators of lines that only
 * Unicode has, and the overrides, embeddings and isolates of bidirectional text, by which a name could show "fdp.exe" as "exe.pdf". The
 * marks U+061C, U+200E and U+200F are no part of it: people who write Hebrew or Arabic need them, and they turn no letters round.
 * https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
const COMMANDS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

/** True for text that may be the name of something: without line breaks, and without characters that a terminal or a page would obey. */
export const isOneLine = (text: string): boolean => !COMMANDS.test(text);

/** The same for the lines of a description, which may have tabs and line breaks. */
export const isPlainText = (text: string): boolean => isOneLine(text.replaceAll(/[\t\n\r]/g, ""));

/** What is said of a text for which {@link isOneLine} or {@link isPlainText} is false. */
export const HAS_COMMANDS = "Must not contain control characters, or characters that reverse the direction of text.";
