import { type Child, createContext, useContext } from "hono/jsx";
import { ASSETS } from "../http/assets/folder.ts";
import type { SessionName } from "../http/credentials/session-token.ts";
import { SearchBox } from "../http/pages/search-box.tsx";
import { ThemeContext, ThemeToggle } from "../http/pages/theme.tsx";
import type { Caller } from "./caller.ts";
import { Keys } from "./keys.tsx";

const SECTIONS = [
  ["runs", "Runs"],
  ["waits", "For you"],
  ["workflows", "Workflows"],
  ["files", "Files"],
  ["people", "People"],
  ["activity", "Activity"],
  ["health", "Health"],
  ["settings", "Settings"],
] as const;

/** So many questions are counted at most: `count_questions` in SQL. */
const MOST_COUNTED = 100;

export type Section = (typeof SECTIONS)[number][0];

/** The signed-in user, as the session token names them. */
export type SignedInAs = { userId: string; name: SessionName };

/**
 * Set for each answer to a signed-in request. The page that answers a refused form has not read its caller from the database,
 * so its header shows this user instead.
 */
export const SignedInContext = createContext<SignedInAs | null>(null);

/** htmx must not execute text as code, and must not swap in an answer that is not a page. */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  noSwap: [204, 304, "4xx", "5xx"],
  // A refresh neither adds nor removes these attributes. The first one is htmx's default. app.js adds and removes the second one,
  // the reader the third one of `details`, and log.js the last one.
  morphIgnore: ["data-htmx-powered", "autofocus", "open", "inert"],
});

const Head = ({ title }: { title: string }) => (
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="htmx-config" content={HTMX_CONFIG} />
    <title>{`${title} · workflow-runs`}</title>
    <link rel="icon" href={`${ASSETS}/icon.svg`} type="image/svg+xml" />
    <link rel="stylesheet" href={`${ASSETS}/style.css`} />
    <script defer src={`${ASSETS}/htmx.js`} />
    <script defer src={`${ASSETS}/app.js`} />
    <script defer src={`${ASSETS}/ticks.js`} />
    <script defer src={`${ASSETS}/live.js`} />
    <script defer src={`${ASSETS}/keys.js`} />
    <script defer src={`${ASSETS}/find.js`} />
    <script defer src={`${ASSETS}/list.js`} />
    <script defer src={`${ASSETS}/editor.js`} />
  </head>
);

type PageProps = {
  title: string;
  /** The section that the navigation marks as current. An error page belongs to none. */
  section?: Section;
  /** Undefined on a page that answers a refused form: see {@link SignedInContext}. */
  caller?: Caller;
  /** The searched text, on the page with the results of the search. */
  search?: string;
  children: Child;
};

/** A page for a signed-in user. */
export const Page = ({ title, section, caller, search = "", children }: PageProps) => (
  <Html>
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
          <span>workflow-runs</span>
        </a>
        <SearchBox action="/app/search" label="Search runs, workflows, people and files" text={search} />
        <button type="button" class="menu-opener" popovertarget="menu">
          Menu
        </button>
        {/* On a narrow screen, it is a popover. On others, its parts are in the line of the header. */}
        <div id="menu" popover="auto">
          <nav aria-label="Sections">
            <Sections current={section} caller={caller} />
          </nav>
          <div class="who">
            <Who caller={caller} />
            <a href="/docs">Docs</a>
            <Keys />
            <ThemeToggle />
            <form method="post" action="/app/sign-out">
              <button type="submit" class="quiet">
                Sign out
              </button>
            </form>
          </div>
        </div>
      </header>
      <main id="main" tabindex={-1}>
        {/* live.js shows here how up to date the live part of the page is. */}
        <p id="freshness" class="freshness" hidden>
          <span role="status" /> <span class="age" />
        </p>
        {children}
      </main>
      {/* keys.js announces changes here. A refresh does not replace this element: screen readers only announce texts that are
         added to an element that was there before. */}
      <p id="announcer" class="visually-hidden" role="status" />
    </body>
  </Html>
);

const Html = ({ children }: { children: Child }) => (
  <html lang="en" data-theme={useContext(ThemeContext).theme}>
    {children}
  </html>
);

/** The navigation. Only an OWNER or ADMIN may see the audit log. */
const Sections = ({ current, caller }: { current: Section | undefined; caller: Caller | undefined }) => {
  const roleOfSession = useContext(SignedInContext)?.name.role;
  const isAdministrator = ["OWNER", "ADMIN"].includes(caller?.role ?? roleOfSession ?? "");
  return (
    <>
      {SECTIONS.filter(([name]) => name !== "activity" || isAdministrator).map(([name, label]) => (
        <a href={`/app/${name}`} aria-current={name === current ? "page" : undefined}>
          {label}
          {name === "waits" && <Questions count={caller?.questions ?? 0} />}
        </a>
      ))}
    </>
  );
};

/** How many questions wait for the user. Each refresh of the live part of a page replaces it, too: see `Live`. */
const Questions = ({ count }: { count: number }) => (
  <span id="questions">
    {count > 0 && (
      <>
        {" "}
        <strong class="badge">{count < MOST_COUNTED ? count : `${MOST_COUNTED - 1}+`}</strong>
        <span class="visually-hidden"> {count === 1 ? "question" : "questions"}</span>
      </>
    )}
  </span>
);

const Who = ({ caller }: { caller: Caller | undefined }) => {
  const signedInAs = useContext(SignedInContext);
  if (caller) return <WhoLink userId={caller.user_id} {...caller} />;
  return signedInAs && <WhoLink userId={signedInAs.userId} {...signedInAs.name} />;
};

const WhoLink = ({ userId, name, tenant_name, role }: { userId: string } & SessionName) => (
  <a href={`/app/people/${userId}`}>
    <bdi class="name">{name}</bdi>
    {tenant_name && role && (
      <small>
        <bdi>{tenant_name}</bdi> · {role}
      </small>
    )}
  </a>
);

type OpenPageProps = { title: string; children: Child };

/** A page that needs no sign-in. */
export const OpenPage = ({ title, children }: OpenPageProps) => (
  <Html>
    <Head title={title} />
    <body class="open">
      <main id="main">{children}</main>
    </body>
  </Html>
);
