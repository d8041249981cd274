/** A fake service, which gives configured answers and records its requests. */
export type Asked = { method: string; path: string; headers: Headers; body: string };

type Answer = Response | Error | ((asked: Asked) => Response);

/** A `fetch` for a client, which gives these answers one after another; the last one is repeated. */
export function fakeService(...answers: Answer[]) {
  const asked: Asked[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const one = {
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: await request.text(),
    };
    const answer = answers[Math.min(asked.push(one), answers.length) - 1];
    if (answer === undefined) throw new Error("The fake service has no answer.");
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(one) : answer.clone();
  };
  return { asked, fetch, options: { url: "https://runs.example.com/", apiKey: "wr_key", fetch } };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers });

export const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(
    { type: `urn:workflow-runs:problem:${code}`, title: "T", status, detail: "Do this.", request_id: "r-1" },
    status,
    headers,
  );

/** Cloudflare's page that looks for a browser, which a program gets in place of the service's answer. */
export const challenge = () =>
  new Response("<!DOCTYPE html><title>Just a moment...</title>", {
    status: 403,
    headers: { "Content-Type": "text/html; charset=UTF-8", "cf-mitigated": "challenge", "cf-ray": "r-2" },
  });

export const busy = (status = 503) => problem(status, "database_unavailable", { "Retry-After": "0" });

export const RUN_ID = "01920000-0000-7000-8000-000000000403";

/** The fields of a run that the client reads. */
export const aRun = (status: string) => ({ id: RUN_ID, status });

/** A stream that sends these frames and then ends. With `isCut` the connection breaks instead. */
export function stream(frames: readonly { id?: number; event?: string; data: unknown }[], isCut = false): Response {
  const text = frames
    .map(({ id, event = "E", data }) => {
      const first = id === undefined ? "" : `id: ${id}\n`;
      return `${first}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    })
    .join("");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`retry: 3000\n\n${text}`));
      if (isCut) setTimeout(() => controller.error(new Error("cut")), 5);
      else controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}
