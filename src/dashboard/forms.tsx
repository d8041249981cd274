/** Forms. A fault that the API finds in a value is shown beside the field of that value. */
import type { Context } from "hono";
import { type Child, useContext } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AppEnv } from "../http/env.ts";
import { type Fault, type Obstacle, PROBLEMS, Problem, ValidationFailed } from "../http/problems.ts";
import type { Caller } from "./caller.ts";
import { DialogContext, Obstacles } from "./components.tsx";
import { Page, type Section } from "./layout.tsx";
import { html } from "./render.ts";
import { Trail } from "./trail.tsx";
import { forReader, inWords, type Wording } from "./wording.ts";

/** Why a form was refused: faults of its fields, or a sentence about the whole form. */
export type Failure = { faults: readonly Fault[]; detail: string | null; obstacles?: readonly Obstacle[] };

export const NO_FAILURE: Failure = { faults: [], detail: null };

/** The values of a form by the names of its fields. For a field that occurs more than once, the last value. */
export type Values = Readonly<Record<string, string>>;

const MAX_FIELDS = 200;

/**
 * Reads the fields of a form in one pass, so that a large form costs little time. This matters because the sender may not be
 * signed in.
 * @throws Problem `unsupported_media_type` for a body that is not a form
 * @throws ValidationFailed for more than 200 fields
 */
export async function readForm(c: Context<AppEnv>): Promise<{ values: Values; all: (name: string) => string[] }> {
  const form = await c.req.formData().catch((error: unknown) => {
    throw error instanceof TypeError ? new Problem("unsupported_media_type", "Send the form of the page.") : error;
  });
  const textsOf = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of form) {
    count += 1;
    if (count > MAX_FIELDS) throw new ValidationFailed([TOO_MANY_FIELDS]);
    if (typeof value !== "string") continue;
    const texts = textsOf.get(name);
    if (texts) texts.push(value);
    else textsOf.set(name, [value]);
  }
  const values = Object.fromEntries([...textsOf].map(([name, texts]) => [name, texts.at(-1) ?? ""]));
  return { values, all: (name) => textsOf.get(name) ?? [] };
}

const TOO_MANY_FIELDS: Fault = {
  loc: ["body"],
  type: "too_long",
  msg: `A form has at most ${MAX_FIELDS} fields.`,
};

/** Converts a typed whole number. Any other text is returned as it is, so that the API's check reports the fault. */
export const toWholeNumber = (text: string): number | string => (/^-?\d+$/.test(text) ? Number(text) : text);

/** Marks a form that was kept while its sender signed in again. Such a form is shown again instead of being executed. */
export const RESUMED_FIELD = "resumed";

const RESUMED =
  "You are signed in again, and nothing has been sent yet. Look over the form and send it. A secret has to be typed again.";

/**
 * Does what a form asks for. When the values of the form are refused, or when its sender had to sign in again, the answer is
 * the form with its values and, in the words of the form, all their faults.
 */
export async function submit(
  c: Context<AppEnv>,
  action: () => Promise<Response>,
  again: (failure: Failure) => JSX.Element,
  wording: Wording = {},
): Promise<Response> {
  const { values } = await readForm(c);
  if (values[RESUMED_FIELD] !== undefined) return html(c, again({ faults: [], detail: RESUMED }));
  try {
    return await action();
  } catch (error) {
    if (error instanceof ValidationFailed) {
      return html(c, again({ faults: error.faults.map((fault) => inWords(fault, wording)), detail: null }), 422);
    }
    const status = error instanceof Problem ? PROBLEMS[error.code].status : null;
    if (error instanceof Problem && (status === 409 || status === 412)) {
      const { onPages, obstacles } = error;
      return html(c, again({ faults: [], detail: forReader(onPages), obstacles }), status);
    }
    throw error;
  }
}

/** The messages of all faults at or below a path in the API's body, such as `runner_config.url`. */
export const faultsAt = ({ faults }: Failure, path: string): string[] =>
  faults.filter(({ loc }) => `${loc.slice(1).join(".")}.`.startsWith(`${path}.`)).map(({ msg }) => msg);

/** True when one of these fields has a value or a fault, so that the part with them must not be folded. */
export const isFilled = (names: readonly string[], values: Values, failure: Failure): boolean =>
  names.some((name) => values[name] || faultsAt(failure, name).length > 0);

/**
 * A fault in one line, with the label of its field: `Expires at: Must be in the future.` `labels` has the labels by the API's
 * names of fields, such as `runner_config.url`. A field without a label is called by its API name.
 */
