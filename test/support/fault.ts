/**
 * What may go wrong between the service and its database. `isCarriedOut`: the statement has been carried out all the
 * same. `isNews`: the database itself says that it has not. `isLostConnection`: the service learns at once
 * that no answer will come, and not by waiting in vain.
 */
export const FAULTS = {
  refused: { isCarriedOut: false, isNews: false, isLostConnection: true },
  hang: { isCarriedOut: false, isNews: false, isLostConnection: false },
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

export type FaultKind = keyof typeof FAULTS | "slow";

/**
 * A fault, and which of the requests to come it hits: `times` of them, after the first `skip`. "too large": the rows are
 * more than the database sends at once.
 */
export type Fault = { kind: FaultKind | "too large"; skip?: number; times?: number };
