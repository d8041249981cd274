import { inject } from "vitest";

/** `count` seeds of this test run. Every run has others, unless `SEED` gives the first. */
export const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => inject("seed") + index);
