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

/** A page of a log as plain text. Lines in brackets mark missing entries, and the place where the log was cut. */
export function toPlainText({ entries, has_more, is_cut }: LogPage): string {
  const parts: string[] = [];
  const mark = (line: string) => {
    const isLineOpen = parts.length > 0 && parts.at(-1)?.endsWith("\n") !== true;
    parts.push(`${isLineOpen ? "\n" : ""}[${line}]\n`);
  };
  for (const { text, missing_before: missing } of entries) {
    if (missing > 0) mark(missing === 1 ? "1 entry is missing here." : `${missing} entries are missing here.`);
    parts.push(text);
  }
  if (is_cut && !has_more) mark("The log was cut here: an attempt may log 1 MiB, and a run 4 MiB.");
  return showControls(parts.join(""));
}
