/** `npm run test:deep`: what takes minutes. Most of it runs in the same runtime as `npm test`. */
import { defineConfig } from "vitest/config";
import { longestFirst } from "./test/support/node/longest-first.ts";
import config from "./vitest.config.ts";

const noLimits = { exclude: [], testTimeout: 0, hookTimeout: 0 };

export default defineConfig({
  test: {
    silent: "passed-only",
    sequence: {
      // The first one measures delays. The four after it mostly wait, so it has the CPU to itself.
      sequencer: longestFirst([
        "exactness.deep.test.ts",
        "hub/idle-runners.deep.test.ts",
        "notify/slow-endpoints.deep.test.ts",
        "hub/with-objects.deep.test.ts",
        "hub/leases.deep.test.ts",
        "db/lock-order.deep.test.ts",
        "faults/every-operation.deep.test.ts",
        "sweep/backlog.deep.test.ts",
        "plans/plans.deep.test.ts",
        "fuzz/document.deep.test.ts",
        "access/access.deep.test.ts",
        "notify/feed-writers.deep.test.ts",
        "hub/faults.deep.test.ts",
        "hub/stream.deep.test.ts",
        "examples/runner.deep.test.ts",
        "db/swapped-functions.deep.test.ts",
        "races/suspensions.deep.test.ts",
        "races/clients.deep.test.ts",
        "races/children.deep.test.ts",
        "hub/many-streams.deep.test.ts",
        "plans/sessions-cost.deep.test.ts",
        "model/life-of-a-run.deep.test.ts",
        "sweep/faulty-sweep.deep.test.ts",
        "triggers/many.deep.test.ts",
        "scripts/doctor.deep.test.ts",
        "scripts/pause-sweep.deep.test.ts",
        "triggers/after-run-load.deep.test.ts",
        "db/oldest-postgres.deep.test.ts",
        "access/secrets.deep.test.ts",
        "kills/kill.node.test.ts",
        "kills/leases.node.test.ts",
        "kills/own-server.node.test.ts",
        "own-server/operations.node.test.ts",
        "release/swap.node.test.ts",
        "examples/lease-runners.node.test.ts",
        "release/hub.node.test.ts",
        "hub/stream-memory.node.test.ts",
        "release/cells.node.test.ts",
      ]),
    },
    projects: [
      {
        ...config,
        test: {
          ...config.test,
          ...noLimits,
          name: "deep",
          maxWorkers: 3,
          include: ["test/**/*.deep.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      // In Node, and after the others: it starts processes of its own, which need the machine.
      {
        test: {
          ...noLimits,
          name: "node",
          maxWorkers: 2,
          expect: { poll: { timeout: 20_000 } },
          include: ["test/**/*.node.test.ts"],
          globalSetup: "./test/support/node/choice.ts",
          execArgv: ["--require", "./scripts/local/quick-start.cjs"],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
