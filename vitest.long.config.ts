/** The tests that take minutes, each under an npm script of its own: see CONTRIBUTING.md. */
import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

export default defineConfig({
  ...config,
  test: { ...config.test, include: ["test/**/*.long.ts"], silent: false, testTimeout: 0, hookTimeout: 20 * 60_000 },
});
