/**
 * Runs commands of the client one after another in this process: see `command-host.ts`, which starts it. It is JavaScript, so that it runs on
 * the oldest Node that the client supports.
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
  // Another query, so that the module of the command line is evaluated anew. The modules that it imports are kept.
  await import(`${pathToFileURL(main)}?${count++}`);
  // A process of its own would end with what it listens to.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
  const text = (name) => Buffer.concat(written[name]).toString("utf8");
  process.send({ code: process.exitCode ?? 0, stdout: text("stdout"), stderr: text("stderr") });
});
