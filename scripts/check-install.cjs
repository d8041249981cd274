/**
 * Runs before every npm script. It ends with one sentence when the packages are missing, or lack what their install
 * scripts fetch, so that nobody has to guess that from a stack trace. Plain JavaScript without imports of packages: it must
 * work on any Node, and before `npm ci`.
 */
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const modules = join(__dirname, "../node_modules");

function complaint() {
  if (!existsSync(join(modules, ".package-lock.json")))
    return "The packages are not installed yet. Run `npm ci` first.";
  // The package `node` brings the Node that runs our TypeScript; its install script puts the program here.
  if (!existsSync(join(modules, "node/bin/node")))
    return "The packages were installed without their install scripts. Run `npm ci` again, without --ignore-scripts.";
  return undefined;
}

const text = complaint();
if (text !== undefined) {
  console.error(text);
  process.exitCode = 1;
}
