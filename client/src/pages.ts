/** Lists of the API as async iteration: the next page is asked for when the items before it have been used. */

type CursorPage<Item> = { items: Item[]; next_cursor: string | null };
type OffsetPage<Item> = { items: Item[]; total: number };

/** All items of a list that pages by `cursor`. */
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

/** All items of a list that pages by `offset`. What is added or deleted meanwhile may be missed, or come twice. */
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
