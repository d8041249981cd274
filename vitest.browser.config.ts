import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/support/node/longest-first.ts";

/** `npm run test:browser`: in Node, with a real Chromium and the local stack. */
export default defineConfig({
  test: {
    include: ["test/**/*.browser.test.ts"],
    globalSetup: "./test/support/node/shared.ts",
    execArgv: ["--require", "./scripts/local/quick-start.cjs"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is polled comes at once on a machine that does nothing else.
    expect: { poll: { timeout: 20_000 } },
    // Three stacks for two cores: they wait for a part of the time.
    maxWorkers: 3,
    sequence: {
      sequencer: longestFirst([
        "accessibility.browser.test.ts",
        "keyboard.browser.test.ts",
        "run-page.browser.test.ts",
        "craft.browser.test.ts",
        "beginning.browser.test.ts",
        "dashboard.browser.test.ts",
        "docs.browser.test.ts",
      ]),
    },
  },
});
