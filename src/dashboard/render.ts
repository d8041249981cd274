import type { Context } from "hono";
import { html as template } from "hono/html";
import { jsx } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { v7 as newId } from "uuid";
import type { AppEnv } from "../http/env.ts";
import { readTheme, ThemeContext } from "../http/pages/theme.tsx";
import { SignedInContext } from "./layout.tsx";
import { ListContext, listOf } from "./list-context.ts";
import { NewIdContext } from "./new-id.tsx";

/** Answers a whole page. */
export async function html(c: Context<AppEnv>, page: JSX.Element, status: ContentfulStatusCode = 200) {
  const session = c.get("session");
  const value = session?.name ? { userId: session.userId, name: session.name } : null;
  const { pathname, search } = new URL(c.req.url);
  const theme = { theme: readTheme(c), here: c.req.method === "GET" ? pathname + search : "/app/runs" };
  const id = c.req.header("HX-Request") === undefined ? newId() : null;
  const withId = jsx(NewIdContext.Provider, { value: id }, jsx(ListContext.Provider, { value: listOf(c) }, page));
  const inContext = jsx(ThemeContext.Provider, { value: theme }, jsx(SignedInContext.Provider, { value }, withId));
  return c.html(await template`<!doctype html>${inContext}`, status);
}

/** Sends the browser to another page after a change, so that reloading that page does not make the change again. */
export const seeOther = (c: Context<AppEnv>, href: string) => c.redirect(href, 303);
