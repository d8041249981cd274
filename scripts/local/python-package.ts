/** The generated files of the Python package. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./folders.ts";
import { renderPythonTypes } from "./python-types.ts";

const PACKAGE = "python/src/workflow_runs";

/** What the client without asyncio has in place of these words. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  // In the order of the alphabet.
  [/AsyncGenerator, Callable/g, "Callable, Generator"],
  [/AsyncGenerator\[(.*), None\]/g, "Generator[$1, None, None]"],
  [/\basync (def|for|with) /g, "$1 "],
  [/\bawait /g, ""],
  [/\bAsync(?=[A-Z])/g, ""],
  [/httpx\.AsyncBaseTransport/g, "httpx.BaseTransport"],
  [/\basyncio\.sleep\b/g, "time.sleep"],
  [/__a(enter|exit)__/g, "__$1__"],
  [/\ba(close|read|iter_text|iter_bytes)\b/g, "$1"],
];

function toSync(source: string): string {
  const [docstring = "", ...rest] = source.split("\n\n");
  const text = TOKENS.reduce(
    (changed, [pattern, replacement]) => changed.replace(pattern, replacement),
    rest.join("\n\n"),
  );
  // `time` stands after `asyncio` in the alphabet, and is imported already where both are used.
  const imports = text.includes("import time\n") ? "" : "import time\n";
  return `# Made of _async by \`npm run client:types\`. Do not edit.\n${docstring}\n\n${text.replace("import asyncio\n", imports)}`;
}

const renderVersion = (): string => {
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return `# Made of package.json by \`npm run client:types\`. Do not edit.\n__version__ = "${version}"\nUSER_AGENT = f"workflow-runs-python/{__version__}"\n`;
};

const MODULES = ["__init__", "base", "client", "connection", "streams", "triggers"];

export const PYTHON_FILES: readonly (readonly [path: string, render: (document: string) => string])[] = [
  [`${PACKAGE}/types.py`, renderPythonTypes],
  [`${PACKAGE}/_version.py`, renderVersion],
  ...MODULES.map((name): [string, () => string] => [
    `${PACKAGE}/_sync/${name}.py`,
    () => toSync(readFileSync(join(root, PACKAGE, `_async/${name}.py`), "utf8")),
  ]),
];
