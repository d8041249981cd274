import type { Child } from "hono/jsx";
import type { Group } from "./groups.ts";
import { GUIDES, PARTS } from "./guides/guides.ts";

type Listed = { slug: string; title: string };

type ContentsProps = {
  groups: readonly Group[];
  /** The last part of the address of the page that is shown. Empty for the overview, null for a page that is not in the list. */
  current: string | null;
};

const OVERVIEW: Listed = { slug: "", title: "Overview" };

const hrefOf = ({ slug }: Listed) => (slug === "" ? "/docs" : `/docs/${slug}`);

/** The list of all pages. On a narrow screen it is a popover, which the button in the header opens. */
export const Contents = ({ groups, current }: ContentsProps) => (
  <nav id="contents" class="beside-main" popover="auto" aria-label="Documentation">
    <Entries listed={[OVERVIEW]} current={current} />
    {PARTS.map(({ title, guides }) => (
      <>
        <p class="label">{title}</p>
        <Entries listed={guides} current={current} />
      </>
    ))}
    <p class="label">Operations of the API</p>
    <Entries listed={groups} current={current} />
  </nav>
);

const Entries = ({ listed, current }: { listed: readonly Listed[]; current: string | null }) => (
  <ul>
    {listed.map((one) => (
      <li>
        <a href={hrefOf(one)} aria-current={one.slug === current ? "page" : undefined}>
          {one.title}
        </a>
      </li>
    ))}
  </ul>
);

/** A heading of a page. `depth` is 2 for a section, and more for what is in one. */
export type PageHeading = { id: string; text: string; depth: number };

/** The table of contents of a page. On a narrow screen it is a popover, which a button above the content opens. */
export const Headings = ({ headings }: { headings: readonly PageHeading[] }) => (
  <nav id="headings" class="beside-main" popover="auto" aria-label="On this page">
    <p class="label">On this page</p>
    <ul>
      {headings.map(({ id, text, depth }) => (
        <li class={depth > 2 ? "deeper" : undefined}>
          <a href={`#${id}`}>{text}</a>
        </li>
      ))}
    </ul>
  </nav>
);

/** Links to the pages before and after one, in the order of the list. */
export const Around = ({ groups, current }: ContentsProps): Child => {
  const pages = [OVERVIEW, ...GUIDES, ...groups];
  const place = pages.findIndex(({ slug }) => slug === current);
  const [before, after] = place === -1 ? [] : [pages[place - 1], pages[place + 1]];
  return (
    (before || after) && (
      <nav class="around" aria-label="Before and after this page">
        {before && (
          <a href={hrefOf(before)} rel="prev">
            <small>Before</small>
            {before.title}
          </a>
        )}
        {after && (
          <a class="after" href={hrefOf(after)} rel="next">
            <small>Next</small>
            {after.title}
          </a>
        )}
      </nav>
    )
  );
};
