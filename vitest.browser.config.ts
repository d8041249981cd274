import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/longest-first.ts";

/** `npm run test:browser`: in Node, with a real Chromium and the local stack. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.browser.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Two stacks for two cores.
    maxWorkers: 2,
    sequence: { sequencer: longestFirst(["accessibility.browser.ts", "keyboard.browser.ts", "dashboard.browser.ts"]) },
  },
});
