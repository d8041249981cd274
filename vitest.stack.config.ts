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
    // Four stacks for two cores: they wait for a part of the time.
    maxWorkers: 4,
    sequence: {
      sequencer: longestFirst([
        "python.stack.test.ts",
        "smoke.stack.test.ts",
        "command-line-run.stack.test.ts",
        "own-server/debian.stack.test.ts",
        "readme.stack.test.ts",
        "command-line-changes.stack.test.ts",
        "local-stack.stack.test.ts",
        "command-line.stack.test.ts",
        "verify.stack.test.ts",
        "client.stack.test.ts",
        "migrate.stack.test.ts",
        "document.stack.test.ts",
        "own-server/upkeep.stack.test.ts",
        "own-server.stack.test.ts",
      ]),
    },
  },
});
