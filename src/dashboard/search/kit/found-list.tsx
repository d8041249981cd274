/** The common parts of lists that can be searched and sorted: the URL, the search box, and the heads of the columns. */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { AppEnv } from "../../../http/env.ts";
import { offsetOf } from "../../signed-in.tsx";
import { MAX_LENGTH, readWords } from "./words.ts";

/** The query parameters of a list. */
export type ListQuery<Order extends string> = { path: string; words: string; sort: Order; offset: number };

/** Reads the query parameters of a list. The first of the orders is the default. */
export function readListQuery<Order extends string>(
  c: Context<AppEnv>,
  path: string,
  orders: readonly [Order, ...Order[]],
): ListQuery<Order> {
  const sort = orders.find((order) => order === c.req.query("sort")) ?? orders[0];
  return { path, words: readWords(c.req.query("q")), sort, offset: offsetOf(c) };
}

/** The URL of a list, without parameters that are not set. `first` is the default order. */
export function listHref<Order extends string>({ path, words, sort, offset }: ListQuery<Order>, first: Order): string {
  const params = new URLSearchParams();
  if (words !== "") params.set("q", words);
  if (sort !== first) params.set("sort", sort);
  if (offset > 0) params.set("offset", String(offset));
  return params.size === 0 ? path : `${path}?${params}`;
}

/** The box that searches the list by words of names. */
export const ListSearch = ({ query, label }: { query: ListQuery<string>; label: string }) => (
  <form class="filters" method="get" action={query.path}>
    <label>
      {label}
      <input type="search" name="q" value={query.words} maxlength={MAX_LENGTH} autocomplete="off" />
    </label>
    <button type="submit">Search</button>
    {query.words !== "" && (
      <a class="button quiet" href={query.path}>
        Clear
      </a>
    )}
  </form>
);

type HeadProps<Order extends string> = {
  query: ListQuery<Order>;
  first: Order;
  /** The order by this column, and the reverse order if there is one. */
  by: Order;
  reversed?: Order;
  /** The direction of `by`, for screen readers. */
  direction?: "ascending" | "descending";
  children: Child;
};

/** The head of a column. A click sorts the list by this column. */
export const SortedHead = <Order extends string>({
  query,
  first,
  by,
  reversed,
  direction = "ascending",
  children,
}: HeadProps<Order>) => {
  const opposite = direction === "ascending" ? "descending" : "ascending";
  const sorted = query.sort === by ? direction : query.sort === reversed ? opposite : undefined;
  const next = query.sort === by && reversed !== undefined ? reversed : by;
  return (
    <th scope="col" aria-sort={sorted}>
      <a class="sort" href={listHref({ ...query, sort: next, offset: 0 }, first)}>
        {children}
        {sorted && <span aria-hidden="true">{sorted === "ascending" ? " ↑" : " ↓"}</span>}
      </a>
    </th>
  );
};
