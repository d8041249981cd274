import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/support/node/longest-first.ts";

/** `npm run test:stack`: in Node, against local stacks. */
export default defineConfig({
  test: {
    include: ["test/**/*.stack.test.ts"],
    globalSetup: "./test/support/node/shared.ts",
    execArgv: ["--require", "./scripts/local/quick-start.cjs"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is polled is often a command, which takes a part of a second.
    expect: { poll: { timeout: 20_000 } },
    // Three stacks for two cores: they mostly wait.
    maxWorkers: 3,
    sequence: {
      sequencer: longestFirst([
        "readme.stack.test.ts",
        "command-line-run.stack.test.ts",
        "command-line-changes.stack.test.ts",
        "command-line.stack.test.ts",
        "scripts.stack.test.ts",
        "local-stack.stack.test.ts",
        "smoke.stack.test.ts",
      ]),
    },
  },
});
