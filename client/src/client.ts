import createApi, { type Client as ApiClient } from "openapi-fetch";
import { type ConnectionOptions, openConnection, request, unwrap } from "./connection.ts";
import { byCursor, byOffset } from "./pages.ts";
import { triggerMethods } from "./triggers.ts";
import {
  type AuditEvent,
  type AuditFilter,
  type BatchedRun,
  type BatchResult,
  type FeedEvent,
  type FeedFilter,
  hasEnded,
  type Input,
  type paths,
  type Run,
  type RunBatch,
  type RunDetails,
  type RunEvent,
  type RunExplanation,
  type RunFilter,
  type RunLog,
  type RunProgress,
  type RunResult,
  type TriggeredBatch,
  type User,
  type Workflow,
} from "./types.ts";
import { type BatchWaitOptions, type WaitOptions, waitForBatch, waitForResult, waitForRun } from "./wait.ts";
import { followStream, type StreamMessage, type StreamOptions } from "./watch.ts";

export type InvokeOptions = {
  input?: Input;
  /** Texts by key, to find the run by: `runs({ label: ["customer:4711"] })`. */
  labels?: Record<string, string>;
  /** At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. */
  concurrencyKey?: string;
  /** From 0 to 9, by default 0: of the runs that wait, the highest starts first. */
  priority?: number;
  /** The run joins the queue at this instant, at most 90 days from now: RFC 3339. */
  startAfter?: string;
  /** If the run has not started by this instant (RFC 3339), it is FAILED with the code EXPIRED. */
  mustStartBy?: string;
  /**
   * Repeated calls with the same key trigger one run. By default the client generates a key, so that it can retry the request.
   */
  idempotencyKey?: string;
  signal?: AbortSignal;
};

/** `priority` is that of each run that has none of its own. */
export type BatchOptions = { idempotencyKey?: string; priority?: number; signal?: AbortSignal };

export type StopOptions = { reason?: string; graceSeconds?: number };

export type WatchOptions = StreamOptions & { log?: boolean };

/** A triggered run. `await` resolves to the run as triggered, `wait()` to the run when it has ended, `result()` to its result. */
export type Invocation = Promise<Run> & {
  wait(options?: WaitOptions): Promise<Run>;
  result(options?: WaitOptions): Promise<RunResult>;
};

/**
 * An event of a run, and the run at that time; or new progress. `message` is the raw message of the stream, which may have more in
 * later versions of the service.
 */
export type RunNews = {
  run: Run | null;
  event: RunEvent | null;
  progress: RunProgress | null;
  message: StreamMessage;
};

const PAGE = 100;

/** Only this much is checked: the API guarantees the other fields of both. */
function isNews(data: unknown): data is { run: Run; event: RunEvent } {
  if (typeof data !== "object" || data === null || !("run" in data && "event" in data)) return false;
  const { run, event } = data;
  return typeof run === "object" && run !== null && "status" in run && typeof event === "object" && event !== null;
}

const isProgress = (data: unknown): data is RunProgress =>
  typeof data === "object" && data !== null && "attempt" in data && "percent" in data && "message" in data;

/** What a message of a run's stream says. */
function readNews(message: StreamMessage): RunNews {
  const { event, data } = message;
  const progress = event === "progress" && isProgress(data) ? data : null;
  return { run: null, event: null, progress, ...(isNews(data) && data), message };
}

export type Client = ReturnType<typeof createClient>;

/**
 * Creates a client of the service. Its methods throw `ApiProblem` for an answer with an error status. `api` has every
 * operation, and returns errors instead. Requests are retried after 429, 503 and lost connections, when that is safe.
 */
