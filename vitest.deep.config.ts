/** `npm run test:deep`: what takes minutes. Everything of it is in `test/deep`. */
import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

export default defineConfig({
  ...config,
  test: { ...config.test, include: ["test/deep/**/*.test.ts"], exclude: [], testTimeout: 0, hookTimeout: 0 },
});
