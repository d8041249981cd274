/** Turns what @cfworker/json-schema finds into faults for the person who has sent the input. */
import type { OutputUnit } from "@cfworker/json-schema";
import { namesOf } from "../http/json-value.ts";
import type { InputFault } from "./input-schema.ts";

const MAX_MESSAGE = 300;
/** The faults of one input have so many characters together. A path repeats the names in an input, which may be long. */
const MAX_CHARACTERS = 16_000;

/** Keywords whose errors only say that errors of other schemas follow. */
const CONTAINERS = new Set([
  ...["$ref", "properties", "items", "prefixItems", "additionalProperties"],
  ...["dependentSchemas", "allOf", "if"],
]);

/** Keywords whose errors stand for those that follow from their schemas: it is not clear which of these schemas was meant. */
const SUMMARIES = new Set(["anyOf", "oneOf", "propertyNames"]);

/** The faults in the order in which they were found: at most `most`, and at least one if there are errors. */
export function describeFaults(errors: readonly OutputUnit[], input: unknown, most: number): InputFault[] {
  const faults: InputFault[] = [];
  const seen = new Set<string>();
  let summary: OutputUnit | null = null;
  let characters = 0;
  for (const error of errors) {
    if (summary !== null && isBelow(error, summary)) continue;
    if (SUMMARIES.has(error.keyword)) summary = error;
    if (CONTAINERS.has(error.keyword)) continue;
    const fault = describe(error, input);
    const text = JSON.stringify(fault);
    if (seen.has(text)) continue;
    seen.add(text);
    characters += text.length;
    if (faults.length > 0 && (faults.length === most || characters > MAX_CHARACTERS)) break;
    faults.push(fault);
  }
  return faults;
}

const isBelow = (error: OutputUnit, summary: OutputUnit): boolean =>
  error.keywordLocation.startsWith(`${summary.keywordLocation}/`) &&
  (error.instanceLocation === summary.instanceLocation ||
    error.instanceLocation.startsWith(`${summary.instanceLocation}/`));

function describe({ keyword, error, instanceLocation }: OutputUnit, input: unknown): InputFault {
  const path = pathOf(instanceLocation, input);
  const found = (expression: RegExp): string[] => expression.exec(error)?.slice(1) ?? [];
  const fault = (msg: string, ...more: string[]): InputFault => ({
    path: [...path, ...more],
    msg: msg.length > MAX_MESSAGE ? `${msg.slice(0, MAX_MESSAGE - 1)}…` : msg,
  });
  switch (keyword) {
    case "required":
      return fault("Is missing.", ...found(/property "(.*)"\.$/s));
    case "dependentRequired": {
      const [given = "", missing = ""] = found(/^Instance has "(.*)" but does not have "(.*)"\.$/s);
      return fault(`Is missing: it is needed beside “${given}”.`, missing);
    }
    case "type": {
      const [type = "", expected = ""] = found(/^Instance type "(.*?)" is invalid\. Expected "(.*)"\.$/s);
      return fault(`Must be of the type ${expected.replaceAll('", "', " or ")}, and is of the type ${type}.`);
    }
    case "const":
      return fault(`Must be ${found(/^Instance does not match (.*)\.$/s).join("")}.`);
    case "enum": {
      const [values = ""] = found(/^Instance does not match any of (.*)\.$/s);
      return fault(values === "[]" ? "Must not be given." : `Must be one of ${values}.`);
    }
    case "format":
      return fault(`Does not match the ${found(/format "(.*)"\.$/s).join("")}.`);
    case "propertyNames":
      return fault("The schema does not allow this name.", ...found(/^Property name "(.*)" does not match schema\.$/s));
    case "anyOf":
      return fault("Does not fit any of the schemas in `anyOf`.");
    case "oneOf":
      return fault("Does not fit exactly one of the schemas in `oneOf`.");
    case "not":
      return fault("Must not fit the schema in `not`.");
    case "minProperties":
      return fault("Has too few fields.");
    case "maxProperties":
      return fault("Has too many fields.");
    default:
      return fault(error);
  }
}

/** The path of a value in the input, from a JSON Pointer in a fragment of a URI. */
function pathOf(location: string, input: unknown): (string | number)[] {
  let value = input;
  return namesOf(decodeURIComponent(location.slice(1))).map((name) => {
    const step = Array.isArray(value) ? Number(name) : name;
    value = typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
    return step;
  });
}
