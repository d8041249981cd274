/** The routes of the documentation: pages for people, the OpenAPI document for programs, and texts for language models. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { Child } from "hono/jsx";
import workflowsSchema from "../../client/workflows.schema.json";
import type { AppEnv } from "../http/env.ts";
import { sessionOfCookies } from "../http/middleware/authenticate.ts";
import { conditional } from "../http/middleware/conditional.ts";
import { type Document, version } from "../http/openapi.ts";
import { readTheme, ThemeContext } from "../http/pages/theme.tsx";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { Around, Contents, type PageHeading } from "./contents.tsx";
import { type Operation, operationsOf } from "./examples.ts";
import { GroupContent } from "./group.tsx";
import { type Group, groupsOf } from "./groups.ts";
import { GUIDES } from "./guides/guides.ts";
import { guideHtml, sectionsOf } from "./guides/html.ts";
import { LanguageChoice, readLanguage } from "./languages.tsx";
import { DocsPage, type Reader } from "./layout.tsx";
import { llmsFullText, llmsText } from "./llms.ts";
import { Beginning, OVERVIEW_HEADINGS, Rest } from "./overview.tsx";
import { indexOf, Results } from "./search.tsx";

const LINKS = {
  dashboard: "/app/sign-in",
  docs: "/docs",
  openapi: "/openapi.json",
  llms: "/llms.txt",
  health: "/healthz",
  liveness: "/livez",
  readiness: "/readyz",
};

const ServiceResponseSchema = z
  .strictObject({
    name: z.literal("workflow-runs"),
    version: z.string(),
    links: z.record(z.string(), z.string()),
  })
  .openapi("ServiceResponse", { example: { name: "workflow-runs", version, links: LINKS } });

const getService = openRead({
  path: "/",
  operationId: "get_service",
  tags: ["Service"],
  summary: "Get name, version and links",
  description: "A browser, which prefers `text/html`, is sent to the dashboard.",
  responses: {
    200: { description: "The service", content: { "application/json": { schema: ServiceResponseSchema } } },
    302: {
      description: "To the dashboard",
      headers: z.object({ Location: z.string().openapi({ description: "The path of the dashboard." }) }),
    },
  },
});

/** True when a browser requests a page. Programs accept JSON or anything. */
const prefersPages = (c: Context) => c.req.header("Accept")?.startsWith("text/html") === true;

/** Who is signed in to the dashboard in this browser; null for nobody, and when their session is faulty. */
const readReader = (c: Context<AppEnv>): Promise<Reader | null> => sessionOfCookies(c).catch(() => null);

/** What the pages are made of, and the HTML of what is the same for everybody. The OpenAPI document is read when a page is first requested. */
type Known = {
  document: Document;
  operations: Operation[];
  groups: Group[];
  index: ReturnType<typeof indexOf>;
  htmlOf: Map<string, string>;
};

