/** The faults of the API's bodies, in the words of a form. */
import type { Fault, FaultType } from "../http/problems.ts";

/**
 * How a form calls its fields, by their names in the API's body such as `runner_config.url`, and what it says about some faults,
 * by `<name> <type of fault>`.
 */
export type Wording = {
  labels?: Readonly<Record<string, string>>;
  sentences?: Readonly<Record<string, string>>;
};

/** What every form says about these faults. The API speaks of texts and items, and a person fills in and chooses. */
const SENTENCES: Partial<Record<FaultType, string>> = {
  missing: "Fill this in.",
  string_too_short: "Fill this in.",
  enum: "Choose one of the list.",
  uuid_parsing: "Choose one.",
  datetime_parsing: "Choose a date.",
  int_type: "Fill in a whole number.",
};

/** A fault in the words of a form. Its place stays as it is. */
export function inWords(fault: Fault, { labels = {}, sentences = {} }: Wording): Fault {
  const name = fault.loc
    .slice(1)
    .filter((step) => typeof step === "string")
    .join(".");
  const sentence = sentences[`${name} ${fault.type}`] ?? SENTENCES[fault.type];
  return { ...fault, msg: sentence ?? withoutNames(fault.msg, labels) };
}

/** A sentence of the API: fields that it names, such as `source_path_part_ids[0]`, are called as the form calls them. */
const withoutNames = (msg: string, labels: Readonly<Record<string, string>>) =>
  msg.replaceAll(/`([^`]*)`/g, (_, code: string) => {
    const label = labels[code.replace(/\[\d+\]$/, "")];
    return label === undefined ? code : `“${label}”`;
  });
