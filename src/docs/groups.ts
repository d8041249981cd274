/** The operations by their tags. Each group has a page. */
import type { Operation } from "./examples.ts";
import { GUIDES } from "./guides.ts";

export type Group = { slug: string; title: string; operations: readonly Operation[] };

const slugOf = (tag: string) => tag.toLowerCase().replaceAll(" ", "-");

/** The groups, in the order of the document. A group whose page would have the address of a guide has another one. */
export function groupsOf(operations: readonly Operation[]): Group[] {
  const byTag = Map.groupBy(operations, ({ tag }) => tag);
  return [...byTag].map(([title, members]) => {
    const slug = slugOf(title);
    const isTaken = GUIDES.some((guide) => guide.slug === slug);
    return { slug: isTaken ? `${slug}-api` : slug, title, operations: members };
  });
}

/** The address of an operation. */
export const operationHref = ({ slug }: Group, { id }: Operation): string => `/docs/${slug}#${id}`;
