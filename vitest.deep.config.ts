/** `npm run test:deep`: what takes minutes. All of it is in `test/deep`, most of it in the same runtime as `npm test`. */
import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

const noLimits = { exclude: [], testTimeout: 0, hookTimeout: 0 };

export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      {
        ...config,
        test: {
          ...config.test,
          ...noLimits,
          name: "deep",
          // Three runtimes for two cores, since some of these tests wait for a minute and more.
          maxWorkers: 3,
          include: ["test/deep/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      // In Node, and after the others: it needs the machine for itself.
      { test: { ...noLimits, name: "node", include: ["test/deep/**/*.node.ts"], sequence: { groupOrder: 1 } } },
    ],
  },
});
