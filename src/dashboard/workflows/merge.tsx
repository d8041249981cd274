/**
 * Forms that replace a workflow or its policy, while somebody else may do the same. Such a form carries the ETag of what it was made of, and
 * a hash of each value that it began with. When what it replaces has changed since, the page reads what is there now:
 * 1. A value that only one of the two has changed is theirs. When all are so, the merged form is saved at once.
 * 2. When both have changed a value, nothing is saved. The form shows both values, and the person chooses.
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import type { AuditEvent } from "../../audit/audit-events.ts";
import { sha256 } from "../../base/sha256.ts";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { By } from "../activity/kit/changes.tsx";
import { type Failure, submit, type Values } from "../forms.tsx";
import type { Wording } from "../wording.ts";

type Value = string | readonly string[];

/** The values of a form that are merged, by the names of its fields. */
export type Fields = Readonly<Record<string, Value>>;

/** What a form was made of: the ETag, and as JSON the hashes of the values that it began with. */
export type Base = { etag: string; first: string };

type Clash = { name: string; mine: Value; theirs: Value };

/** `by`: who has saved meanwhile, if the reader may know. */
export type Merging = { base: Base | null; clashes: readonly Clash[]; by: AuditEvent | null };

/** The merging of a form that was just opened, or that creates something. */
export const begun = (base: Base | null): Merging => ({ base, clashes: [], by: null });

export const baseOf = async (etag: string, fields: Fields): Promise<Base> => ({
  etag,
  first: JSON.stringify(
    Object.fromEntries(
      await Promise.all(Object.entries(fields).map(async ([name, value]) => [name, await hashOf(value)] as const)),
    ),
  ),
});

/** A value as it is compared. A form sends line breaks as CR and LF, and a list in the order of the page. */
const textOf = (value: Value): string =>
  JSON.stringify(
    [value]
      .flat()
      .map((text) => text.replaceAll("\r\n", "\n"))
      .toSorted(),
  );

/** 96 bits of the SHA-256. The values themselves might not fit into the form a second time. */
const hashOf = async (value: Value): Promise<string> => (await sha256(textOf(value))).slice(0, 12).toHex();

export const readBase = ({ etag, first = "" }: Values): Base | null => (etag === undefined ? null : { etag, first });

const hashesSchema = z.record(z.string(), z.string());

function readHashes(first: string): Record<string, string> {
  try {
    return hashesSchema.parse(JSON.parse(first));
  } catch {
    return {};
  }
}

/** Merges by the hashes of the values that the form began with. A value without one is theirs, and has to be looked over: `isKnown`. */
async function merge<Own extends Fields>(mine: Own, first: string, theirs: Own) {
  const hashes = readHashes(first);
  const [merged, clashes]: [Record<string, Value>, Clash[]] = [{}, []];
  for (const [name, their] of Object.entries(theirs)) {
    const [my = their, hash] = [mine[name], hashes[name]];
    const isMine = hash !== undefined && hash !== (await hashOf(my));
    merged[name] = isMine ? my : their;
    if (isMine && textOf(my) !== textOf(their) && hash !== (await hashOf(their))) {
      clashes.push({ name, mine: my, theirs: their });
    }
  }
  return { fields: { ...theirs, ...merged }, clashes, isKnown: Object.keys(theirs).every((name) => name in hashes) };
}

type Submitted<Own extends Fields> = {
  values: Values;
  mine: Own;
  /** What is there now. */
  read: () => Promise<{ etag: string; fields: Own; by: AuditEvent | null }>;
  /** Saves the form. `ifMatch` has the ETag of what it may replace; null for a form that carries none. */
  save: (fields: Own, ifMatch: string[] | null) => Promise<Response>;
  page: (fields: Own, merging: Merging, failure: Failure) => JSX.Element;
  wording: Wording;
  /** False for a form that must be looked over when anything has changed. */
  isMergedAlone?: boolean;
};

/** Does what a form that replaces something asks for, as {@link submit} does, and merges it with what others have saved meanwhile. */
export async function submitMerged<Own extends Fields>(c: Context<AppEnv>, submitted: Submitted<Own>) {
  const { values, mine, read, save, page, wording, isMergedAlone = true } = submitted;
  const base = readBase(values);
  let [fields, merging] = [mine, begun(base)];
  const action = async () => {
    const taken = Object.keys(values).filter((name) => values[name] === "theirs" && name.startsWith(TAKE));
    if (taken.length > 0) {
      const { fields: theirs } = await read();
      fields = {
        ...mine,
        ...Object.fromEntries(Object.entries(theirs).filter(([name]) => taken.includes(TAKE + name))),
      };
    }
    try {
      return await save(fields, base && [base.etag]);
    } catch (error) {
      if (base === null || !(error instanceof Problem && error.code === "precondition_failed")) throw error;
    }
    const now = await read();
    const merged = await merge(fields, base.first, now.fields);
    fields = merged.fields;
    merging = { base: await baseOf(now.etag, now.fields), clashes: merged.clashes, by: now.by };
    if (merging.clashes.length === 0 && merged.isKnown && isMergedAlone) return save(fields, [now.etag]);
    throw new Problem("conflict", CHANGED);
  };
  return submit(c, action, (failure) => page(fields, merging, failure), wording);
}

const CHANGED =
  "The workflow was changed since this form was opened, so nothing was saved now. Look over what the form has, and save it again.";

/** The prefix of the fields with which a person chooses between two values. */
const TAKE = "take_";

type Props = {
  merging: Merging;
  labels: Readonly<Record<string, string>>;
  /** The words for a value, where it is not shown as it is. */
  words?: (name: string, text: string) => string;
};

/** The hidden fields of a form that is merged, and the values that two people have changed. */
export const MergeFields = ({ merging: { base, clashes, by }, labels, words = (_, text) => text }: Props) => {
  const shown = (name: string, value: Value) =>
    [value]
      .flat()
      .map((text) => words(name, text))
      .join("\n") || "nothing";
  return (
    <>
      {base && (
        <>
          <input type="hidden" name="etag" value={base.etag} />
          <input type="hidden" name="first" value={base.first} />
        </>
      )}
      {clashes.length > 0 && (
        <p>
          These were also changed by somebody else meanwhile. <By event={by} />
        </p>
      )}
      {clashes.map(({ name, mine, theirs }) => (
        <fieldset class="failure">
          <legend>{labels[name] ?? name}</legend>
          <label class="choice">
            <input type="radio" name={TAKE + name} value="mine" checked />
            <span>
              What the field below has. You wrote: <code class="pre wrap">{shown(name, mine)}</code>
            </span>
          </label>
          <label class="choice">
            <input type="radio" name={TAKE + name} value="theirs" />
            <span>
              What was saved meanwhile: <code class="pre wrap">{shown(name, theirs)}</code>
            </span>
          </label>
        </fieldset>
      ))}
    </>
  );
};
