/**
 * Starts a script of this folder, when the packages are installed: `node scripts/start.cjs doctor.ts`. The script gets the rest of the
 * arguments. Without it, `node scripts/doctor.ts` does the same, but starts more than a second later: see `local/quick-start.cjs`.
 */
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

require("./check-install.cjs");

if (!process.exitCode) {
  require("./local/quick-start.cjs");
  const path = join(__dirname, process.argv[2]);
  process.argv.splice(1, 2, path);
  import(pathToFileURL(path).href);
}
