import { inject } from "vitest";
import { OPERATION_IDS } from "./operations.ts";

/**
 * Chooses `count` of the callers, others for each operation and for each seed: all of them are used in each run of the tests, and at each
 * operation in some of the runs.
 */
export function inTurn<Some>(callers: Record<string, Some>, operationId: string, count: number): Record<string, Some> {
  const all = Object.entries(callers);
  const size = Math.min(count, all.length);
  const start = (inject("seed") + OPERATION_IDS.indexOf(operationId)) * size;
  const chosen = Array.from({ length: size }, (_, i) => all[(start + i) % all.length]);
  return Object.fromEntries(chosen.filter((entry) => entry !== undefined));
}