export function createClient(options: ConnectionOptions) {
  const connection = openConnection(options);
  const api: ApiClient<paths> = createApi<paths>({ baseUrl: connection.origin, fetch: connection.send });
  const ofRun = (runId: string) => ({ params: { path: { run_id: runId } } });

  return {
    /** The URL of the service. After it has said that the key belongs to another cell, the URL of that cell. */
    get url() {
      return connection.url;
    },
    /** Every operation of the API by method and path, with types: https://openapi-ts.dev/openapi-fetch/ */
    api,

    /** Triggers a run. */
    invoke(workflowId: string, { input, idempotencyKey, signal, ...options }: InvokeOptions = {}): Invocation {
      const { labels, concurrencyKey, priority, startAfter, mustStartBy } = options;
      const triggered = unwrap(
        api.POST("/v1/workflow-definitions/{definition_id}/invoke", {
          params: {
            path: { definition_id: workflowId },
            header: { "Idempotency-Key": idempotencyKey ?? crypto.randomUUID() },
          },
          body: {
            ...(input !== undefined && { input }),
            ...(labels && { labels }),
            ...(concurrencyKey !== undefined && { concurrency_key: concurrencyKey }),
            ...(priority !== undefined && { priority }),
            ...(startAfter !== undefined && { start_after: startAfter }),
            ...(mustStartBy !== undefined && { must_start_by: mustStartBy }),
          },
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

    /**
     * Triggers up to 500 runs of a workflow together, all or none. The key is for repeating the call, as that of `invoke` is.
     */
    invokeBatch: (
      workflowId: string,
      runs: readonly BatchedRun[],
      { idempotencyKey, priority, signal }: BatchOptions = {},
    ): Promise<TriggeredBatch> =>
      unwrap(
        api.POST("/v1/workflow-definitions/{definition_id}/invoke-batch", {
          params: {
            path: { definition_id: workflowId },
            header: { "Idempotency-Key": idempotencyKey ?? crypto.randomUUID() },
          },
          body: { runs: [...runs], ...(priority !== undefined && { priority }) },
          ...(signal && { signal }),
        }),
      ),

    /** How many runs of a batch wait, run and have ended. Its runs: `runs({ batch: id })`. */
    batch: (batchId: string): Promise<RunBatch> =>
      unwrap(api.GET("/v1/run-batches/{batch_id}", { params: { path: { batch_id: batchId } } })),

    /** How each run of a batch has ended or stands, in the order in which they were given. */
    batchResults: (batchId: string): AsyncGenerator<BatchResult, void, undefined> =>
      byCursor((cursor) => {
        const params = { path: { batch_id: batchId }, query: { limit: PAGE, ...(cursor !== undefined && { cursor }) } };
        return unwrap(api.GET("/v1/run-batches/{batch_id}/results", { params }));
      }),

    /** Waits until no run of a batch waits or runs any more. */
    waitForBatch: (batchId: string, waiting?: BatchWaitOptions): Promise<RunBatch> =>
      waitForBatch(connection, batchId, waiting),

    /** The current state of a run. */
    run: (runId: string): Promise<Run> => unwrap(api.GET("/v1/workflow-runs/{run_id}", ofRun(runId))),

    /** Waits until a run has ended, and resolves to the run. */
    wait: (runId: string, waiting?: WaitOptions): Promise<Run> => waitForRun(connection, runId, waiting),

    /** Waits until a run has ended, and resolves to its result. */
    result: (runId: string, waiting?: WaitOptions): Promise<RunResult> => waitForResult(connection, runId, waiting),

    /** The attempt, the failure code, the place in the queue, the instants, the progress and the labels of a run. */
    details: (runId: string): Promise<RunDetails> =>
      unwrap(api.GET("/v1/workflow-runs/{run_id}/details", ofRun(runId))),

    /** Why a run waits or has failed, as a sentence and as facts. */
    explain: (runId: string): Promise<RunExplanation> =>
      unwrap(api.GET("/v1/workflow-runs/{run_id}/explain", ofRun(runId))),

    /**
     * Stops a run that waits or runs, which then is FAILED: at once, or with `graceSeconds` (up to 300) when its runner has
     * ended its work or that time is over.
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

    /** Ends the waiting of a PENDING run for its `startAfter` or for an automatic retry: it joins the queue now. */
    startNow: (runId: string): Promise<Run> => unwrap(api.POST("/v1/workflow-runs/{run_id}/start-now", ofRun(runId))),

    /** Gives a PENDING run another priority, from 0 to 9. */
    prioritize: (runId: string, priority: number): Promise<Run> =>
      unwrap(api.PUT("/v1/workflow-runs/{run_id}/priority", { ...ofRun(runId), body: { priority } })),

    /** Retries a FAILED run with its next attempt. */
    retry: (runId: string): Promise<Run> => unwrap(api.POST("/v1/workflow-runs/{run_id}/retry", ofRun(runId))),

    /**
     * The events and the progress of a run, from its first event (or after `after`) to its end. Lost connections are resumed. With
     * `log`, what its runner logs comes between the events: then `event` and `progress` are null, and `message` has the entry.
     */
    async *watch(runId: string, { log, ...watching }: WatchOptions = {}): AsyncGenerator<RunNews, void, undefined> {
      const path = `/v1/workflow-runs/${encodeURIComponent(runId)}/stream${log ? "?log=true" : ""}`;
      const isLast = ({ data }: StreamMessage) => isNews(data) && hasEnded(data.run);
      for await (const message of followStream(connection, path, { ...watching, isLast })) {
        yield readNews(message);
      }
    },

    /** The messages of any other stream of the service, such as `/v1/workflow-runs/stream`. Lost connections are resumed. */
    stream: (path: string, streaming: StreamOptions = {}) => followStream(connection, path, streaming),

    /** All runs that you may see, newest first. */
    runs: (filter: RunFilter = {}): AsyncGenerator<Run, void, undefined> =>
      byCursor((cursor) => {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
        return unwrap(api.GET("/v1/workflow-runs", { params: { query } }));
      }),

    /** A page of the log of a run, after the entry `after`. */
    async log(runId: string, query: { attempt?: number; after?: number } = {}): Promise<RunLog> {
      const params = { path: { run_id: runId }, query };
      const page = await unwrap(api.GET("/v1/workflow-runs/{run_id}/log", { params }));
      if (typeof page === "string") throw new TypeError("The log came as text, and not as JSON.");
      return page;
    },

    /** The events of a run, oldest first. */
    events: (runId: string): AsyncGenerator<RunEvent, void, undefined> =>
      byOffset((offset) =>
        unwrap(
          api.GET("/v1/workflow-runs/{run_id}/events", {
            params: { path: { run_id: runId }, query: { offset, limit: PAGE } },
          }),
        ),
      ),

    /** All events of the tenant until now, oldest first, each exactly once. */
    feed: (filter: FeedFilter = {}): AsyncGenerator<FeedEvent, void, undefined> =>
      byCursor(async (cursor) => {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { after: cursor }) };
        const page = await unwrap(api.GET("/v1/events", { params: { query } }));
        return { items: page.items, next_cursor: page.has_more ? page.next_cursor : null };
      }),

    /** Who changed what in the tenant, newest first, for an OWNER or ADMIN. */
    auditEvents: (filter: AuditFilter = {}): AsyncGenerator<AuditEvent, void, undefined> =>
      byCursor(async (cursor) => {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
        const page = await unwrap(api.GET("/v1/audit-events", { params: { query } }));
        if (typeof page === "string") throw new TypeError("The audit log came as text, and not as JSON.");
        return page;
      }),

    /** All workflows that you may see, newest first. */
    workflows: (): AsyncGenerator<Workflow, void, undefined> =>
      byOffset((offset) => unwrap(api.GET("/v1/workflow-definitions", { params: { query: { offset, limit: PAGE } } }))),

    ...triggerMethods(api),

    /** The user of the API key. */
    me: (): Promise<User> => unwrap(api.GET("/v1/users/me")),

    /** Sends an authenticated request to any path of the service, for what has no method here. */
    request: (path: string, init?: RequestInit): Promise<Response> => request(connection, path, init),
  };
}
