/** The types of the client, which are generated from the OpenAPI document of the service. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./folders.ts";

/** The path relative to the root. The file is committed, so that a clone can be compiled without starting the service. */
export const CLIENT_TYPES = "client/src/openapi.ts";

const HEADER = `/**
 * Made by \`npm run client:types\` from the OpenAPI document of the service. Do not edit: \`npm run check\` fails when the document
 * says something else.
 */
`;

/** Generates the module of types for an OpenAPI document, which is given as JSON. */
export function renderClientTypes(document: string): string {
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

/** Throws an error that says what to do, unless the committed types match the document. */
export function checkClientTypes(document: string): void {
  if (readFileSync(join(root, CLIENT_TYPES), "utf8") === renderClientTypes(document)) return;
  throw new Error(
    `${CLIENT_TYPES} is not of today's OpenAPI document. Run \`npm run client:types\`, and commit what it changes.`,
  );
}
