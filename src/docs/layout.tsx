import { type Child, useContext } from "hono/jsx";
import { ASSETS } from "../http/assets/folder.ts";
import type { SessionName } from "../http/credentials/session-token.ts";
import { SearchBox } from "../http/pages/search-box.tsx";
import { ThemeContext, ThemeToggle } from "../http/pages/theme.tsx";
import { Headings, type PageHeading } from "./contents.tsx";

/** Who is signed in to the dashboard in this browser. */
export type Reader = { userId: string; name: SessionName | null };

type DocsPageProps = {
  title: string;
  reader: Reader | null;
  /** The searched text, on the page with the results of the search. */
  search?: string;
  contents: Child;
  /** The headings of the page, for its table of contents. */
  headings: readonly PageHeading[];
  /** The pages before and after this one. */
  around: Child;
  children: Child;
};

/** A page of the documentation. Its scripts only help: all but "Try it" works without them. */
export const DocsPage = ({ title, reader, search = "", contents, headings, around, children }: DocsPageProps) => (
  <html lang="en" data-theme={useContext(ThemeContext).theme}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · workflow-runs`}</title>
      <link rel="icon" href={`${ASSETS}/icon.svg`} type="image/svg+xml" />
      <link rel="stylesheet" href={`${ASSETS}/style.css`} />
      <link rel="stylesheet" href={`${ASSETS}/docs/frame.css`} />
      <link rel="stylesheet" href={`${ASSETS}/docs/style.css`} />
      <script defer src={`${ASSETS}/app.js`} />
      <script defer src={`${ASSETS}/keys.js`} />
      <script defer src={`${ASSETS}/find.js`} />
      <script defer src={`${ASSETS}/docs/docs.js`} />
    </head>
    <body class="docs">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/docs">
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M3 6h9M3 10h14M3 14h6" />
          </svg>
          <span>workflow-runs docs</span>
        </a>
        <button type="button" class="contents-opener" popovertarget="contents">
          Contents
        </button>
        <SearchBox action="/docs/search" label="Search operations, guides and errors" text={search} />
        <div class="who">
          {reader?.name && (
            <a href={`/app/people/${reader.userId}`}>
              <bdi class="name">{reader.name.name}</bdi>
            </a>
          )}
          <a href="/app/runs">Dashboard</a>
          <ThemeToggle />
        </div>
      </header>
      <div class="beside">
        {contents}
        <main id="main" tabindex={-1}>
          {headings.length > 1 && (
            <button type="button" class="headings-opener" popovertarget="headings">
              On this page
            </button>
          )}
          {children}
          {around}
        </main>
        {headings.length > 1 && <Headings headings={headings} />}
      </div>
    </body>
  </html>
);

/** A text in which everything between backticks is shown as code. */
export const Text = ({ text }: { text: string }) => (
  <>{text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);
