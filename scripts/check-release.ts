/**
 * Part of `npm run check`: the Worker and the functions of the recorded release can call today's SQL functions. During a deployment, and
 * after a rollback, they do. The same for the Durable Objects: `test/hub/released-objects.test.ts`, which the compiler checks.
 */
import process from "node:process";
import { namesForPrevious, namesInTables, readRelease, readSignatures } from "./local/release.ts";
import { findBreaks } from "./local/signatures.ts";

const { version, functions } = readRelease();
const recorded = new Set(functions.map(({ name }) => name));
const faults = [
  ...findBreaks(functions, readSignatures(), namesInTables()),
  ...[...namesForPrevious()]
    .filter((name) => !recorded.has(name))
    .map((name) => `${name} is kept for a Worker that is older than release ${version}: delete it.`),
];

if (faults.length > 0) {
  console.error(
    `Release ${version} could not work with these SQL functions:\n${faults.join("\n")}\n` +
      "A function keeps what it can be called with, and gains only parameters with a default, at its end. One that is no longer " +
      "called goes to migrations/functions/previous/ for one release.",
  );
  process.exitCode = 1;
} else {
  console.log(`Release ${version} can call the ${functions.length} SQL functions that it knows.`);
}
