/** The list of runs from which somebody came to a run. All pages and forms of the run keep its filter, as their query parameter `in`. */
import type { Context } from "hono";
import { createContext, useContext } from "hono/jsx";
import type { AppEnv } from "../http/env.ts";

/** The filter of the request, as `formatRunsQuery` writes it. It is empty for the list of all runs. */
export const listOf = (c: Context<AppEnv>): string => c.req.query("in") ?? "";

/** That of the request which a page answers. */
export const ListContext = createContext("");

/** The URL of a run's page, or of what is `below` it, such as `/stop`. */
export const hrefWithin = (filter: string, runId: string, below = ""): string =>
  withList(filter, `/app/runs/${runId}${below}`);

/** Any URL with the filter. */
export const withList = (filter: string, href: string): string =>
  filter === "" ? href : `${href}?in=${encodeURIComponent(filter)}`;

/** The same as {@link hrefWithin}, for a link or a form of a component. */
export const hrefOfRun = (runId: string, below = ""): string => hrefWithin(useContext(ListContext), runId, below);
