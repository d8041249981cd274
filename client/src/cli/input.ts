import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { InvalidArgumentError, Option } from "commander";
import type { Input } from "../types.ts";
import { CliError, EXIT } from "./exit.ts";
import { parseJson } from "./json.ts";

/** Reads JSON that was given with a flag: as text, as `@file`, or as `@-` for stdin. */
export async function readJson(given: string, flag: string): Promise<unknown> {
  try {
    return parseJson(await readText(given));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `${flag} cannot be read as JSON: ${error instanceof Error ? error.message : error}`,
      EXIT.invalid,
    );
  }
}

/** The same for a JSON object. */
export async function readInput(given: string, flag = "--input"): Promise<Input> {
  const value = await readJson(given, flag);
  if (isObject(value)) return value;
  throw new CliError(`${flag} must be a JSON object, such as '{"quarter": "2026-Q1"}' or @input.json.`, EXIT.invalid);
}

const isObject = (value: unknown): value is Input =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads the value of a flag: `@file` means the content of that file, `@-` what comes on stdin, and anything else is the text itself. */
export async function readText(given: string): Promise<string> {
  if (!given.startsWith("@")) return given;
  if (given === "@-") return text(process.stdin);
  try {
    return readFileSync(given.slice(1), "utf8");
  } catch (error) {
    throw new CliError(
      `${given.slice(1)} cannot be read: ${error instanceof Error ? error.message : error}`,
      EXIT.invalid,
    );
  }
}

/**
 * Sets the environment variables of a file with a line `NAME=value` for each. They take precedence over those that are set.
 * @throws CliError when the file cannot be read
 */
export function loadVariables(file: string): void {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, EXIT.invalid);
  }
  for (const [, name = "", value = ""] of text.matchAll(/^([A-Z_]+)=(.*)$/gm)) process.env[name] = value.trim();
}

/** Asks a question on the terminal. With `isSecret`, the answer is not shown while it is typed. */
export async function ask(question: string, isSecret = false): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = isSecret ? hidden : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  // Only now, since from here on the terminal no longer echoes what is typed.
  if (isSecret) process.stderr.write(question);
  // Ctrl-D closes the interface, and Ctrl-C rejects the question.
  const given = new Promise<string>((resolve, reject) => {
    lines.once("close", () => reject(new Error("closed")));
    lines.question(isSecret ? "" : question).then(resolve, reject);
  });
  try {
    return (await given).trim();
  } catch {
    throw new CliError("Nothing was written.");
  } finally {
    lines.close();
    if (isSecret) process.stderr.write("\n");
  }
}

/** Asks a yes-or-no question on the terminal. Any answer but `y` and `yes` means no. */
export const confirm = async (question: string): Promise<boolean> => /^y(es)?$/i.test(await ask(`${question} [y/N] `));

/** Parses a flag as a whole number within bounds. */
export const integer =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** How urgent each run of a command is. */
export const priorityOption = () =>
  new Option(
    "--priority <n>",
    "of the runs that wait, those with 9 start first, and those with 0, the default, last",
  ).argParser(integer(0, 9));

/** Parses a flag with a whole number, which may be given several times, into the list of all its numbers. */
export const severalIntegers =
  (min: number, max: number) =>
  (value: string, before: number[] = []): number[] => [...before, integer(min, max)(value)];

/** Parses a flag whose value is among these words, in any case. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (value: string): Word => {
    const word = words.find((one) => one.toUpperCase() === value.toUpperCase());
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(", ")}.`);
    return word;
  };

/** The same for a flag that may be repeated. */
export const severalOf =
  <Word extends string>(words: readonly Word[]) =>
  (value: string, before: Word[] = []): Word[] => [...before, oneOf(words)(value)];

/** Parses a flag that may be repeated: appends the value to those before it. */
export const several = (value: string, before: string[] = []): string[] => [...before, value];

/** Parses a flag with tags that are separated by commas, such as `gpu,eu`. */
export const tagsIn = (text: string): string[] => text.split(",").filter((tag) => tag !== "");

function readLabel(text: string): { key: string; value: string } {
  const [, key, value] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { key, value };
  throw new InvalidArgumentError("Write key:value, such as customer:4711.");
}

/** Parses a flag that may be repeated: appends a label to those before it, to filter by all of them. */
export const severalLabels = (text: string, before: string[] = []): string[] => {
  readLabel(text);
  return [...before, text];
};

/** Parses a flag that may be repeated: adds a label, such as `customer:4711`, to those before it. */
export function labelAfter(text: string, before: Record<string, string> = {}): Record<string, string> {
  const { key, value } = readLabel(text);
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`A run has one label with the key ${key}.`);
  return { ...before, [key]: value };
}
