/** Lists of the API as async iterables. The next page is requested when all items of the page before it were consumed. */

type CursorPage<Item> = { items: Item[]; next_cursor: string | null };
type OffsetPage<Item> = { items: Item[]; total: number };

/** All items of a list with pages by `cursor`. */
export async function* byCursor<Item>(
  read: (cursor: string | undefined) => Promise<CursorPage<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

/**
 * All items of a list with pages by `offset`. When items are added or deleted meanwhile, some may be missed or returned twice.
 */
export async function* byOffset<Item>(
  read: (offset: number) => Promise<OffsetPage<Item>>,
): AsyncGenerator<Item, void, undefined> {
  for (let offset = 0; ; ) {
    const { items, total } = await read(offset);
    yield* items;
    offset += items.length;
    if (items.length === 0 || offset >= total) return;
  }
}
