import { ApiProblem, problemOf, toProblem } from "./problem.ts";
import { type Fetch, type RetryOptions, retryingFetch } from "./retry.ts";

export type ConnectionOptions = {
  /** The URL of the service, such as `https://runs.example.com`. */
  url: string;
  /** An API key (`wr_…`), or a function that returns a session token. Omit it in a page on the service's own origin. */
  apiKey?: string | (() => string | Promise<string>);
  retry?: RetryOptions;
  /** Replaces `fetch`, for example for a proxy or a test. */
  fetch?: Fetch;
};

export type Connection = {
  /** The URL without a slash at the end. */
  origin: string;
  /** Sends an authenticated request, and retries it as `retryingFetch` does. Answers with an error status are returned. */
  send: Fetch;
};

export function openConnection({ url, apiKey, retry, fetch = globalThis.fetch }: ConnectionOptions): Connection {
  const origin = originOf(url);
  const send = retryingFetch((request) => fetch(request), retry);
  return {
    origin,
    async send(request) {
      const key = typeof apiKey === "function" ? await apiKey() : apiKey;
      if (key !== undefined) request.headers.set("Authorization", `Bearer ${key}`);
      return send(request);
    },
  };
}

/** @throws TypeError when it is no http(s) URL */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`The URL of the service must look like https://runs.example.com, and not like "${url}".`);
  }
  return (parsed.origin + parsed.pathname).replace(/\/+$/, "");
}

/**
 * Sends a request and returns the answer if it is successful. The caller reads the body.
 * @throws ApiProblem for an error status
 */
export async function request(connection: Connection, path: string, init?: RequestInit): Promise<Response> {
  const response = await connection.send(new Request(connection.origin + path, init));
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * The data of a call by `client.api`.
 * @throws ApiProblem for an error status
 */
export async function unwrap<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await call;
  if (!response.ok) throw toProblem(response, error);
  if (!isPresent(data)) {
    throw new ApiProblem("The answer has no content.", {
      status: response.status,
      code: "unknown",
      title: "No content",
      requestId: null,
    });
  }
  return data;
}

const isPresent = <Data>(data: Data): data is Exclude<Data, undefined> => data !== undefined;
