/** Which SQL function calls which, and what is wrong with that. */
import { signatureOfFunction } from "./signatures.ts";

export type SqlFile = { file: string; statements: readonly string[] };

type Call = { from: string; caller: string; to: string; callee: string };

/**
 * What is wrong with the calls between files, a sentence for each, with the path:
 * - a call against the order of rooms. `placeOf` says the place of a file in it. A call goes to the same place or to one before;
 * - a circle of files.
 */
export function findFaultsOfCalls(files: readonly SqlFile[], placeOf: (file: string) => number): string[] {
  const calls = callsBetween(files);
  const circles = files.map(({ file }) => pathFrom(calls, file)).filter((path) => path !== undefined);
  return [
    ...calls
      .filter(({ from, to }) => placeOf(from) < placeOf(to))
      .map((call) => `Against the order of rooms: ${describe([call])}.`),
    ...circles.map((path) => `A circle: ${describe(path)}.`),
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