export function describeFault({ loc, msg }: Fault, labels: Readonly<Record<string, string>> = {}): string {
  const path = `${loc.slice(1).join(".")}.`;
  const known = Object.entries(labels).find(([name]) => path.startsWith(`${name}.`))?.[1];
  const words = loc.filter((step, depth) => depth > 0 && typeof step === "string").join(" ");
  const name = known ?? words.replaceAll("_", " ");
  return name === "" ? msg : `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${msg}`;
}

/** The API's path of the field that a fault is about: the one with a label, or the first step of the location. */
function pathOfField({ loc }: Fault, labels: Readonly<Record<string, string>> = {}): string {
  const path = `${loc.slice(1).join(".")}.`;
  return Object.keys(labels).find((name) => path.startsWith(`${name}.`)) ?? String(loc[1] ?? "");
}

/** The id of a field on the page that answers a refused form. Faults link to it. */
export const fieldIdOf = (path: string, dialog = ""): string => `${dialog || "field"}-${path.replaceAll(".", "-")}`;

type FailuresProps = { failure: Failure; labels?: Parameters<typeof describeFault>[1] };

/**
 * Why a form was refused, shown above its fields: the sentence about the whole form, and each fault with the label of its
 * field.
 */
export const Failures = ({ failure: { detail, faults, obstacles = [] }, labels }: FailuresProps) => {
  if (detail === null && faults.length === 0) return null;
  return (
    <div class="failure" role="alert">
      {detail !== null && <p>{detail}</p>}
      <Obstacles obstacles={obstacles} />
      {faults.length > 0 && (
        <ul>
          {faults.map((fault) => (
            <li>
              <a href={`#${fieldIdOf(pathOfField(fault, labels))}`}>
                <bdi>{describeFault(fault, labels)}</bdi>
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

export type FieldProps = {
  name: string;
  label: string;
  failure: Failure;
  /** The path of the field in the API's body, when it differs from the name in the form. */
  path?: string;
  hint?: Child;
  /** Renders the control with the attributes that connect it to its label and its messages. */
  control: (attributes: {
    id: string;
    name: string;
    "aria-describedby"?: string;
    "aria-invalid"?: "true";
    autofocus?: true;
  }) => Child;
};

/**
 * A field of a form: its label, control, faults and hint. Each field with a fault has `autofocus`: the browser moves the focus to the
 * first of them, also without JavaScript.
 */
export const Field = ({ name, label, failure, path = name, hint, control }: FieldProps) => {
  const messages = faultsAt(failure, path);
  const dialog = useContext(DialogContext);
  const id = fieldIdOf(path, dialog);
  const isDescribed = hint !== undefined || messages.length > 0;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control({
        id,
        name,
        ...(isDescribed && { "aria-describedby": `${id}-note` }),
        ...(messages.length > 0 && { "aria-invalid": "true", autofocus: true }),
      })}
      {isDescribed && (
        <div id={`${id}-note`} class="note">
          {messages.map((message) => (
            <p class="fault">{message}</p>
          ))}
          {hint !== undefined && <p>{hint}</p>}
        </div>
      )}
    </div>
  );
};

/** One thing of a list from which one is chosen. */
export type Choice = { id: string; name: string };

/** Values of the API as choices, each with its words, or with itself. */
export const choicesOf = (values: readonly string[], words: Readonly<Record<string, string>> = {}): Choice[] =>
  values.map((value) => ({ id: value, name: words[value] ?? value }));

type ChoicesProps = {
  /** The attributes of the control, such as those that `Field` gives. */
  attributes: { name: string; id?: string; "aria-label"?: string; required?: boolean };
  choices: readonly Choice[];
  chosen?: string | null | undefined;
  /** The words for no choice. Without them, one thing is always chosen. */
  none?: string;
  /** The words for what was chosen when it is not among the choices. Without this, the first choice takes its place. */
  nameOf?: (chosen: string) => string;
};

/** A list from which one thing is chosen. */
export const Choices = ({ attributes, choices, chosen, none, nameOf }: ChoicesProps) => (
  <select {...attributes}>
    {none !== undefined && <option value="">{none}</option>}
    {nameOf && chosen && !choices.some(({ id }) => id === chosen) && (
      <option value={chosen} selected>
        {nameOf(chosen)}
      </option>
    )}
    {choices.map(({ id, name }) => (
      <option value={id} selected={id === chosen}>
        {name}
      </option>
    ))}
  </select>
);

/** The page of a form, such as one that was refused: only a page that has not read its caller has none. */
export const FormPage = (props: {
  title: string;
  section: Section;
  back: string;
  caller?: Caller;
  children: Child;
}) => (
  <Page title={props.title} section={props.section} {...(props.caller && { caller: props.caller })}>
    <div class="narrow">
      <Trail to={[[props.back, "Back"]]} />
      <h1>{props.title}</h1>
      <div class="card">{props.children}</div>
    </div>
  </Page>
);
