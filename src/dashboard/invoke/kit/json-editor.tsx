/** A field for JSON. Each fault stands beside its line. `editor.js` numbers the lines, and shows faults, while somebody types. */
import type { Fault } from "../../../http/problems.ts";
import { type Failure, Field } from "../../forms.tsx";
import { type ReadJson, readJson } from "../json-text.ts";

/** The failure of a form with JSON in a field. `inLines` has the first message for each line of the JSON. */
export type PlacedFailure = Failure & { inLines: ReadonlyMap<number, string> };

/** Finds the line that a fault is about; null for a fault of the whole text. */
function findLine({ loc, type }: Fault, read: ReadJson): number | null {
  if (read.fault) return type === "json_invalid" ? read.fault.line : null;
  return loc.length > 2 ? read.lineOf(loc.slice(2)) : null;
}

/**
 * The failure of a form, with the line in each message about the JSON in the field of this name. A page calls it once, and shows its answer
 * both above the form and beside the lines, so that a large text with many faults is read only once.
 */
export function withLines(failure: Failure, name: string, text: string): PlacedFailure {
  const inLines = new Map<number, string>();
  const read = failure.faults.some(({ loc }) => loc[1] === name) ? readJson(text) : null;
  const faults = failure.faults.map((fault) => {
    const line = read === null || fault.loc[1] !== name ? null : findLine(fault, read);
    if (line === null) return fault;
    if (!inLines.has(line)) inLines.set(line, fault.msg);
    return { ...fault, msg: `Line ${line}: ${fault.msg}` };
  });
  return { ...failure, faults, inLines };
}

/** `failure` is that of {@link withLines} for this field. */
type EditorProps = { name: string; label: string; text: string; failure: PlacedFailure; hint: string };

export const JsonEditor = ({ name, label, text, failure, hint }: EditorProps) => {
  const lines = text.split("\n");
  return (
    <Field
      name={name}
      label={label}
      failure={failure}
      hint={hint}
      control={(attributes) => (
        <div class="editor" data-editor>
          <div class="lines" aria-hidden="true">
            {lines.map((_, index) => {
              const message = failure.inLines.get(index + 1);
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
