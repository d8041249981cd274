/** Runs before each test file. Files share a runtime, so each has to leave it as it found it. */
import { afterAll, vi } from "vitest";
import { emptyHubs } from "./hub/live-service.ts";

afterAll(async () => {
  await emptyHubs();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