/** The documentation of all routes of the service, including these. No page needs the database. */
export function documentation(describeService: () => Promise<Document>) {
  let known: Known | undefined;
  const describe = async (): Promise<Known> => {
    if (known) return known;
    const document = await describeService();
    const operations = operationsOf(document);
    const groups = groupsOf(operations, document);
    known = { document, operations, groups, index: indexOf(groups), htmlOf: new Map() };
    return known;
  };
  const originOf = (c: Context) => new URL(c.req.url).origin;

  /** The content as HTML, which is rendered at the first request for it. */
  async function once(key: string, render: () => Child): Promise<Child> {
    const { htmlOf } = await describe();
    const text = htmlOf.get(key) ?? String(await html`${render()}`);
    htmlOf.set(key, text);
    return raw(text);
  }

  async function page(
    c: Context<AppEnv>,
    { title, current, search = "", headings = [], content }: PageContent,
    reader: Reader | null,
    status: 200 | 404 = 200,
  ): Promise<Response> {
    const { groups } = await describe();
    const contents = await once(`contents ${current}`, () => <Contents groups={groups} current={current} />);
    const { pathname, search: query } = new URL(c.req.url);
    const theme = { theme: readTheme(c), here: pathname + query };
    const whole = (
      <ThemeContext.Provider value={theme}>
        <DocsPage
          title={title}
          reader={reader}
          search={search}
          contents={contents}
          headings={headings}
          around={<Around groups={groups} current={current} />}
        >
          {content}
        </DocsPage>
      </ThemeContext.Provider>
    );
    return c.html(await html`<!doctype html>${whole}`, status);
  }

  const router = createRouter();
  router.openapi(getService, (c) => {
    c.header("Vary", "Accept", { append: true });
    if (prefersPages(c)) return c.redirect("/app", 302);
    return c.json({ name: "workflow-runs" as const, version, links: LINKS }, 200);
  });
  router.get("/openapi.json", async (c) => c.json((await describe()).document));

  router.get("/docs", conditional, async (c) => {
    const { groups } = await describe();
    const reader = await readReader(c);
    const content = (
      <>
        <Beginning origin={originOf(c)} userId={reader?.userId ?? null} language={readLanguage(c)} />
        {await once("overview", () => <Rest groups={groups} />)}
      </>
    );
    return page(c, { title: "API", current: "", headings: OVERVIEW_HEADINGS, content }, reader);
  });

  router.get("/docs/search", conditional, async (c) => {
    const text = (c.req.query("q") ?? "").trim().slice(0, MAX_SEARCHED);
    const content = (
      <>
        <h1>Search</h1>
        <Results index={(await describe()).index} text={text} />
      </>
    );
    const title = text === "" ? "Search" : `Search: ${text}`;
    return page(c, { title, current: null, search: text, content }, await readReader(c));
  });

  for (const guide of GUIDES) {
    router.get(`/docs/${guide.slug}`, conditional, async (c) => {
      const content = <article class="guide">{raw(await guideHtml(guide))}</article>;
      const headings = sectionsOf(guide).filter(({ depth }) => depth > 1 && depth < 4);
      return page(c, { title: guide.title, current: guide.slug, headings, content }, await readReader(c));
    });
  }

  // The file of `workflow-runs apply`, for editors: `docs/as-code.md`.
  router.get("/docs/workflows.schema.json", conditional, (c) => c.json(workflowsSchema));

  router.get("/docs/:group", conditional, async (c) => {
    const slug = c.req.param("group");
    const reader = await readReader(c);
    const group = (await describe()).groups.find((one) => one.slug === slug);
    if (group === undefined) {
      if (!prefersPages(c)) throw new Problem("not_found", "There is no such page. See /docs.");
      return page(c, { title: "No such page", current: null, content: <NoSuchPage /> }, reader, 404);
    }
    const isSignedIn = reader !== null;
    const whole = await once(`${slug} ${isSignedIn}`, () => <GroupContent group={group} isSignedIn={isSignedIn} />);
    const headings = group.operations.map(({ id, summary }) => ({ id, text: summary, depth: 2 }));
    const content = (
      <>
        <h1>{group.title}</h1>
        <LanguageChoice chosen={readLanguage(c)} />
        {whole}
      </>
    );
    return page(c, { title: group.title, current: slug, headings, content }, reader);
  });

  router.get("/llms.txt", async (c) => c.text(llmsText((await describe()).operations, originOf(c))));
  router.get("/llms-full.txt", async (c) => c.text(llmsFullText((await describe()).operations, originOf(c))));
  return router;
}

/** How much of a searched text is looked at. */
const MAX_SEARCHED = 200;

type PageContent = {
  title: string;
  /** The page in the list of contents: see `Contents`. */
  current: string | null;
  search?: string;
  headings?: readonly PageHeading[];
  content: Child;
};

const NoSuchPage = () => (
  <>
    <h1>There is no such page</h1>
    <p>
      <a href="/docs">The overview</a> lists all operations and guides.
    </p>
  </>
);
