/**
 * What every npm script begins with: `node scripts/start.cjs doctor.ts` runs a script of this folder, and `node scripts/start.cjs vitest run`
 * a program of a package, each in this process and with the rest of the arguments.
 *
 * When the packages are missing, or their install scripts have not run, it prints one sentence instead of a stack trace; also on Windows
 * itself, where neither our scripts nor these paths work. It is plain JavaScript without imports of packages, since until then it must
 * work on any Node and before `npm ci`. Without arguments it does nothing else.
 */
const { existsSync, realpathSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const modules = join(__dirname, "../node_modules");

function complaint() {
  if (process.platform === "win32") return "This runs on Linux and macOS. On Windows, use it inside WSL.";
  if (!existsSync(join(modules, ".package-lock.json")))
    return "The packages are not installed yet. Run `npm ci` first.";
  // The package `node` has the Node that runs our TypeScript. Its install script puts the program here.
  if (!existsSync(join(modules, "node/bin/node")))
    return "The packages were installed without their install scripts. Run `npm ci` again, without --ignore-scripts.";
  return undefined;
}

function start(name) {
  require("./local/quick-start.cjs");
  const path = /\.[jt]s$/.test(name) ? join(__dirname, name) : realpathSync(join(modules, ".bin", name));
  process.argv.splice(1, 2, path);
  import(pathToFileURL(path).href);
}

const text = complaint();
if (text !== undefined) {
  console.error(text);
  process.exitCode = 1;
} else if (process.argv.length > 2) start(process.argv[2]);
