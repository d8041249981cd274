import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/support/node/longest-first.ts";

/** `npm run test:browser`: in Node, with a real Chromium and the local stack. */
export default defineConfig({
  test: {
    include: ["test/**/*.browser.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Two stacks for two cores.
    maxWorkers: 2,
    sequence: {
      sequencer: longestFirst([
        "accessibility.browser.test.ts",
        "keyboard.browser.test.ts",
        "dashboard.browser.test.ts",
      ]),
    },
  },
});
