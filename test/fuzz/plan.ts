/** A request as the seed chooses it: a call that works, and what is done to it. */
import type { Json } from "../support/contract.ts";

/** Those whom the service knows, each for some operations. */
export const KNOWN_CALLERS = [
  "owner",
  "ownerBySession",
  "admin",
  "writer",
  "reader",
  "bare",
  "stranger",
  "runner",
  "runnerOfLaterAttempt",
  "runnerOfOtherRun",
  "invited",
] as const;

export type KnownCaller = (typeof KNOWN_CALLERS)[number];

/** How a token is sent. As a good one, it is `header`. */
export const CARRIERS = ["header", "lower case", "basic", "no scheme", "cookie", "own cookie", "both"] as const;

export type Carrier = (typeof CARRIERS)[number];

/** What is done to the bytes of a body, or comes in their place. */
export const WIRES = [
  "truncated",
  "no body",
  "blanks",
  "byte order mark",
  "bad UTF-8",
  "UTF-16",
  "deep",
  "very deep",
  "too large",
  "streamed",
  "streamed and too large",
  "a name twice",
  "__proto__",
  "trailing comma",
  "huge number",
  "form",
] as const;

export type Wire = (typeof WIRES)[number];

/** One thing that is done to a request. */
export type Twist =
  | { kind: "caller"; name: KnownCaller }
  | { kind: "unknown caller"; number: number }
  | { kind: "carrier"; carrier: Carrier }
  /** A path parameter, as it is in the URL. */
  | { kind: "path"; name: string; text: string }
  /** A path parameter that is an id, or a place for one. */
  | { kind: "id"; name: string; id: string }
  | { kind: "query"; name: string; values: string[] }
  | { kind: "no query"; name: string }
  /** Behind the query, as it is in the URL. */
  | { kind: "raw query"; text: string }
  | { kind: "header"; name: string; value: string }
  | { kind: "many headers"; count: number }
  | { kind: "field"; name: string; value: Json }
  | { kind: "no field"; name: string }
  | { kind: "body"; value: Json }
  | { kind: "wire"; how: Wire }
  /** The request is sent once more: what it was about may be there already, or gone. */
  | { kind: "again" };

/** `isTame`: the document allows all that is in it, whoever sends it. */
export type Plan = { operationId: string; isTame: boolean; twists: Twist[] };
