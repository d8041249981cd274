import type { Child } from "hono/jsx";
import type { Caller } from "./caller.ts";

const SECTIONS = [
  ["runs", "Runs"],
  ["workflows", "Workflows"],
  ["files", "Files"],
  ["people", "People"],
  ["health", "Health"],
] as const;

export type Section = (typeof SECTIONS)[number][0];

/** What htmx may do here: it runs no text as code, and swaps nothing that is not a page. */
const HTMX_CONFIG = JSON.stringify({ includeIndicatorCSS: false, history: false, noSwap: [204, 304, "4xx", "5xx"] });

const Head = ({ title }: { title: string }) => (
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="htmx-config" content={HTMX_CONFIG} />
    <title>{`${title} · workflow-runs`}</title>
    <link rel="icon" href="/app/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/app/style.css" />
    <script defer src="/app/htmx.js" />
    <script defer src="/app/app.js" />
  </head>
);

type PageProps = {
  title: string;
  section: Section;
  /** Not known on a page that only answers a form. */
  caller?: Caller;
  children: Child;
};

/** A page of somebody who has signed in. */
export const Page = ({ title, section, caller, children }: PageProps) => (
  <html lang="en">
    <Head title={title} />
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/app/runs">
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M3 6h9M3 10h14M3 14h6" />
          </svg>
          workflow-runs
        </a>
        <nav aria-label="Sections">
          {SECTIONS.map(([name, label]) => (
            <a href={`/app/${name}`} aria-current={name === section ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="who">
          {caller && (
            <a href={`/app/people/${caller.user_id}`}>
              <bdi class="name">{caller.name}</bdi>
              <small>
                <bdi>{caller.tenant_name}</bdi> · {caller.role}
              </small>
            </a>
          )}
          <form method="post" action="/app/sign-out">
            <button type="submit" class="quiet">
              Sign out
            </button>
          </form>
        </div>
      </header>
      <main id="main" tabindex={-1}>
        {children}
      </main>
    </body>
  </html>
);

/** A page that anybody may see. */
export const OpenPage = ({ title, children }: { title: string; children: Child }) => (
  <html lang="en">
    <Head title={title} />
    <body class="open">
      <main id="main">{children}</main>
    </body>
  </html>
);
