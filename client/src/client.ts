import createApi, { type Client as ApiClient } from "openapi-fetch";
import { type ConnectionOptions, openConnection, request, unwrap } from "./connection.ts";
import { byCursor, byOffset } from "./pages.ts";
import {
  type FeedEvent,
  type FeedFilter,
  hasEnded,
  type Input,
  type paths,
  type Run,
  type RunEvent,
  type RunExplanation,
  type RunFilter,
  type RunLog,
  type RunResult,
  type User,
  type Workflow,
} from "./types.ts";
import { type WaitOptions, waitForResult, waitForRun } from "./wait.ts";
import { followStream, type StreamMessage, type StreamOptions } from "./watch.ts";

export type InvokeOptions = {
  input?: Input;
  /** The same key triggers one run, however often it is sent. Without it the client makes one, so that it can try again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
};

export type StopOptions = { reason?: string; graceSeconds?: number };

/** A run that was triggered: `await` gives it as it began, `wait()` as it ended, `result()` what came out. */
export type Invocation = Promise<Run> & {
  wait(options?: WaitOptions): Promise<Run>;
  result(options?: WaitOptions): Promise<RunResult>;
};

/** Something that happened to a run, and the run as it was then. `message` is what the stream sent, also of a newer service. */
export type RunNews = { run: Run | null; event: RunEvent | null; message: StreamMessage };

const PAGE = 100;

/** The service's own documents promise the rest of both. */
function isNews(data: unknown): data is { run: Run; event: RunEvent } {
  if (typeof data !== "object" || data === null || !("run" in data && "event" in data)) return false;
  const { run, event } = data;
  return typeof run === "object" && run !== null && "status" in run && typeof event === "object" && event !== null;
}

export type Client = ReturnType<typeof createClient>;

/**
 * A client of the service. Its methods throw `ApiProblem` for an answer with an error status; `api` has every operation, and
 * returns errors instead. Requests are sent again after 429, 503 and lost connections, if that is safe.
 */
export function createClient(options: ConnectionOptions) {
  const connection = openConnection(options);
  const api: ApiClient<paths> = createApi<paths>({ baseUrl: connection.origin, fetch: connection.send });
  const ofRun = (runId: string) => ({ params: { path: { run_id: runId } } });

  return {
    /** Where the service is. */
    url: connection.origin,
    /** Every operation of the API by method and path, typed: https://openapi-ts.dev/openapi-fetch/ */
    api,

    /** Triggers a run. */
    invoke(workflowId: string, { input, idempotencyKey, signal }: InvokeOptions = {}): Invocation {
      const triggered = unwrap(
        api.POST("/v1/workflow-definitions/{definition_id}/invoke", {
          params: {
            path: { definition_id: workflowId },
            header: { "Idempotency-Key": idempotencyKey ?? crypto.randomUUID() },
          },
          body: input === undefined ? {} : { input },
          ...(signal && { signal }),
        }),
      );
      const wait = async (waiting?: WaitOptions) => {
        const run = await triggered;
        return hasEnded(run) ? run : waitForRun(connection, run.id, waiting);
      };
      const result = async (waiting?: WaitOptions) => waitForResult(connection, (await triggered).id, waiting);
      return Object.assign(triggered, { wait, result });
    },

    /** How a run stands now. */
    run: (runId: string): Promise<Run> => unwrap(api.GET("/v1/workflow-runs/{run_id}", ofRun(runId))),

    /** A run as soon as it has ended. */
    wait: (runId: string, waiting?: WaitOptions): Promise<Run> => waitForRun(connection, runId, waiting),

    /** What came out of a run, as soon as it has ended. */
    result: (runId: string, waiting?: WaitOptions): Promise<RunResult> => waitForResult(connection, runId, waiting),

    /** Why a run waits, or failed, in a sentence and as facts. */
    explain: (runId: string): Promise<RunExplanation> =>
      unwrap(api.GET("/v1/workflow-runs/{run_id}/explain", ofRun(runId))),

    /**
     * Fails a run that waits or runs: at once, or when its runner has ended it within the grace, which may have up to 300
     * seconds.
     */
    stop: (runId: string, { reason, graceSeconds }: StopOptions = {}): Promise<Run> =>
      unwrap(
        api.POST("/v1/workflow-runs/{run_id}/stop", {
          ...ofRun(runId),
          body: {
            ...(reason !== undefined && { reason }),
            ...(graceSeconds !== undefined && { grace_seconds: graceSeconds }),
          },
        }),
      ),

    /** Runs a FAILED run again, as its next attempt. */
    retry: (runId: string): Promise<Run> => unwrap(api.POST("/v1/workflow-runs/{run_id}/retry", ofRun(runId))),

    /** What happens to a run, from its first event (or `after`) to its end. Connections that are lost are resumed. */
    async *watch(runId: string, watching: StreamOptions = {}): AsyncGenerator<RunNews, void, undefined> {
      const path = `/v1/workflow-runs/${encodeURIComponent(runId)}/stream`;
      const isLast = ({ data }: StreamMessage) => isNews(data) && hasEnded(data.run);
      for await (const message of followStream(connection, path, { ...watching, isLast })) {
        yield isNews(message.data) ? { ...message.data, message } : { run: null, event: null, message };
      }
    },

    /** The messages of any other stream of the service, such as `/v1/workflow-runs/stream`, resumed in the same way. */
    stream: (path: string, streaming: StreamOptions = {}) => followStream(connection, path, streaming),

    /** All runs that you may see, newest first. */
    runs: (filter: RunFilter = {}): AsyncGenerator<Run, void, undefined> =>
      byCursor((cursor) => {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
        return unwrap(api.GET("/v1/workflow-runs", { params: { query } }));
      }),

    /** A page of what a run's runner has logged, after the entry `after`. */
    async log(runId: string, query: { attempt?: number; after?: number } = {}): Promise<RunLog> {
      const params = { path: { run_id: runId }, query };
      const page = await unwrap(api.GET("/v1/workflow-runs/{run_id}/log", { params }));
      if (typeof page === "string") throw new TypeError("The log came as text, and not as JSON.");
      return page;
    },

    /** What has happened to a run, oldest first. */
    events: (runId: string): AsyncGenerator<RunEvent, void, undefined> =>
      byOffset((offset) =>
        unwrap(
          api.GET("/v1/workflow-runs/{run_id}/events", {
            params: { path: { run_id: runId }, query: { offset, limit: PAGE } },
          }),
        ),
      ),

    /** Everything that has happened in the tenant until now, oldest first: each event once. */
    feed: (filter: FeedFilter = {}): AsyncGenerator<FeedEvent, void, undefined> =>
      byCursor(async (cursor) => {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { after: cursor }) };
        const page = await unwrap(api.GET("/v1/events", { params: { query } }));
        return { items: page.items, next_cursor: page.has_more ? page.next_cursor : null };
      }),

    /** All workflows that you may see, newest first. */
    workflows: (): AsyncGenerator<Workflow, void, undefined> =>
      byOffset((offset) => unwrap(api.GET("/v1/workflow-definitions", { params: { query: { offset, limit: PAGE } } }))),

    /** Who the API key is of. */
    me: (): Promise<User> => unwrap(api.GET("/v1/users/me")),

    /** Any path of the service, authenticated, for what has no method here. */
    request: (path: string, init?: RequestInit): Promise<Response> => request(connection, path, init),
  };
}
