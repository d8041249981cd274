/** The public keys of a token issuer (JSON Web Key Set, RFC 7517), kept in the isolate. */
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import { z } from "zod";
import { describeError, log } from "../../base/log.ts";
import { withTimeLimit } from "../../base/time-limit.ts";
import { Problem } from "../problems.ts";

const TIMEOUT_MS = 5_000;

/**
 * How long keys are used before they are fetched again. So a key that the issuer has withdrawn is accepted for at most this
 * long.
 */
const FRESH_MS = 10 * 60_000;

/** The least time between two requests to the issuer, so that tokens with invented key ids cannot cause a flood of them. */
const PAUSE_MS = 60_000;

/** The same after a failed request. It is shorter, since nobody can sign in until a request succeeds. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** Only checks that a key is an object. Whether it is a valid JWK turns out when it is used. */
const keySchema = z.custom<HonoJsonWebKey>((key) => typeof key === "object" && key !== null);
const keySetSchema = z.object({ keys: z.array(keySchema) });

/**
 * Returns a function that returns all keys at a URL. If the key with the given id is unknown, it first fetches the keys again.
 * While the issuer does not answer, the known keys stay in use.
 * @throws Problem `session_keys_unavailable` when the id is unknown and the issuer does not answer
 */
export function openKeySet(url: string): (id: string) => Promise<HonoJsonWebKey[]> {
  let keys: HonoJsonWebKey[] = [];
  let fetchedAt = NEVER;
  let pause = { began: NEVER, ms: 0 };
  let isAnswering = false;
  let request: { began: number; done: Promise<unknown> } | undefined;

  async function refresh(): Promise<void> {
    try {
      keys = await withTimeLimit(TIMEOUT_MS, (signal) => fetchKeys(url, signal));
      isAnswering = true;
      fetchedAt = Date.now();
    } catch (error) {
      isAnswering = false;
      log("error", "session keys", describeError(error));
    }
    pause = { began: Date.now(), ms: isAnswering ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS };
    request = undefined;
  }

  /**
   * Concurrent callers share one request. The platform cancels the request when the invocation that started it ends, so each
   * caller waits no longer than the timeout.
   */
  async function refreshTogether(): Promise<void> {
    if (!request || !isRecent(request.began, TIMEOUT_MS)) request = { began: Date.now(), done: refresh() };
    await Promise.race([request.done, new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS))]);
  }

  return async (id) => {
    const isKnown = () => keys.some((key) => key.kid === id);
    const isGood = isKnown() && isRecent(fetchedAt, FRESH_MS);
    if (!isGood && !isRecent(pause.began, pause.ms)) await refreshTogether();
    if (!isKnown() && !isAnswering) throw new Problem("session_keys_unavailable");
    return keys;
  };
}

const NEVER = Number.NEGATIVE_INFINITY;

/** An instant in the future does not count as recent. Otherwise keys would be used for too long after the clock was set back. */
function isRecent(at: number, ms: number): boolean {
  const ageMs = Date.now() - at;
  return ageMs >= 0 && ageMs < ms;
}

async function fetchKeys(url: string, signal: AbortSignal): Promise<HonoJsonWebKey[]> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  return keySetSchema.parse(await response.json()).keys;
}
