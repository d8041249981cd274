/** `node meta-schema.mjs FILE`: prints where an OpenAPI 3.1 document differs from the schema that the OpenAPI Initiative has published. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { validate } from "@hyperjump/json-schema/openapi-3-1";

const [file = ""] = process.argv.slice(2);
const document = JSON.parse(readFileSync(file, "utf8"));
// It also judges the schemas in the document, by the dialect of OpenAPI 3.1.
const { valid, errors = [] } = await validate("https://spec.openapis.org/oas/3.1/schema-base", document, "BASIC");
for (const error of errors) console.log(`${error.instanceLocation}: ${error.absoluteKeywordLocation}`);
if (!valid) process.exitCode = 1;
