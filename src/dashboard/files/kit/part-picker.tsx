/**
 * A field of a form with which the user chooses parts of the tree. It works without JavaScript: chosen parts are checkboxes of
 * the form, and the button of a folder sends the form, which is answered with the same form and that folder open. New parts are
 * created in the same way.
 */
import { CREATABLE_PART_TYPES } from "../../../db/enums.ts";
import { Path } from "../../components.tsx";
import { Choices, choicesOf, type Failure, faultsAt, fieldIdOf, type Values } from "../../forms.tsx";
import type { NamedPart } from "../../workflows/kit/view-workflow.ts";
import type { FolderView } from "./view-folder.ts";

/** How many parts of a folder are listed. */
export const BROWSED = 200;

/** A chosen part as a value of the form: its id, type and path. */
export const formatChoice = ({ id, type, path }: NamedPart): string => `${id} ${type ?? "-"} ${path ?? "-"}`;

export function parseChoice(text: string): NamedPart {
  const [id = "", type = "-", ...path] = text.split(" ");
  return { id, type: type === "-" ? null : type, path: path.length === 0 || path[0] === "-" ? null : path.join(" ") };
}

/** Which folder is open in which field. Null when none is open. */
export type Opened = { field: string; view: FolderView } | null;

/**
 * A part that is to be created in the open folder: the field of the form, the parent (null for the root), and the values that
 * were typed.
 */
export type Making = { field: string; parentId: string | null; name: string; type: string };

/** Reads which part the pressed button creates; null when another button was pressed. */
export function parseMake(values: Values): Making | null {
  const place = parsePlace(values.make);
  if (place === null) return null;
  const { field, id: parentId } = place;
  return { field, parentId, name: values[`new_name_${field}`] ?? "", type: values[`new_type_${field}`] ?? "" };
}

/**
 * Reads `<field>:<folder id>`, the value of the buttons that open a folder or create a part in it. The id is empty for the
 * root.
 */
export function parsePlace(text: string | undefined): { field: string; id: string | null } | null {
  if (text === undefined) return null;
  const [field = "", id = ""] = text.split(":");
  return { field, id: id === "" ? null : id };
}

type PickerProps = {
  field: string;
  path: string;
  label: string;
  hint: string;
  allowed: readonly string[];
  isSingle?: boolean;
  chosen: readonly NamedPart[];
  opened: Opened;
  /** The part that could not be created. */
  refused?: Making | null;
  failure: Failure;
  /** The URL that the form is sent to. */
  action: string;
};

export const PartPicker = (props: PickerProps) => {
  const { field, path, label, hint, allowed, chosen, opened, failure } = props;
  const messages = faultsAt(failure, path);
  const view = opened?.field === field ? opened.view : null;
  const refused = props.refused?.field === field ? props.refused : null;
  const isChosen = (id: string) => chosen.some((part) => part.id === id);
  return (
    <fieldset class="field picker" id={`pick-${field}`} aria-describedby={fieldIdOf(path)}>
      <legend>{label}</legend>
      <div id={fieldIdOf(path)} class="note" {...(messages.length > 0 && { tabindex: -1, autofocus: true })}>
        {messages.map((message) => (
          <p class="fault">{message}</p>
        ))}
        <p>{hint}</p>
      </div>
      {chosen.map((part) => (
        <label class="choice">
          <input type="checkbox" name={field} value={formatChoice(part)} checked />
          <Path>{part.path ?? part.id}</Path>
        </label>
      ))}
      {view === null ? (
        <Open action={props.action} field={field} id="">
          {chosen.length === 0 || !props.isSingle ? "Choose from the files …" : "Choose another …"}
        </Open>
      ) : (
        <div class="browser">
          <p class="crumbs">
            <Open action={props.action} field={field} id="">
              Top
            </Open>
            {view.above.map(({ id, name }) => (
              <>
                /{" "}
                <Open action={props.action} field={field} id={id}>
                  {name}
                </Open>
              </>
            ))}
            {view.part && (
              <>
                / <Path>{view.part.name}</Path>
              </>
            )}
          </p>
          {view.children.length === 0 && <p class="muted">There is nothing in it.</p>}
          <ul>
            {view.children
              .filter((part) => CREATABLE_PART_TYPES.some((type) => type === part.partType) && !part.systemManaged)
              .map((part) => (
                <li>
                  {allowed.includes(part.partType) && !isChosen(part.id) ? (
                    <label class="choice">
                      <input
                        type="checkbox"
                        name={field}
                        value={formatChoice({ id: part.id, type: part.partType, path: part.materializedPath })}
                        aria-label={part.materializedPath}
                      />
                      <Path>{part.name}</Path>
                    </label>
                  ) : (
                    <span class="choice muted">
                      <Path>{part.name}</Path>
                      {isChosen(part.id) ? " (chosen)" : ""}
                    </span>
                  )}
                  {part.partType !== "DOCUMENT_VERSION" && (
                    <Open action={props.action} field={field} id={part.id}>
                      open
                    </Open>
                  )}
                </li>
              ))}
          </ul>
          {view.total > view.children.length && (
            <p class="muted">
              The first {view.children.length} of {view.total}.
            </p>
          )}
          <Make {...props} making={{ field, parentId: view.part?.id ?? null, name: "", type: "" }} parent={view.part} />
        </div>
      )}
      {view === null && refused && <Make {...props} making={refused} parent={null} />}
    </fieldset>
  );
};

/**
 * The types that this field accepts and that can be created in a folder or document. Documents come first, since a run cannot
 * read an empty folder.
 */
function typesToMake(allowed: readonly string[], parentType: string | undefined): string[] {
  const possible = parentType === "DOCUMENT" ? ["DOCUMENT_VERSION"] : ["DOCUMENT", "FOLDER"];
  return possible.filter((type) => allowed.includes(type));
}

const LABELS: Record<string, string> = { DOCUMENT: "Document", FOLDER: "Folder", DOCUMENT_VERSION: "Version" };

type MakeProps = Pick<PickerProps, "field" | "label" | "allowed" | "action"> & {
  making: Making;
  parent: FolderView["part"];
};

const Make = ({ field, label, allowed, action, making, parent }: MakeProps) => {
  const types = making.type === "" ? typesToMake(allowed, parent?.partType) : [making.type];
  if (types.length === 0) return null;
  return (
    <div class="make">
      <Choices
        attributes={{ name: `new_type_${field}`, "aria-label": `${label}: kind of the new one` }}
        choices={choicesOf(types, LABELS)}
      />
      <input
        type="text"
        name={`new_name_${field}`}
        value={making.name}
        aria-label={`${label}: name of the new one`}
        placeholder="Name of a new one"
        autocomplete="off"
        dir="auto"
        data-enter="next"
      />
      <button
        type="submit"
        name="make"
        value={`${field}:${making.parentId ?? ""}`}
        formaction={`${action}#pick-${field}`}
        formnovalidate
      >
        Create and choose
      </button>
    </div>
  );
};

const Open = ({ action, field, id, children }: { action: string; field: string; id: string; children: string }) => (
  <button
    type="submit"
    class="opens"
    name="open"
    value={`${field}:${id}`}
    formaction={`${action}#pick-${field}`}
    formnovalidate
  >
    <bdi>{children}</bdi>
  </button>
);
