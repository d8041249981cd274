/** Code for a request, to copy: curl for a shell, TypeScript for Node 20 and browsers, and Python 3 with its standard library. */
import type { Operation } from "./examples.ts";

export const LANGUAGES = ["curl", "TypeScript", "Python"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The name of each language on a block of Markdown. */
export const MARKDOWN_NAMES = { curl: "sh", TypeScript: "ts", Python: "python" } as const satisfies Record<
  Language,
  string
>;

/** The code that must come once before the snippets of {@link snippetOf}. `origin` is the URL of this service. */
export function setupOf(language: Language, origin: string): string {
  switch (language) {
    case "curl":
      return `export WORKFLOW_RUNS_URL=${origin}\nexport WORKFLOW_RUNS_API_KEY='wr_…'`;
    case "TypeScript":
      return `const URL = "${origin}";
const KEY = "wr_…"; // your API key

async function call(method: string, path: string, body?: unknown, token = KEY) {
  const headers: Record<string, string> = { Authorization: \`Bearer \${token}\` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(URL + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(\`\${response.status} \${text}\`);
  return text === "" ? null : JSON.parse(text);
}

const show = (answer: unknown) => console.log(JSON.stringify(answer, null, 2));`;
    case "Python":
      return `import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = "${origin}"
KEY = "wr_…"  # your API key

def send(method, path, body=None, token=KEY):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        return urlopen(Request(URL + path, data, headers, method=method))
    except HTTPError as error:
        # The detail of the answer says what to do.
        raise SystemExit(f"{error.code} {error.read().decode()}")

def call(method, path, body=None, token=KEY):
    with send(method, path, body, token) as response:
        return json.loads(response.read() or "null")

def show(answer):
    print(json.dumps(answer, indent=2))`;
  }
}

/** The names of the credentials in the snippets. {@link setupOf} defines the first one, for a shell as the command line reads it. */
const TOKENS = {
  key: "WORKFLOW_RUNS_API_KEY",
  "run token": "RUN_TOKEN",
  "runner session": "RUNNER_TOKEN",
  code: "CODE",
  none: null,
} as const satisfies Record<Operation["credential"], string | null>;

/** The code for a request, which prints its answer. It uses the names that {@link setupOf} defines, and those of {@link TOKENS}. */
export function snippetOf(language: Language, operation: Operation): string {
  switch (language) {
    case "curl":
      return inCurl(operation);
    case "TypeScript":
      return operation.isStream
        ? streamInTypeScript(operation)
        : `show(await ${callOf(operation, toTypeScript, "undefined")});`;
    case "Python":
      return operation.isStream ? streamInPython(operation) : `show(${callOf(operation, toPython, "None")})`;
  }
}

function inCurl({ method, examplePath, body, credential, isStream }: Operation): string {
  const flags = [...(isStream ? ["-N"] : []), ...(method === "GET" ? [] : [`-X ${method}`])];
  const lines = [["curl", ...flags, `"$WORKFLOW_RUNS_URL${examplePath}"`].join(" ")];
  if (TOKENS[credential] !== null) lines.push(`-H "Authorization: Bearer $${TOKENS[credential]}"`);
  if (body !== undefined) {
    lines.push(`-H "Content-Type: application/json"`, `-d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`);
  }
  return lines.join(" \\\n  ");
}

function callOf({ method, examplePath, body, credential }: Operation, write: (value: unknown) => string, none: string) {
  const args = [JSON.stringify(method), JSON.stringify(examplePath)];
  const token = credential === "key" ? null : TOKENS[credential];
  if (body !== undefined || token !== null) args.push(body === undefined ? none : write(body));
  if (token !== null) args.push(token);
  return `call(${args.join(", ")})`;
}

const toTypeScript = (value: unknown) => JSON.stringify(value, null, 2);

/** Formats JSON as a Python literal. */
function toPython(value: unknown, indent = ""): string {
  const deeper = `${indent}    `;
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map((item) => toPython(item, indent)).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, field]) => `${deeper}${JSON.stringify(name)}: ${toPython(field, deeper)},`,
  );
  return fields.length === 0 ? "{}" : ["{", ...fields, `${indent}}`].join("\n");
}

const streamInTypeScript = ({ examplePath }: Operation) => `const stream = await fetch(URL + "${examplePath}", {
  headers: { Authorization: \`Bearer \${KEY}\` },
});
for await (const text of stream.body!.pipeThrough(new TextDecoderStream())) console.log(text);`;

const streamInPython = ({ examplePath }: Operation) =>
  `with send("GET", "${examplePath}") as stream:
    for line in stream:
        print(line.decode(), end="")`;
