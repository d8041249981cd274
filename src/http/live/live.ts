/** The interface for live updates. `src/hub` implements it, and only the composition root knows that. */
import type { DatabaseUse } from "../../db/meter.ts";
import type { TenantEffects } from "../../verbs/effects.ts";

/** How many open streams a caller may have, and how many requests that wait. */
export const MOST_STREAMS = 20;
export const MOST_WAITS = 50;

/**
 * How many open streams all callers of a tenant may have together, and how many requests that wait. The waiting requests of runners are
 * counted separately, with the same limit.
 */
export const MOST_TENANT_STREAMS = 2_000;
export const MOST_TENANT_WAITS = 2_000;

/** How many requests of a runner's session may wait. A runner needs one, and one more for each that it has lost. */
export const MOST_SESSION_WAITS = 20;

/**
 * Which changes a listener gets nudges about: those of one run, the runs of a definition, or all runs of the tenant. With `withOthers` also
 * changes of other things, such as a new permission. With `withProgress` also new progress of the one run, and with `withLog` new
 * log entries, too. With `withAllRuns` also changes of all other runs: a hub of an older release tells only of the one run.
 */
export type Topic = {
  tenantId: string;
  runId?: string;
  definitionId?: string;
  withOthers?: boolean;
  withProgress?: boolean;
  withLog?: boolean;
  withAllRuns?: boolean;
};

/**
 * A message that a run, or something else, has changed. It has no data: a listener reads the run itself, and that read checks what it may see.
 * `is_log` means that only the run's log or its progress has changed.
 */
export type Nudge = { has_ended: boolean; is_log: boolean };

/**
 * `caller` is whose open streams and waiting requests are counted: those of an API key or, with a session, those of the user.
 * `stream` is set for a stream, and undefined for a request that waits.
 */
export type Listening = { since: number | undefined; caller: string; stream?: Stream };

export type Stream = {
  userId: string;
  /** The name of the page that opens the stream, and of the page before it, whose stream ends now. */
  page?: OpenPage | undefined;
};

export type OpenPage = { id: string; left: string | undefined };

export type Listener = {
  /**
   * Resolves to the nudges that have arrived, equal ones once; to an empty list when the time is up; to null when the connection is lost or was
   * closed.
   */
  next(timeoutMs: number): Promise<Nudge[] | null>;
  /** How many streams the tenant had when this one began, including this one. */
  readonly streams: number;
  close(): void;
};

/** A runner's session, the definitions whose runs it takes (null for all), and its tags. */
export type WaitingRunner = {
  tenantId: string;
  sessionId: string;
  definitionIds: readonly string[] | null;
  tags: readonly string[];
};

/** Listens for a runner that waits for a run to lease. */
export type WorkListener = {
  /** The version of what the hub knows. It changes whenever there may be new work. */
  readonly version: string;
  /** "woken": there may be a run. "lost": the connection is lost or was closed. */
  next(timeoutMs: number): Promise<"woken" | "time is up" | "lost">;
  close(): void;
};

/** The ways to sign in. */
export const SIGN_IN_WAYS = ["api_key", "login_service"] as const;
export type SignInWay = (typeof SIGN_IN_WAYS)[number];

/** How many sign-ins were refused, for each way; none of a way that is left out. */
export type RefusedSignIns = Partial<Record<SignInWay, number>>;

/** Ages are in seconds; null when there is nothing to measure. */
export type LiveStatus = {
  /** Since a cron last skipped its sweep because nothing was due. */
  sinceSkipped: number | null;
  /** The last alarm of a hub: how long ago it was, and how late it fired. */
  lastAlarm: { since: number; lateMs: number } | null;
  /** Those of this deployment. A register of an older release does not count them. */
  refusedSignIns?: RefusedSignIns;
  /** Of all isolates, as far as they have told it. A register of an older release does not know. */
  databaseUse?: DatabaseUse;
};

/** How much the hub of a tenant is used: how often it was called in the last minute, and what is open. */
export type HubLoad = { callsPerSecond: number; streams: number; waits: number; runners: number };

/** Why a request cannot listen: no hub answers, or the caller or the tenant has reached its limit. */
export type NotListening = "unavailable" | "too_many" | "too_many_in_tenant";

/** What a 429 says when the callers of a tenant have reached a limit together. */
export const tooManyInTenant = (what: string, most: number): string =>
  `Your organisation has ${most.toLocaleString("en-GB")} ${what}, and more are not allowed. Try again when some have ended.`;

export type Live = {
  /** False when the Worker has no hubs. Then nobody can listen. */
  hasHubs: boolean;
  /**
   * Announces that this isolate is about to change something, so that the next cron does not skip its sweep. Must be called
   * before a change begins. Never rejects.
   */
  mark(): Promise<void>;
  /**
   * Tells the hubs what was changed, starts the notifications about it, and ends the streams of those who may no longer listen.
   * Never rejects: the next sweep finds what the hubs were not told.
   */
  announce(changes: readonly TenantEffects[]): Promise<void>;
  /**
   * Starts invocations that send the due notifications of these endpoints, without waiting for them. Never rejects: the next
   * sweep finds what was not sent.
   */
  notify(endpointIds: readonly string[]): Promise<void>;
  /**
   * Listens for changes, including those since `since`, an instant in milliseconds. "unavailable" when there is no hub, or when it does
   * not answer. "too_many" when the caller has {@link MOST_STREAMS} streams, or {@link MOST_WAITS} waiting requests.
   * "too_many_in_tenant" when all callers together have {@link MOST_TENANT_STREAMS} or {@link MOST_TENANT_WAITS}.
   */
  listen(topic: Topic, options: Listening): Promise<Listener | NotListening>;
  /**
   * Waits for runs to lease. A new run wakes one of the waiting runners, and another one each second until the run is taken.
   * "unavailable" when there is no hub, or when it does not answer. "too_many" when {@link MOST_SESSION_WAITS} requests of the
   * session wait already, and "too_many_in_tenant" when {@link MOST_TENANT_WAITS} of all sessions do.
   */
  waitForWork(runner: WaitingRunner): Promise<WorkListener | NotListening>;
  /**
   * True while somebody follows the progress or the log of a run, and when that is not known: without a hub, or when it does not answer
   * soon. Never rejects.
   */
  isFollowed(tenantId: string, runId: string): Promise<boolean>;
  /**
   * How many milliseconds ago the sessions of runners were last heard of at the tenant's hub, by their ids: 0 for one that waits
   * now. Who has not waited in the last minute is not among them. A hub that has slept in between knows only who waits now. Null without a
   * hub, or when it does not answer.
   */
  heardOfRunners(tenantId: string): Promise<ReadonlyMap<string, number> | null>;
  /** How much the tenant's hub is used. Null without a hub, or when it does not answer. */
  readHubLoad(tenantId: string): Promise<HubLoad | null>;
  /** Records that an alarm fired. Never rejects. */
  noteAlarm(lateMs: number): Promise<void>;
  /**
   * Tells how this isolate has used the database, at most once a minute; undefined when it is not time yet. Never rejects. What an isolate has
   * not told when it ends is not counted.
   */
  tellDatabaseUse(): Promise<void> | undefined;
  /** Counts a sign-in that was refused. Never rejects. */
  noteRefusedSignIn(way: SignInWay): Promise<void>;
  /** Null when there is no register, or when it does not answer. */
  readStatus(): Promise<LiveStatus | null>;
};
