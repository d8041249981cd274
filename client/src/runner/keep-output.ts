import type { WorkContext, WorkResult } from "./types.ts";

/** The service keeps no larger output: docs/runner-protocol.md. */
const MAX_OUTPUT_BYTES = 64 * 1024;
const MAX_SUMMARY = 2_000;

/** The service refuses a body of more than 32 levels. The body itself is one of them, so an input or an output may have 31. */
const MAX_DEPTH = 31;
export const TOO_DEEP = `it is nested more than ${MAX_DEPTH} levels deep`;

const TEXT_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs;

/** A zero byte or half a surrogate pair, as JSON writes it. Where a text itself has `\u`, JSON writes two backslashes. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(0000|d[89a-f])/;

/** An output of which it is known that it cannot be kept as it is, and why. It becomes a file of the run. */
export class FileOutput {
  readonly json: string;
  readonly why: string;

  constructor(json: string, why: string) {
    this.json = json;
    this.why = why;
  }
}

/**
 * Stores an output that the service would change or refuse as the file `output.json`, or as `output-1.json` and so on when that name is one
 * of `taken`. The log and the summary say so.
 * @throws Error when the service refuses the file
 */
export async function keepOutput(
  result: WorkResult,
  context: WorkContext,
  taken: ReadonlySet<string>,
): Promise<WorkResult> {
  const { output, ...rest } = result;
  if (output === undefined) return result;
  if (output instanceof FileOutput) return storeOutput(output, freeName(taken), rest, context);
  const json = JSON.stringify(output) ?? "null";
  const why = whyRefused(json);
  return why === null ? result : storeOutput(new FileOutput(json, why), freeName(taken), rest, context);
}

function freeName(taken: ReadonlySet<string>): string {
  let name = "output.json";
  for (let number = 1; taken.has(name); number++) name = `output-${number}.json`;
  return name;
}

function whyRefused(json: string): string | null {
  const bytes = new TextEncoder().encode(json).length;
  if (bytes > MAX_OUTPUT_BYTES) return `it has ${bytes} bytes, and the output of a run at most ${MAX_OUTPUT_BYTES}`;
  if (isTooDeep(json)) return TOO_DEEP;
  const [, unstorable] = UNSTORABLE.exec(json) ?? [];
  return unstorable === undefined
    ? null
    : `a text in it has ${unstorable === "0000" ? "a zero byte" : "half a surrogate pair"}`;
}

/** True for JSON that is nested more deeply than the service takes. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  for (const [found] of json.matchAll(TEXT_OR_BRACKET)) {
    if (found === "{" || found === "[") depth += 1;
    if (found === "}" || found === "]") depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Stores an output as a file of this name, and adds that to the log and the summary. */
async function storeOutput(
  { json, why }: FileOutput,
  name: string,
  result: WorkResult,
  { artifact, log }: Pick<WorkContext, "artifact" | "log">,
): Promise<WorkResult> {
  await artifact(name, json);
  const told = `The output is the file ${name}: ${why}.`;
  log(`${told}\n`);
  const summary = [result.summary ?? "", told].filter((text) => text !== "").join("\n");
  return { ...result, summary: [...summary].slice(-MAX_SUMMARY).join("") };
}
