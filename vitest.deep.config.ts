/** `npm run test:deep`: what takes minutes. All of it is in `test/deep`, most of it in the same runtime as `npm test`. */
import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/longest-first.ts";
import config from "./vitest.config.ts";

const noLimits = { exclude: [], testTimeout: 0, hookTimeout: 0 };

export default defineConfig({
  test: {
    silent: "passed-only",
    sequence: {
      // The first one measures delays, so nothing that takes much of the CPU runs beside it.
      sequencer: longestFirst([
        "exactness.test.ts",
        "hub/idle-runners.test.ts",
        "notify/slow-endpoints.test.ts",
        "deep/clients.test.ts",
        "deep/life-of-a-run.test.ts",
        "notify/feed-writers.test.ts",
        "backlog.test.ts",
        "deep/faults.test.ts",
      ]),
    },
    projects: [
      {
        ...config,
        test: {
          ...config.test,
          ...noLimits,
          name: "deep",
          include: ["test/deep/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      // In Node, and after the others: it needs the machine for itself.
      { test: { ...noLimits, name: "node", include: ["test/deep/**/*.node.ts"], sequence: { groupOrder: 1 } } },
    ],
  },
});
