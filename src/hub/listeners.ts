import { MOST_STREAMS, MOST_TENANT_STREAMS, MOST_TENANT_WAITS, MOST_WAITS } from "../http/live/live.ts";
import type { ChangedRun } from "../verbs/effects.ts";

/** How long nudges are kept, for listeners that read before they subscribe. */
const RECENT_MS = 30_000;
const RECENT_COUNT = 1_000;

/** Which changes a socket gets nudges about. A null id means any run or definition. */
type Filter = {
  runId: string | null;
  definitionId: string | null;
  withOthers: boolean;
  withProgress?: boolean;
  withLog: boolean;
  withAllRuns?: boolean;
};

/** Whose limit a further socket would exceed: that of its caller, or that of all callers of the tenant together. */
export type Refusal = "caller" | "tenant";

/**
 * The streams and waiting requests of a tenant. Each has a WebSocket, and its tags name the changes that it gets nudges about. So a change
 * costs work only for the sockets that get it, and not for all others.
 */
export class Listeners {
  readonly #context: DurableObjectState;
  readonly #recent: { at: number; run: ChangedRun }[] = [];

  constructor(context: DurableObjectState) {
    this.#context = context;
  }

  /** Adds a socket, and sends it the nudges that it has missed. The parameters are those of `Hub.fetch`. */
  add(socket: WebSocket, query: URLSearchParams): Refusal | null {
    const caller = query.get("caller");
    const waiter = query.get("waiter");
    const tagOf = (name: string) => (query.has(name) ? [`${caller} ${query.get(name)}`] : []);
    // The service may not have noticed yet that the browser left a page. The stream of that page would count against the limit.
    for (const tag of [...tagOf("page"), ...tagOf("left")]) {
      for (const open of this.#open(tag)) open.close();
    }
    const isFull = (tag: string, most: number) => this.#open(tag).length >= most;
    if (caller !== null && isFull(caller, MOST_STREAMS)) return "caller";
    if (waiter !== null && isFull(ofWaiter(waiter), MOST_WAITS)) return "caller";
    const kind = caller === null ? WAIT : STREAM;
    if (isFull(kind, caller === null ? MOST_TENANT_WAITS : MOST_TENANT_STREAMS)) return "tenant";
    const filter: Filter = {
      runId: query.get("run"),
      definitionId: query.get("definition"),
      withOthers: query.has("others"),
      withProgress: query.has("progress"),
      withLog: query.has("log"),
      withAllRuns: query.has("all"),
    };
    const user = query.get("user");
    const ofCaller = caller === null ? [] : [caller, ...(user === null ? [] : [ofUser(user)]), ...tagOf("page")];
    const ofThisWaiter = caller !== null || waiter === null ? [] : [ofWaiter(waiter)];
    this.#context.acceptWebSocket(socket, [kind, ...ofCaller, ...ofThisWaiter, ...tagsOf(filter)]);
    socket.serializeAttachment(filter);
    // An instant, and not how long ago it was: it has taken time until the request for the socket came here. A Worker of a release
    // before says how long ago, so it gets all nudges that are kept.
    const since = Number(query.get("since") ?? Number.POSITIVE_INFINITY);
    const missed = this.#recent.filter(({ at, run }) => at >= since && passes(filter, run));
    send(
      socket,
      missed.map(({ run }) => run),
    );
    return null;
  }

  /**
   * Sends the nudges about these changes. Each socket gets one message, with all the nudges that are for it. Runners gather their logs, and
   * whoever listens reads at most once a second. So nothing is held back here, which would need a timer that keeps the hub awake.
   */
  tell(runs: readonly ChangedRun[]): void {
    this.#remember(runs);
    const news = new Map<WebSocket, ChangedRun[]>();
    const found = new Map<string, WebSocket[]>();
    const socketsOf = (tag: string): WebSocket[] => {
      const sockets = found.get(tag) ?? this.#context.getWebSockets(tag);
      found.set(tag, sockets);
      return sockets;
    };
    for (const run of runs) {
      for (const socket of tagsFor(run).flatMap(socketsOf)) {
        if (run.is_log && !passes(socket.deserializeAttachment(), run)) continue;
        const itsNews = news.get(socket) ?? [];
        news.set(socket, itsNews);
        itsNews.push(run);
      }
    }
    for (const [socket, itsNews] of news) send(socket, itsNews);
  }

  /** Ends the streams of a user. */
  endStreamsOf(userId: string): void {
    for (const socket of this.#open(ofUser(userId))) socket.close();
  }

  /** True while a socket gets the nudges about the progress or the log of a run. */
  isFollowed(runId: string): boolean {
    return this.#open(ofLog(runId)).length > 0;
  }

  /** How many streams and waiting requests are open. */
  count(): { streams: number; waits: number } {
    return { streams: this.#open(STREAM).length, waits: this.#open(WAIT).length };
  }

  #open(tag: string): WebSocket[] {
    return this.#context.getWebSockets(tag).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  #remember(runs: readonly ChangedRun[]): void {
    const at = Date.now();
    // Changes of a log are not kept: a stream reads after it has subscribed, and only streams listen to logs.
    for (const run of runs) {
      if (!run.is_log) this.#recent.push({ at, run });
    }
    // They are in the order of their times. So only the first ones may be too old.
    const firstKept = this.#recent.findIndex((recent) => at - recent.at < RECENT_MS);
    const tooOld = firstKept === -1 ? this.#recent.length : firstKept;
    this.#recent.splice(0, Math.max(tooOld, this.#recent.length - RECENT_COUNT));
  }
}

/** The tags of all streams, and of all waiting requests. */
const STREAM = "stream";
const WAIT = "waiting request";

/** The tags of the sockets that get the changes of all runs, and of those that get the changes of other things. */
const ALL = "all runs";
const OTHERS = "others";

const ofRun = (runId: string): string => `run ${runId}`;
const ofDefinition = (definitionId: string): string => `definition ${definitionId}`;
const ofLog = (runId: string): string => `log ${runId}`;

/** The tag of a user's sockets. With a session, `caller` is the user's id, so the caller's tag is the same. */
const ofUser = (userId: string): string => `user ${userId}`;

/** The tag of the sockets of a caller's waiting requests. */
const ofWaiter = (caller: string): string => `wait ${caller}`;

/** The tags of a socket with this filter. */
function tagsOf({ runId, definitionId, withOthers, withProgress, withLog, withAllRuns }: Filter): string[] {
  const one = runId !== null ? ofRun(runId) : definitionId !== null ? ofDefinition(definitionId) : ALL;
  const topic = withAllRuns ? ALL : one;
  const hearsLog = runId !== null && (withLog || withProgress === true);
  return [topic, ...(withOthers ? [OTHERS] : []), ...(hearsLog ? [ofLog(runId)] : [])];
}

/** The tags of the sockets that get a change. It is the same rule as that of {@link passes}. */
function tagsFor(run: ChangedRun): string[] {
  const { run_id: runId, workflow_definition_id: definitionId, has_ended: hasEnded } = run;
  if (run.is_log) return runId === null ? [] : [ofLog(runId)];
  if (runId === null && !hasEnded) return [OTHERS];
  // The change may be one of any run, so all listeners get it.
  if (runId === null || definitionId === null) return [STREAM, WAIT];
  return [ALL, ofRun(runId), ofDefinition(definitionId)];
}

function passes(filter: Filter, run: ChangedRun): boolean {
  const { runId, definitionId, withOthers, withProgress, withLog, withAllRuns } = filter;
  if (run.is_log) return run.run_id === runId && (withLog || (withProgress === true && run.is_progress === true));
  if (run.run_id === null && !run.has_ended) return withOthers;
  if (withAllRuns) return true;
  const isSame = (wanted: string | null, changed: string | null) =>
    wanted === null || changed === null || wanted === changed;
  return isSame(runId, run.run_id) && isSame(definitionId, run.workflow_definition_id);
}

/** Sends one message: a JSON array of nudges. Sending fails when the socket is closing, and that is ignored. */
function send(socket: WebSocket, runs: readonly ChangedRun[]): void {
  if (runs.length === 0 || socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(runs.map(({ run_id, has_ended, is_log }) => ({ run_id, has_ended, is_log }))));
}
