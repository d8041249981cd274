/** The messages between the tests, in workerd, and the harness, in Node. */

/** How a fake runner answers a request. */
export type ScriptedAnswer = {
  /** By default 202. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** How many milliseconds it waits before the answer. */
  delayMs?: number;
  /**
   * "hang": it never answers. "cut": it closes the connection without an answer. "endless": it answers with a body that does
   * not end.
   */
  ending?: "hang" | "cut" | "endless";
};

/** A request that a fake runner received. Names of headers are in lower case. */
export type ReceivedRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** True when the sender has closed the connection before the end of the answer. */
  isAbandoned: boolean;
};

/**
 * The faults between the service and its database.
 * - `isCarriedOut`: the statement was executed nevertheless.
 * - `isNews`: the database itself answers that it was not executed.
 * - `isLostConnection`: the service notices at once that no answer will come, without waiting for a timeout.
 */
export const FAULTS = {
  refused: { isCarriedOut: false, isNews: false, isLostConnection: true },
  hang: { isCarriedOut: false, isNews: false, isLostConnection: false },
  "http 429": { isCarriedOut: false, isNews: true, isLostConnection: false },
  "http 500": { isCarriedOut: false, isNews: false, isLostConnection: true },
  "http 502": { isCarriedOut: false, isNews: false, isLostConnection: true },
  "http 503": { isCarriedOut: false, isNews: false, isLostConnection: true },
  "cut before": { isCarriedOut: false, isNews: false, isLostConnection: true },
  "cut after": { isCarriedOut: true, isNews: false, isLostConnection: true },
  "cut amid": { isCarriedOut: true, isNews: false, isLostConnection: true },
  "hang after": { isCarriedOut: true, isNews: false, isLostConnection: false },
  garbage: { isCarriedOut: true, isNews: false, isLostConnection: true },
  nonsense: { isCarriedOut: true, isNews: false, isLostConnection: true },
  shutdown: { isCarriedOut: false, isNews: false, isLostConnection: true },
  "rate limited": { isCarriedOut: false, isNews: true, isLostConnection: false },
  crowded: { isCarriedOut: false, isNews: true, isLostConnection: false },
  deadlock: { isCarriedOut: false, isNews: true, isLostConnection: false },
} as const satisfies Record<string, { isCarriedOut: boolean; isNews: boolean; isLostConnection: boolean }>;

const isFault = (kind: string): kind is keyof typeof FAULTS => kind in FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS).filter(isFault);

export type FaultKind = keyof typeof FAULTS | "slow";

/**
 * A fault, and which of the next requests it affects: `times` of them, after the first `skip`. With `of`, only those of the service whose
 * `DATABASE_URL` has this `application_name` count. "too large": the rows are more than the database can send at once.
 */
export type Fault = { kind: FaultKind | "too large"; skip?: number; times?: number; of?: string };

/** A node of a plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` writes it. */
export type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  /** The blocks that the node and those below it read: from Postgres' cache, and from elsewhere. */
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: PlanNode[];
};

/** The plans of a statement: those of the statements in the functions that it calls, then its own. */
export type ExplainedStatement = { query: string; plans: { "Query Text": string; Plan: PlanNode }[] };
