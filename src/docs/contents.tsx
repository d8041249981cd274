import type { Child } from "hono/jsx";
import { type Group, operationHref } from "./groups.ts";
import { GUIDES } from "./guides.ts";

type ContentsProps = {
  groups: readonly Group[];
  /** The last part of the address of the page that is shown. Empty for the overview, null for a page that is not in the list. */
  current: string | null;
};

const Entry = ({ slug, current, children }: { slug: string; current: string | null; children: Child }) => (
  <a href={slug === "" ? "/docs" : `/docs/${slug}`} aria-current={slug === current ? "page" : undefined}>
    {children}
  </a>
);

/**
 * The list of all pages, and of the operations on the shown one. On a narrow screen it is a popover, which the button in the header
 * opens.
 */
export const Contents = ({ groups, current }: ContentsProps) => (
  <nav id="contents" popover="auto" aria-label="Documentation">
    <ul>
      <li>
        <Entry slug="" current={current}>
          Overview
        </Entry>
      </li>
      {GUIDES.map(({ slug, title }) => (
        <li>
          <Entry slug={slug} current={current}>
            {title}
          </Entry>
        </li>
      ))}
    </ul>
    <p class="label">Operations</p>
    <ul>
      {groups.map((group) => (
        <li>
          <Entry slug={group.slug} current={current}>
            {group.title}
          </Entry>
          {group.slug === current && (
            <ul>
              {group.operations.map((operation) => (
                <li>
                  <a href={operationHref(group, operation)}>{operation.summary}</a>
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  </nav>
);
