import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import type { AppEnv } from "../http/env.ts";
import { explainError, logUnexpected, problemHeaders } from "../http/errors.ts";
import { isSameOrigin, noteUseOf, requireSameOrigin, sessionOfCookies } from "../http/middleware/authenticate.ts";
import { limitCaller } from "../http/middleware/limit-rate.ts";
import { provideServices } from "../http/middleware/provide-services.ts";
import { type Obstacle, PROBLEMS, Problem, type ProblemCode, ValidationFailed } from "../http/problems.ts";
import { Command, Obstacles } from "./components.tsx";
import { describeFault } from "./forms.tsx";
import { OpenPage, Page } from "./layout.tsx";
import { sentenceFor } from "./problem-words.ts";
import { html } from "./render.ts";
import { renewSession } from "./sign-in/kit/session.ts";
import { answerSignIn, keepForm } from "./sign-in/sign-in.tsx";
import { inWords } from "./wording.ts";

/**
 * Requires a session token with a valid signature. Whether the session itself is still valid is decided by the SQL statement
 * that uses it. Requests that a person makes renew the session; requests that an open page makes by itself do not.
 */
export const signedIn = createMiddleware<AppEnv>(async (c, next) => {
  const session = await sessionOfCookies(c);
  if (session === null) throw new Problem("unauthenticated");
  requireSameOrigin(c);
  c.set("session", session);
  c.set("credential", { session });
  provideServices(c, { caller: { session } });
  await limitCaller(c, session.userId);
  await next();
  noteUseOf(c, { session });
  if (c.error === undefined && c.req.header("HX-Request") === undefined) await renewSession(c);
});

const guid = z.guid();

/**
 * Reads an id that came with a request.
 * @throws Problem `not_found` for a text that is not an id
 */
export function readId(text: string | undefined): string {
  const result = guid.safeParse(text);
  if (!result.success) throw new Problem("not_found");
  return result.data.toLowerCase();
}

/** The id in the path of a page. Throws as {@link readId} does. */
export const idOf = (c: Context<AppEnv>, name = "id"): string => readId(c.req.param(name));

/** The offset in the query of a list page; 0 when it is missing or not a number. */
export const offsetOf = (c: Context<AppEnv>): number =>
  z.coerce.number().int().min(0).max(1e9).catch(0).parse(c.req.query("offset"));

/** Answers an error as a page. A user without a valid session is asked to sign in. */
export function answerErrorPage(thrown: Error, c: Context<AppEnv>): Response | Promise<Response> {
  const error = explainError(thrown, c);
  if (error instanceof Problem && error.code === "unauthenticated") return askToSignIn(c);
  if (error instanceof ValidationFailed) {
    return errorPage(c, {
      status: 422,
      title: "Not as expected",
      details: error.faults.map((fault) => describeFault(inWords(fault, {}))),
    });
  }
  const told = error instanceof Problem ? { code: error.code, detail: error.onPages } : logUnexpected(error, c);
  const { code } = told;
  const { status, title } = PROBLEMS[code];
  if (error instanceof Problem) for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
  const retryAfter = problemHeaders(status)["Retry-After"];
  if (retryAfter !== undefined) c.header("Retry-After", retryAfter);
  // Only a GET is reloaded, since reloading the answer of a form would send the form again.
  const retrySeconds = status === 503 && c.req.method === "GET" ? Number(retryAfter) : undefined;
  const obstacles = error instanceof Problem ? error.obstacles : [];
  const details = [sentenceFor(told)];
  const elsewhere =
    error instanceof Problem && code === "misdirected" ? addressIn(c, error.headers.Location) : undefined;
  return errorPage(c, { status, title: HEADINGS[code] ?? title, details, obstacles, retrySeconds, elsewhere });
}

