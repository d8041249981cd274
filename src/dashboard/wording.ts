/** Describes faults that the API found in the words of a form. */
import type { Fault, FaultType } from "../http/problems.ts";
import { shortId } from "./format.ts";

/**
 * The words of one form. `labels` has the labels of its fields by their API names, such as `runner_config.url`. `sentences` has
 * messages for some faults, by `<API name> <type of fault>`.
 */
export type Wording = {
  labels?: Readonly<Record<string, string>>;
  sentences?: Readonly<Record<string, string>>;
};

/**
 * Messages that all forms use for these faults. The API's messages speak of texts and items, which a person who fills in a form
 * does not know.
 */
const SENTENCES: Partial<Record<FaultType, string>> = {
  missing: "Fill this in.",
  string_too_short: "Fill this in.",
  enum: "Choose one of the list.",
  uuid_parsing: "Choose one.",
  datetime_parsing: "Choose a date.",
  int_type: "Fill in a whole number.",
};

/** A fault with its message in the words of a form. Its location stays the same. */
export function inWords(fault: Fault, { labels = {}, sentences = {} }: Wording): Fault {
  const name = fault.loc
    .slice(1)
    .filter((step) => typeof step === "string")
    .join(".");
  const sentence = sentences[`${name} ${fault.type}`] ?? SENTENCES[fault.type];
  return { ...fault, msg: sentence ?? withoutNames(forReader(fault.msg), labels) };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * A sentence of the API for a reader of a page: without the id of what it names, and with the end of any other id.
 */
export const forReader = (sentence: string): string =>
  sentence
    .replace(
      new RegExp(`the path part ${UUID.source}, which no longer exists`),
      "a file or folder that no longer exists",
    )
    .replaceAll(new RegExp(` \\(${UUID.source}\\)`, "g"), "")
    .replaceAll("workflow definition", "workflow")
    .replaceAll("this part", "this file or folder")
    .replaceAll(UUID, shortId);

/**
 * Replaces the API names of fields in a message, such as `source_path_part_ids[0]`, by the labels of the form. A name without a label
 * becomes words.
 */
const withoutNames = (msg: string, labels: Readonly<Record<string, string>>) =>
  msg.replaceAll(/`([^`]*)`/g, (_, code: string) => {
    const name = code.replace(/\[\d+\]$/, "");
    const label = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return label === undefined ? code.replaceAll("_", " ") : `“${label}”`;
  });
