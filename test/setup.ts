/** Runs before each test file. Files share a runtime, so each has to leave it as it found it. */
import { afterAll, vi } from "vitest";
import { telling } from "../src/http/middleware/note-use.ts";
import { endDatabases } from "./support/database.ts";
import { emptyHubs } from "./support/live-service.ts";

const realSetTimeout = globalThis.setTimeout;

// Once an hour, an isolate asks the database after an answer. Tests count its requests, so it has just done that.
telling.at = performance.now();

afterAll(async () => {
  await emptyHubs();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  await endDatabases();
  // With a fake one left behind, whatever waits for a timer in the next file would wait for ever.
  if (globalThis.setTimeout !== realSetTimeout) {
    globalThis.setTimeout = realSetTimeout;
    throw new Error("This file has left a fake `setTimeout` behind: end the spies on it before `vi.useRealTimers()`.");
  }
});
