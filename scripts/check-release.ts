/**
 * Part of `npm run check`: the Worker of the recorded release can call today's SQL functions, and so can the tables. During a deployment,
 * and after a rollback, it does. The same for the Durable Objects: `test/hub/released-objects.test.ts`, which the compiler checks.
 */
import process from "node:process";
import { namesForPrevious, namesInTables, readRelease, readSignatures, signaturesThatStay } from "./local/release.ts";
import { findBreaks } from "./local/signatures.ts";

const release = readRelease();
const { version, functions } = release;
const called = signaturesThatStay(release);
const names = new Set(called.map(({ name }) => name));
const faults = [
  ...findBreaks(called, readSignatures(), namesInTables()),
  ...[...namesForPrevious()]
    .filter((name) => !names.has(name))
    .map(
      (name) =>
        `${name} is kept for the Worker of a previous release, and that of ${version} does not call it: delete it.`,
    ),
];

if (faults.length > 0) {
  console.error(
    `Release ${version} could not work with these SQL functions:\n${faults.join("\n")}\n` +
      "A function keeps what it can be called with, and gains only parameters with a default, at its end. One that is no longer " +
      "called goes to migrations/functions/previous/ for one release.",
  );
  process.exitCode = 1;
} else {
  console.log(
    `Release ${version} can call the ${called.length} of its ${functions.length} SQL functions that its Worker and the tables use.`,
  );
}
