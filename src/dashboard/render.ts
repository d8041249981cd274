import type { Context } from "hono";
import { html as template } from "hono/html";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "../http/env.ts";

/** Answers a whole page. */
export const html = async (c: Context<AppEnv>, page: JSX.Element, status: ContentfulStatusCode = 200) =>
  c.html(await template`<!doctype html>${await page}`, status);

/** Where somebody is sent after a change, so that to load the page again does not do it again. */
export const seeOther = (c: Context<AppEnv>, href: string) => c.redirect(href, 303);
