/** The generated files of the client, and of the Python package: most of them from the OpenAPI document of the service. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./folders.ts";
import { PYTHON_FILES } from "./python-package.ts";
import { renderWorkflowsSchema, WORKFLOWS_SCHEMA } from "./workflows-schema.ts";

/** The path relative to the root. The file is committed, so that a clone can be compiled without starting the service. */
const CLIENT_TYPES = "client/src/openapi.ts";

const HEADER = `/**
 * Made by \`npm run client:types\` from the OpenAPI document of the service. Do not edit: \`npm run check\` fails when the document
 * says something else.
 */
`;

/** Generates the module of types for an OpenAPI document, which is given as JSON. */
function renderClientTypes(document: string): string {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-types-"));
  try {
    const [input, output] = [join(folder, "openapi.json"), join(folder, "openapi.ts")];
    writeFileSync(input, document);
    const program = join(root, "client/node_modules/openapi-typescript/bin/cli.js");
    // A field with a default is optional in a request.
    const flags = ["--output", output, "--default-non-nullable=false"];
    execFileSync(process.execPath, [program, input, ...flags], { cwd: root, stdio: "pipe" });
    const types = readFileSync(output, "utf8").replace(/^\/\*\*.*?\*\/\n/s, "");
    return HEADER + types;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The paths of the generated files, relative to the root, each with the function that makes its content from the document. */
export const GENERATED: readonly (readonly [path: string, render: (document: string) => string])[] = [
  [CLIENT_TYPES, renderClientTypes],
  [WORKFLOWS_SCHEMA, renderWorkflowsSchema],
  ...PYTHON_FILES,
];

/** Throws an error that says what to do, unless the committed files match the document. */
export function checkClientTypes(document: string): void {
  for (const [path, render] of GENERATED) {
    if (readFileSync(join(root, path), "utf8") === render(document)) continue;
    throw new Error(
      `${path} is not what it is made of says today. Run \`npm run client:types\`, and commit what it changes.`,
    );
  }
}
