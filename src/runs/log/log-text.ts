import type { LogPage } from "./read-log.ts";

type Gap = Pick<LogPage["entries"][number], "missing_before" | "omitted_bytes">;

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
const missingMark = (count: number): string =>
  count === 1 ? "1 entry is missing here." : `${count} entries are missing here.`;

/** The line, in brackets, for what the runner has left out of a log that was too long. */
const omittedMark = (bytes: number): string =>
  `${Math.ceil(bytes / 1024).toLocaleString("en-GB")} KiB are left out here, since the log is longer than may be stored.`;

/** The line, in brackets, before an entry; null for an entry without one. */
export const markBefore = ({ missing_before: missing, omitted_bytes: omitted }: Gap): string | null =>
  omitted > 0 ? omittedMark(omitted) : missing > 0 ? missingMark(missing) : null;

/** The line, in brackets, for the place where a log was cut. */
export const CUT_MARK = "The log was cut here: an attempt may log 1 MiB, and a run 4 MiB.";

/** A page of a log as plain text, without colours. Lines in brackets mark missing entries, and the place where the log was cut. */
export function toPlainText({ entries, has_more, is_cut }: LogPage): string {
  const parts: string[] = [];
  const mark = (line: string) => {
    const isLineOpen = parts.length > 0 && parts.at(-1)?.endsWith("\n") !== true;
    parts.push(`${isLineOpen ? "\n" : ""}[${line}]\n`);
  };
  for (const entry of entries) {
    const before = markBefore(entry);
    if (before !== null) mark(before);
    parts.push(entry.text);
  }
  if (is_cut && !has_more) mark(CUT_MARK);
  return showControls(parts.join("").replaceAll(COLOUR, ""));
}
