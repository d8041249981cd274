import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { spreadOut } from "./test/support/node/spread-out.ts";

export default defineConfig({
  plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare: { r2Buckets: ["ARTIFACTS"] } })],
  test: {
    include: ["test/**/*.test.ts", "client/test/**/*.test.ts"],
    // What takes minutes, and what runs in Node: see the other configurations. `test/tools` has libraries once the stack's tests have run.
    exclude: ["test/**/*.{deep,node,stack,browser}.test.ts", "**/node_modules/**"],
    globalSetup: "./test/global-setup.ts",
    setupFiles: "./test/setup.ts",
    // To start a runtime for each file and load all anew in it would take longer than most of the files do.
    isolate: false,
    // Four runtimes for two cores, since many tests wait for a timer or for the database.
    maxWorkers: 4,
    sequence: {
      sequencer: spreadOut(["hub/stream.test.ts", "hub/leases.test.ts", "hub/wait.test.ts", "hub/alarm.test.ts"]),
    },
    // Many concurrent tests wait for a time limit.
    maxConcurrency: 10,
    // A passing test's request logs are noise; a failing one's are evidence.
    silent: "passed-only",
    // Otherwise a style sheet is empty, also as text.
    css: { include: /\.css\?raw$/ },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is polled comes at once on a machine that does nothing else.
    expect: { poll: { timeout: 20_000 } },
  },
});
