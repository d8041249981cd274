/**
 * The process that `command-host.ts` starts, which runs commands of the client one after another. It is JavaScript, because the oldest Node that
 * the client supports does not run TypeScript.
 */
import process from "node:process";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

const [, , main] = process.argv;
/** What the command of this moment has written. */
let written = { stdout: [], stderr: [] };
let count = 0;

for (const name of ["stdout", "stderr"]) {
  process[name].write = (chunk, encoding, done = encoding) => {
    written[name].push(typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
}

process.on("message", async ({ args, cwd, env, input }) => {
  written = { stdout: [], stderr: [] };
  process.chdir(cwd);
  process.argv = [process.execPath, main, ...args];
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  Object.defineProperty(process, "stdin", { value: Readable.from([Buffer.from(input)]), configurable: true });
  process.exitCode = undefined;
  // Node evaluates a module once for each URL. The count makes it run the main module again, while it keeps what that imports.
  await import(`${pathToFileURL(main)}?${count++}`);
  // Each command adds listeners, which usually end with its process. Here they would add up.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
  const text = (name) => Buffer.concat(written[name]).toString("utf8");
  process.send({ code: process.exitCode ?? 0, stdout: text("stdout"), stderr: text("stderr") });
});
