import { cellUrlOf, isSameService } from "./cells.ts";
import { ApiProblem, problemOf, toProblem } from "./problem.ts";
import { type Fetch, type RetryOptions, retryingFetch } from "./retry.ts";

export type ConnectionOptions = {
  /** The URL of the service, such as `https://runs.example.com`. */
  url: string;
  /** An API key (`wr_…`), or a function that returns a session token. Omit it in a page on the service's own origin. */
  apiKey?: string | (() => string | Promise<string>);
  /**
   * URLs of other cells of the service, to which the key may be sent when it belongs to one of them. Cells below the same domain as `url`
   * need not be named.
   */
  cells?: readonly string[];
  /** Called when the service says that the key belongs to another cell, with the URL of that. All later requests go there. */
  onCell?(url: string): void;
  retry?: RetryOptions;
  /** Replaces `fetch`, for example for a proxy or a test. */
  fetch?: Fetch;
};

export type Connection = {
  /** The URL without a slash at the end. */
  readonly origin: string;
  /** The URL to which requests are sent: `origin` or, after a 421, that of the cell to which the key belongs. */
  readonly url: string;
  /** Sends an authenticated request, and retries it as `retryingFetch` does. Answers with an error status are returned. */
  send: Fetch;
};

export function openConnection({
  url,
  apiKey,
  cells,
  onCell,
  retry,
  fetch = globalThis.fetch,
}: ConnectionOptions): Connection {
  const origin = originOf(url);
  if (typeof apiKey === "string") requireSendable(apiKey);
  const confirmed = new Set(cells?.map(originOf));
  let cell = origin;
  const send = retryingFetch(
    async (request) => fetch(cell === origin ? request : await withUrl(request, origin, cell)),
    retry,
  );
  return {
    origin,
    get url() {
      return cell;
    },
    async send(request) {
      const key = typeof apiKey === "function" ? await apiKey() : apiKey;
      if (key !== undefined) request.headers.set("Authorization", `Bearer ${requireSendable(key)}`);
      // A cell that answers 421 has done nothing, so any request may be sent again. Only one 421 is followed.
      if (cell !== origin) return send(request);
      const again = request.clone();
      const response = await send(request);
      const named = cellUrlOf(response);
      if (named === null || named === origin || !(confirmed.has(named) || isSameService(origin, named)))
        return response;
      await response.body?.cancel();
      cell = named;
      onCell?.(named);
      return send(again);
    },
  };
}

/**
 * A key or token without blanks and line breaks around it, which can be sent in a header. Otherwise `Headers` would refuse it with an error
 * that has the whole key in its text.
 * @throws TypeError for one that cannot, such as a key with a line break in it
 */
function requireSendable(key: string): string {
  const sendable = key.trim();
  if (/^[\x21-\x7e]*$/.test(sendable)) return sendable;
  throw new TypeError(
    "The API key contains a blank, a line break or another character that no key has. Was it copied as a whole?",
  );
}

/** The same request to another URL. The body is read first, since not every browser can use the stream of one request for another. */
async function withUrl(request: Request, from: string, to: string): Promise<Request> {
  const { method, headers, signal, redirect } = request;
  const body = method === "GET" || method === "HEAD" ? null : await request.arrayBuffer();
  return new Request(to + request.url.slice(from.length), {
    ...{ method, headers, signal, redirect },
    ...(body !== null && body.byteLength > 0 && { body }),
  });
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
