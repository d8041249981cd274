/** Runs before each test file. Files share a runtime, so each has to leave it as it found it. */
import { setTimeout as plainSetTimeout } from "node:timers";
import { afterAll, afterEach, vi } from "vitest";
import { telling } from "../src/http/middleware/note-use.ts";
import { endDatabases } from "./support/database.ts";
import { emptyHubs } from "./support/live-service.ts";
import { endServices } from "./support/service.ts";

/** So many lines of the service's log are shown of a test that failed, and of those before it. */
const KEPT_LINES = 100;

const { setTimeout: givenSetTimeout } = globalThis;
const { info, error } = console;
const lines: string[] = [];

// The plugin looks up which file calls setTimeout, but needs to know only for calls without a delay. The look-up takes much of the CPU.
const ourSetTimeout = (...given: [callback: () => void, delay?: number]) =>
  given[1] ? plainSetTimeout(...given) : givenSetTimeout(...given);
Object.assign(globalThis, { setTimeout: ourSetTimeout });

// The log of a passing test is noise, and vitest would send each line to its main process. The log of a failing one is evidence.
const keep = (line: string): void => {
  lines.push(line);
  if (lines.length > KEPT_LINES) lines.shift();
};
Object.assign(console, { info: keep, error: keep });

// Once an hour, an isolate asks the database after an answer. Tests count its requests, so it has just done that.
telling.at = performance.now();
// The credentials of the files before this one would leave no room for those of its tests.
for (const seen of Object.values(telling.seen)) seen.clear();

const showOfFailed = ({ result }: { result?: { state: string } | undefined }): void => {
  if (result?.state === "fail" && lines.length > 0) info(lines.splice(0).join("\n"));
};

afterEach(async ({ task }) => {
  showOfFailed(task);
  // Otherwise an alarm of this test could fire during a later one, and its requests to the database would be counted there.
  await emptyHubs();
});

// biome-ignore lint/correctness/noEmptyPattern: vitest reads from it which fixtures the hook needs.
afterAll(async ({}, file) => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  endServices();
  await endDatabases();
  for (const failed of [file, ...file.tasks]) showOfFailed(failed);
  Object.assign(console, { info, error });
  // With a fake one left behind, whatever waits for a timer in the next file would wait for ever.
  const isLeft = Object.is(globalThis.setTimeout, ourSetTimeout);
  Object.assign(globalThis, { setTimeout: givenSetTimeout });
  if (!isLeft)
    throw new Error("This file has left a fake `setTimeout` behind: end the spies on it before `vi.useRealTimers()`.");
});
