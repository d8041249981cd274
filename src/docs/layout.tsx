import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { ASSETS } from "../http/assets/folder.ts";
import { GUIDES } from "./guides.ts";

/** A page of the documentation. It uses no JavaScript. */
export const DocsPage = ({ title, children }: { title: string; children: Child }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · workflow-runs`}</title>
      <link rel="icon" href={`${ASSETS}/icon.svg`} type="image/svg+xml" />
      <link rel="stylesheet" href={`${ASSETS}/style.css`} />
      <link rel="stylesheet" href="/docs/style.css" />
    </head>
    <body class="docs">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/docs">
          workflow-runs
        </a>
        <nav aria-label="Documentation">
          <a href="/docs#quick-start">Quick start</a>
          <a href="/docs#operations">Operations</a>
          <a href="/docs#errors">Errors</a>
          {GUIDES.map(({ slug, title: name }) => (
            <a href={`/docs/${slug}`}>{name}</a>
          ))}
          <a href="/app">Dashboard</a>
        </nav>
      </header>
      <main id="main" tabindex={-1}>
        {children}
      </main>
    </body>
  </html>
);

/** The page of a guide, with its title and its HTML. */
export const GuidePage = ({ title, html }: { title: string; html: string }) => (
  <DocsPage title={title}>
    <article class="guide">{raw(html)}</article>
  </DocsPage>
);

/** A text in which everything between backticks is shown as code. */
export const Text = ({ text }: { text: string }) => (
  <>{text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);

/** A block of code. It scrolls sideways, also with the keyboard. */
export const Code = ({ text }: { text: string }) => (
  <pre tabindex={0}>
    <code>{text}</code>
  </pre>
);
