/** The API as a tool uses it: requests within the Worker, with the credential of the caller. */
import type { Context } from "hono";
import type { Fetch } from "../http/areas.ts";
import type { AgentAccess } from "../http/credentials/agent-token.ts";
import type { AppEnv } from "../http/env.ts";
import type { Fault } from "../http/problems.ts";

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export type ApiRequest = {
  /** GET, unless there is a body. */
  path: string;
  query?: Query;
  /** The JSON of a POST. */
  body?: object;
  headers?: Readonly<Record<string, string>>;
};

export type Api = {
  /** The answer, whatever its status. */
  ask(request: ApiRequest): Promise<Response>;
  /**
   * The answer of a request that the API does not refuse.
   * @throws Refused
   */
  answer(request: ApiRequest): Promise<Response>;
  /**
   * The JSON of a request that the API does not refuse.
   * @throws Refused
   */
  json(request: ApiRequest): Promise<unknown>;
  /** The status of the API's first answer; pending until there is one. */
  firstStatus: Promise<number>;
};

/** Thrown when the API has refused a request. The message has the sentences of its answer. */
export class Refused extends Error {
  constructor(sentences: string) {
    super(sentences);
    this.name = "Refused";
  }
}

/** The headers that a request of a tool takes over from the request of the agent: from where it comes, and the trace. */
const PASSED_ON = ["CF-Connecting-IP", "traceparent"];

/**
 * Opens the API for the caller of a request to `/mcp`. `fetch` is the whole service, so a request of a tool is handled like any other: with
 * the same rights, limits, validation and refusals, and with the same effects. An API key is passed on. With `access`, the request has its person's
 * rights through the environment, which nothing from outside can set.
 */
export function openApi(c: Context<AppEnv>, fetch: Fetch, access: AgentAccess | null): Api {
  const passedOn = access === null ? ["Authorization", ...PASSED_ON] : PASSED_ON;
  const services = access === null ? c.env : { ...c.env, agent: access };
  const { promise: firstStatus, resolve: noteStatus } = Promise.withResolvers<number>();
  const ask = async ({ path, query = {}, body, headers: given }: ApiRequest) => {
    const url = new URL(path, c.req.url);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
    }
    const headers = new Headers({ "X-Request-Id": c.var.requestId, ...given });
    for (const name of passedOn) {
      const value = c.req.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const init = { headers, signal: c.req.raw.signal };
    const request = new Request(
      url,
      body === undefined ? init : { ...init, method: "POST", body: JSON.stringify(body) },
    );
    const response = await fetch(request, services, c.executionCtx);
    noteStatus(response.status);
    return response;
  };
  const answer = async (request: ApiRequest) => {
    const response = await ask(request);
    if (!response.ok) throw new Refused(await sentencesOf(response));
    return response;
  };
  return { ask, answer, json: async (request) => (await answer(request)).json(), firstStatus };
}

/** What the API says when it refuses: the `detail` of its problem, or the message of each fault with its location. */
async function sentencesOf(response: Response): Promise<string> {
  const { detail, request_id: requestId } = await response.json<{ detail: string | Fault[]; request_id?: string }>();
  const sentences = typeof detail === "string" ? [detail] : detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`);
  const retryAfter = response.headers.get("Retry-After");
  if (retryAfter !== null) sentences.push(`Retry-After: ${retryAfter}`);
  if (response.status >= 500) sentences.push(`Request id: ${requestId}`);
  return sentences.join("\n");
}
