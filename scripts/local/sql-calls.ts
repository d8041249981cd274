/** Which SQL function calls which, and what is wrong with that. */
import { signatureOfFunction } from "./signatures.ts";

export type SqlFile = { file: string; statements: readonly string[] };

type Call = { from: string; caller: string; to: string; callee: string };

/**
 * What is wrong with the calls between files, a sentence for each, with the path:
 * - a call against the order of rooms. `placeOf` says the place of a file in it. A call goes to the same place or to one before;
 * - a circle of files. The files in `allowed` may be in a circle with each other. One of them that is in none is a fault, too.
 */
export function findFaultsOfCalls(
  files: readonly SqlFile[],
  placeOf: (file: string) => number,
  allowed: readonly string[] = [],
): string[] {
  const calls = callsBetween(files);
  const inCircle = new Set(files.map(({ file }) => file).filter((file) => pathFrom(calls, file) !== undefined));
  const ofAllowed = calls.filter(({ from, to }) => allowed.includes(from) && allowed.includes(to));
  return [
    ...calls
      .filter(({ from, to }) => placeOf(from) < placeOf(to))
      .map((call) => `Against the order of rooms: ${describe([call])}.`),
    ...[...inCircle]
      .filter((file) => !allowed.includes(file))
      .map((file) => `A circle: ${describe(pathFrom(calls, file) ?? [])}.`),
    ...allowed
      .filter((file) => pathFrom(ofAllowed, file) === undefined)
      .map((file) => `${file} is in no circle any more: take it out of the list of those that may be.`),
  ];
}

/** The calls of functions of other files: of each pair of files, the first one. */
function callsBetween(files: readonly SqlFile[]): Call[] {
  const functions = files.flatMap(({ file, statements }) =>
    statements.map((statement) => ({ file, statement, name: signatureOfFunction(statement).name })),
  );
  const fileOf = new Map(functions.map(({ file, name }) => [name, file]));
  const calls = new Map<string, Call>();
  for (const { file: from, statement, name: caller } of functions) {
    for (const [, callee = ""] of statement.replaceAll(/--.*$/gm, "").matchAll(/\bpublic\.(\w+)\s*\(/g)) {
      const to = fileOf.get(callee);
      if (to === undefined || to === from || calls.has(`${from} ${to}`)) continue;
      calls.set(`${from} ${to}`, { from, caller, to, callee });
    }
  }
  return [...calls.values()];
}

/** The shortest path of calls from a file back to itself, if there is one. */
function pathFrom(calls: readonly Call[], start: string): Call[] | undefined {
  const seen = new Set<string>();
  let paths: Call[][] = [[]];
  while (paths.length > 0) {
    const longer: Call[][] = [];
    for (const path of paths) {
      for (const call of calls) {
        if (call.from !== (path.at(-1)?.to ?? start) || seen.has(call.to)) continue;
        if (call.to === start) return [...path, call];
        seen.add(call.to);
        longer.push([...path, call]);
      }
    }
    paths = longer;
  }
  return undefined;
}

/** As text: `a.sql (one) → b.sql (two)`: `one` in the first file calls `two` in the second one. */
const describe = (path: readonly Call[]) =>
  path.map(({ from, caller, to, callee }) => `${from} (${caller}) → ${to} (${callee})`).join(", ");
