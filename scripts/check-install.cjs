/**
 * Runs before every npm script. When the packages are missing, or their install scripts have not run, it prints one sentence
 * instead of a stack trace; also on Windows itself, where neither our scripts nor these paths work. It is plain JavaScript
 * without imports of packages, since it must work on any Node and before `npm ci`.
 */
const { existsSync } = require("node:fs");
const { join } = require("node:path");

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

const text = complaint();
if (text !== undefined) {
  console.error(text);
  process.exitCode = 1;
}
