import type { Service } from "./service.ts";

/** An event of the feed. */
export type FeedItem = {
  id: string;
  type: string;
  at: string;
  run_id: string | null;
  workflow_definition_id: string | null;
  attempt: number | null;
  detail: Record<string, unknown> | null;
};

export type FeedPage = { items: FeedItem[]; next_cursor: string | null; has_more: boolean; holds_back: boolean };

/** One page of the feed. `query` is what the caller asks for beside `after`. */
export async function readFeedPage(
  service: Service,
  key: string,
  after: string | null,
  query: string[] = [],
): Promise<FeedPage> {
  const parameters = [...query, ...(after === null ? [] : [`after=${after}`])];
  const response = await service.get(`/v1/events?${parameters.join("&")}`, key);
  if (response.status !== 200) throw new Error(`The feed answers ${response.status}: ${await response.text()}`);
  return response.json<FeedPage>();
}

/** All of the feed behind a position: it waits for what is held back, since other tests share the transactions. */
export async function readFeed(
  service: Service,
  key: string,
  query: string[] = [],
  from: string | null = null,
): Promise<{ items: FeedItem[]; cursor: string | null }> {
  const items: FeedItem[] = [];
  let cursor = from;
  for (;;) {
    const page = await readFeedPage(service, key, cursor, query);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (!page.has_more && !page.holds_back) return { items, cursor };
  }
}
