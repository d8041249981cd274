import type { LogPage } from "./read-log.ts";

/** Control characters, which a terminal might interpret as commands. Line breaks and tabs are kept. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

const DELETE = 0x7f;

/** A visible symbol for a control character, such as `␛` for an escape. Unicode has such symbols for ASCII only. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code === DELETE) return "␡";
  return code < DELETE ? String.fromCharCode(0x2400 + code) : `\\x${code.toString(16)}`;
}

/** The text with visible symbols for its control characters, except line breaks and tabs. */
export const showControls = (text: string): string => text.replaceAll("\r\n", "\n").replaceAll(CONTROL, picture);

const ESCAPE = "\u001b";

/** The sequences with which programs colour their output: SGR, and EL, which compilers and grep send after each. */
const COLOUR = new RegExp(`${ESCAPE}\\[(?:[\\d;:]*m|\\d?K)`, "g");

/** The line, in brackets, for entries of a log that never arrived. */
export const missingMark = (count: number): string =>
  count === 1 ? "1 entry is missing here." : `${count} entries are missing here.`;

/** The line, in brackets, for the place where a log was cut. */
export const CUT_MARK = "The log was cut here: an attempt may log 1 MiB, and a run 4 MiB.";

/** A page of a log as plain text, without colours. Lines in brackets mark missing entries, and the place where the log was cut. */
export function toPlainText({ entries, has_more, is_cut }: LogPage): string {
  const parts: string[] = [];
  const mark = (line: string) => {
    const isLineOpen = parts.length > 0 && parts.at(-1)?.endsWith("\n") !== true;
    parts.push(`${isLineOpen ? "\n" : ""}[${line}]\n`);
  };
  for (const { text, missing_before: missing } of entries) {
    if (missing > 0) mark(missingMark(missing));
    parts.push(text);
  }
  if (is_cut && !has_more) mark(CUT_MARK);
  return showControls(parts.join("").replaceAll(COLOUR, ""));
}
