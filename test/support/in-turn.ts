import { inject } from "vitest";
import { OPERATION_IDS } from "./operations.ts";

/**
 * Chooses `count` of the items for an operation, so that a run of the tests need not try all of them with each operation. Other items are
 * chosen for the next operation, and for the next seed: each run tries all items, and all pairs are tried within a few runs.
 */
export function inTurn<Item>(items: readonly Item[], operationId: string, count: number): Item[] {
  const start = ((inject("seed") + OPERATION_IDS.indexOf(operationId)) * count) % items.length;
  return [...items.slice(start), ...items.slice(0, start)].slice(0, count);
}
