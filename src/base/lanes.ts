/**
 * Calls `act` with each item of a queue, from its front, for at most `atOnce` items at the same time. Returns when all calls have
 * ended. The queue may grow meanwhile. When `mayGoOn` returns false, no further call begins, and the other items stay in the queue.
 * @throws what `act` throws, while the other calls go on: an action whose failure must not stop the rest catches it itself
 */
export async function inLanes<Item extends {}>(
  queue: Item[],
  atOnce: number,
  act: (item: Item) => Promise<unknown>,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  const running = new Set<Promise<unknown>>();
  for (;;) {
    while (running.size < atOnce && mayGoOn()) {
      const item = queue.shift();
      if (item === undefined) break;
      const work: Promise<unknown> = act(item).finally(() => running.delete(work));
      running.add(work);
    }
    if (running.size === 0) return;
    await Promise.race(running);
  }
}
