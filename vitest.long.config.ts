import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** The proofs that take minutes: each has an npm script of its own. */
export default mergeConfig(config, {
  test: {
    include: ["test/**/*.long.ts"],
    exclude: ["**/node_modules/**"],
    silent: false,
    testTimeout: 20 * 60_000,
    hookTimeout: 20 * 60_000,
  },
});
