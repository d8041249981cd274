/** A field for JSON. Each fault stands beside its line. `editor.js` numbers the lines, and shows faults, while somebody types. */
import type { Fault } from "../../http/problems.ts";
import { type Failure, Field } from "../forms.tsx";
import { readJson } from "./json-text.ts";

/** The line that a fault is about; null for a fault of the whole text. `name` is the field's. */
function lineOfFault({ loc, type }: Fault, name: string, text: string): number | null {
  if (loc[1] !== name) return null;
  const read = readJson(text);
  if (read.fault) return type === "json_invalid" ? read.fault.line : null;
  return loc.length > 2 ? read.lineOf(loc.slice(2)) : null;
}

/** The failure of a form, with the line in each message about the JSON in this field. */
export const withLines = (failure: Failure, name: string, text: string): Failure => ({
  ...failure,
  faults: failure.faults.map((fault) => {
    const line = lineOfFault(fault, name, text);
    return line === null ? fault : { ...fault, msg: `Line ${line}: ${fault.msg}` };
  }),
});

type EditorProps = { name: string; label: string; text: string; failure: Failure; hint: string };

export const JsonEditor = ({ name, label, text, failure, hint }: EditorProps) => {
  const messages = new Map<number, string>();
  for (const fault of failure.faults) {
    const line = lineOfFault(fault, name, text);
    if (line !== null && !messages.has(line)) messages.set(line, fault.msg);
  }
  const lines = text.split("\n");
  return (
    <Field
      name={name}
      label={label}
      failure={withLines(failure, name, text)}
      hint={hint}
      control={(attributes) => (
        <div class="editor" data-editor>
          <div class="lines" aria-hidden="true">
            {lines.map((_, index) => {
              const message = messages.get(index + 1);
              return message === undefined ? (
                <p />
              ) : (
                <p class="faulty">
                  <span>{message}</span>
                </p>
              );
            })}
          </div>
          <textarea {...attributes} rows={Math.max(3, lines.length)} wrap="off" spellcheck={false} autocomplete="off">
            {/* The browser drops a first line break. */}
            {text.startsWith("\n") ? `\n${text}` : text}
          </textarea>
        </div>
      )}
    />
  );
};
