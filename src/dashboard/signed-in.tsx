import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import type { AppEnv } from "../http/env.ts";
import { explainError, logUnexpected, PROBLEM_HEADERS } from "../http/errors.ts";
import { requireSameOrigin, SESSION_COOKIE } from "../http/middleware/authenticate.ts";
import { limitCaller } from "../http/middleware/limit-rate.ts";
import { PROBLEMS, Problem, type ProblemCode, ValidationFailed } from "../http/problems.ts";
import { Command } from "./components.tsx";
import { OpenPage } from "./layout.tsx";
import { html } from "./render.ts";

/** Lets through who has a session; whether it still counts is decided in the statement that uses it. */
export const signedIn = createMiddleware<AppEnv>(async (c, next) => {
  const token = getCookie(c, SESSION_COOKIE);
  const session = token === undefined ? null : await c.env.verifySession(token);
  if (session === null) throw new Problem("unauthenticated");
  requireSameOrigin(c);
  c.set("session", session);
  c.set("credential", { session });
  await limitCaller(c);
  await next();
});

const guid = z.guid();

/**
 * An id that somebody sent.
 * @throws Problem `not_found` for what is no id
 */
export function readId(text: string | undefined): string {
  const result = guid.safeParse(text);
  if (!result.success) throw new Problem("not_found");
  return result.data.toLowerCase();
}

/** The id in a page's path, as {@link readId}. */
export const idOf = (c: Context<AppEnv>, name = "id"): string => readId(c.req.param(name));

/** Where a page of a list begins, by its query; what is no number is the beginning. */
export const offsetOf = (c: Context<AppEnv>): number =>
  z.coerce.number().int().min(0).max(1e9).catch(0).parse(c.req.query("offset"));

/** What was thrown, as a page. Who has not signed in is asked to. */
export function answerErrorPage(thrown: Error, c: Context<AppEnv>): Response | Promise<Response> {
  const error = explainError(thrown, c);
  if (error instanceof Problem && error.code === "unauthenticated") return askToSignIn(c);
  if (error instanceof ValidationFailed) {
    return errorPage(c, 422, "Not as expected", error.faults.map(({ msg }) => msg).join(" "));
  }
  const { code, detail } =
    error instanceof Problem ? { code: error.code, detail: error.message } : logUnexpected(error, c);
  const { status, title } = PROBLEMS[code];
  if (error instanceof Problem) for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
  const retryAfter = PROBLEM_HEADERS[status]?.["Retry-After"];
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  return errorPage(c, status, title, detail ?? PROBLEMS[code].detail);
}

function askToSignIn(c: Context<AppEnv>): Response {
  const url = new URL(c.req.url);
  const next = c.req.method === "GET" ? `?next=${encodeURIComponent(url.pathname + url.search)}` : "";
  const href = `/app/sign-in${next}`;
  return c.req.header("HX-Request") ? c.body(null, 401, { "HX-Redirect": href }) : c.redirect(href, 303);
}

function errorPage(
  c: Context<AppEnv>,
  status: (typeof PROBLEMS)[ProblemCode]["status"] | 422,
  title: string,
  detail: string,
): Promise<Response> {
  return html(
    c,
    <OpenPage title={title}>
      <div class="card center">
        <p class="big">{status}</p>
        <h1>{title}</h1>
        <p class="wrap">{detail}</p>
        {status >= 500 && <Command text={c.var.requestId} label="Copy the request id" />}
        <p>
          <a class="button" href="/app/runs">
            To the runs
          </a>
        </p>
      </div>
    </OpenPage>,
    status,
  );
}
