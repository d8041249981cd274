/**
 * `npm run record-release`: records this source as the release of the version in package.json, in `test/support/releases/`. From then on,
 * `npm run check` and the tests compare with it. It is done once, as the last commit of a release: see migrations/README.md.
 */
import { parseArgs } from "node:util";
import service from "../package.json" with { type: "json" };
import { fail, offerHelp } from "./local/options.ts";
import { recordRelease } from "./local/release.ts";

offerHelp(`Records this source as a release: what its SQL functions and its objects can be called with, and the built Worker.

  npm run record-release`);
try {
  parseArgs({ options: {} });
  const { functions, kib, gzipKib } = recordRelease(service.version);
  console.log(
    `Recorded release ${service.version}: ${functions} functions, the objects, and a Worker of ${Math.round(kib)} KiB ` +
      `(${Math.round(gzipKib)} KiB gzip).`,
  );
} catch (error) {
  fail(error);
}
