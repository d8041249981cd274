import { inject } from "vitest";

/**
 * Chooses `count` of the items by the seed of this run and by `key`, such as the operation that they meet, so that a run need not try all of them with
 * each: all pairs are tried within a few runs. `npm run test:whole` tries all in one.
 */
export function inTurn<Item>(items: readonly Item[], count: number, key: string): Item[] {
  if (inject("isWhole")) return [...items];
  const start = ((inject("seed") + hash(key)) * count) % items.length;
  return [...items.slice(start), ...items.slice(0, start)].slice(0, count);
}

const hash = (text: string): number =>
  Array.from(text).reduce((sum, character) => (31 * sum + (character.codePointAt(0) ?? 0)) % 1_000_003, 0);

/** How many of something a run tries: `usual`, and `whole` in `npm run test:whole`. */
export const extent = (usual: number, whole: number): number => (inject("isWhole") ? whole : usual);
