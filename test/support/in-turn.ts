import { inject } from "vitest";

/**
 * Returns `count` of the items, because to try all of them with each operation takes too long for one run. Which ones depends on the seed of the
 * run and on `key`, such as the id of the operation, so a few runs try all pairs. In `npm run test:whole` it returns all items.
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
