/** The signatures of SQL functions as text, and what a later version may change of them. */

/** As text: `name(p_one type, p_two type default …) returns result`. */
export type Signature = { name: string; parameters: string[]; result: string };

/** Splits parameters at their commas, except those within brackets and quotes, such as in `numeric(10, 2)` and in `'a, b'`. */
const splitParameters = (text: string): string[] =>
  (text.match(/(?:[^,('"]|\([^)]*\)|'[^']*'|"[^"]*")+/g) ?? []).map((parameter) => parameter.trim());

const squeeze = (text: string) => text.replaceAll(/\s+/g, " ").trim();

const SQL_FUNCTION = /^create or replace function public\.(\w+)\s*\(([\s\S]*?)\)\s*returns\s+([\s\S]+?)\s+language\s/m;

/** The signature of the function that a statement creates. */
export function signatureOfFunction(statement: string): Signature {
  const [, name, parameters = "", result = ""] = SQL_FUNCTION.exec(statement.replaceAll(/--.*$/gm, "")) ?? [];
  if (name === undefined) throw new Error(`This does not create a function:\n${statement.slice(0, 200)}`);
  return { name, parameters: splitParameters(squeeze(parameters)), result: squeeze(result) };
}

export const formatSignature = ({ name, parameters, result }: Signature): string =>
  `${name}(${parameters.join(", ")}) returns ${result}`;

/** Reads what `formatSignature` has written, one signature a line. */
export const parseSignatures = (text: string): Signature[] =>
  text.split("\n").flatMap((line) => {
    const [, name, parameters = "", result = ""] = /^(\w+)\((.*?)\) returns (.+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, parameters: splitParameters(parameters), result }];
  });

/**
 * What would break a caller of the recorded signatures: a sentence for each. A signature may gain parameters that may be left out, at its
 * end, and a table may gain columns, at its end. Those in `fixed` may not change at all.
 */
export function findBreaks(
  recorded: readonly Signature[],
  current: readonly Signature[],
  fixed: ReadonlySet<string> = new Set(),
): string[] {
  return recorded.flatMap((before) => {
    const [now, ...others] = current.filter(({ name }) => name === before.name);
    const fault = now === undefined ? "is gone" : faultOf(before, now, fixed.has(before.name));
    if (others.length > 0) return [`${before.name} is there ${others.length + 1} times, so a call may be ambiguous.`];
    if (fault === null) return [];
    return [
      `${before.name} ${fault}.\n  recorded: ${formatSignature(before)}${now ? `\n  now:      ${formatSignature(now)}` : ""}`,
    ];
  });
}

function faultOf(before: Signature, now: Signature, isFixed: boolean): string | null {
  if (isFixed && formatSignature(before) !== formatSignature(now))
    return "is used by a table, so it keeps its signature";
  const broken = before.parameters.findIndex((parameter, index) => !isSameParameter(parameter, now.parameters[index]));
  if (broken >= 0) return `cannot be called with the parameter \`${before.parameters[broken]}\` in its place`;
  const added = now.parameters.slice(before.parameters.length).find((parameter) => !isOptional(parameter));
  if (added !== undefined) return `has the new parameter \`${added}\`, which has no default`;
  return isSameResult(before.result, now.result) ? null : "has another result";
}

const DEFAULT = / default .*$/;
const isOptional = (parameter: string) => DEFAULT.test(parameter);

const isSameParameter = (before: string, now = "") =>
  before.replace(DEFAULT, "") === now.replace(DEFAULT, "") && (!isOptional(before) || isOptional(now));

const isSameResult = (before: string, now: string) =>
  before === now || (before.startsWith("table (") && now.startsWith(`${before.slice(0, -1).trimEnd()}, `));
