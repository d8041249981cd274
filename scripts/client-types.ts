/** `npm run client:types`: generates the types of the client, the schema of its file and those files of the Python package that are generated. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GENERATED } from "./local/client-types.ts";
import { root } from "./local/folders.ts";
import { readDocument } from "./local/read-document.ts";

const document = await readDocument(".local/check/client-types");
for (const [path, render] of GENERATED) writeFileSync(join(root, path), render(document));
console.log(`Made of today's OpenAPI document: ${GENERATED.map(([path]) => path).join(", ")}`);