/** The URL of the same page in another cell. What was sent by a form has to be entered there again, so it leads to the start page. */
function addressIn(c: Context<AppEnv>, cellUrl: string | undefined): string | undefined {
  if (cellUrl === undefined) return undefined;
  const { pathname, search } = new URL(c.req.url);
  return cellUrl + (c.req.method === "GET" || pathname === "/app/sign-in" ? pathname + search : "/app");
}

/** The headings of pages for refusals that a person can do something about. */
const HEADINGS: Partial<Record<ProblemCode, string>> = {
  conflict: "This is not possible now",
  busy: "The workflow is busy",
  queue_full: "The queue is full",
  cap_reached: "Your tenant has as much of this as it may have",
  forbidden: "You may not do this",
  misdirected: "This is at another address",
};

/**
 * Redirects a user without a valid session to the sign-in, and back to the same page afterwards. If they sent a form, the
 * sign-in page keeps it, unless the request came from another site.
 */
async function askToSignIn(c: Context<AppEnv>): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  // A body that is not a form, or that has too many fields, is not kept.
  const kept =
    c.req.method === "POST" && isSameOrigin(c) ? await keepForm(c, pathname + search).catch(() => null) : null;
  if (kept) return answerSignIn(c, { kept }, 401);
  const next = c.req.method === "GET" ? `?next=${encodeURIComponent(pathname + search)}` : "";
  const href = `/app/sign-in${next}`;
  return c.req.header("HX-Request") ? c.body(null, 401, { "HX-Redirect": href }) : c.redirect(href, 303);
}

type ErrorPageProps = {
  status: (typeof PROBLEMS)[ProblemCode]["status"] | 422;
  title: string;
  details: string[];
  obstacles?: readonly Obstacle[];
  retrySeconds?: number | undefined;
  /** The URL of the page in the cell to which the credential belongs. */
  elsewhere?: string | undefined;
};

/**
 * The beginning of the URL of a form, which is the page that has the form, or the list that leads there: a section, a thing in it, or the
 * people or triggers of a workflow. An invite has no such page, since its link is secret.
 */
const PAGE_BEFORE = /^\/app\/(?!invites\/)(?:settings\/)?[\w-]+(?:\/[0-9a-f-]{36}(?:\/people|\/triggers)?)?(?=\/)/;

const pageBefore = (c: Context<AppEnv>): string | null =>
  c.req.method === "POST" ? (PAGE_BEFORE.exec(c.req.path)?.[0] ?? null) : null;

function errorPage(c: Context<AppEnv>, props: ErrorPageProps): Promise<Response> {
  const { status, title, details, obstacles = [], retrySeconds, elsewhere } = props;
  const before = pageBefore(c);
  const { pathname, search } = new URL(c.req.url);
  const content = (
    <div class="card center">
      {(status === 404 || status >= 500) && <p class="big">{status}</p>}
      <h1>{title}</h1>
      {details.map((detail) => (
        <p class="wrap">{detail}</p>
      ))}
      <Obstacles obstacles={obstacles} />
      {retrySeconds !== undefined && (
        <p data-scripted hidden data-retry={retrySeconds}>
          This page asks every {retrySeconds} seconds, and is loaded again when it can be answered.
        </p>
      )}
      {status >= 500 && <Command text={c.var.requestId} label="Copy the request id" />}
      <p>
        {elsewhere !== undefined && (
          <>
            <a class="button primary" href={elsewhere}>
              Go to {new URL(elsewhere).host}
            </a>{" "}
          </>
        )}
        {retrySeconds !== undefined && (
          <>
            <a class="button primary" href={pathname + search}>
              Try again
            </a>{" "}
          </>
        )}
        <a class="button" href={before === null ? "/app/runs" : before + search}>
          {before === null ? "To the runs" : "Back"}
        </a>
      </p>
    </div>
  );
  const page = c.get("session") ? <Page title={title}>{content}</Page> : <OpenPage title={title}>{content}</OpenPage>;
  return html(c, page, status);
}
