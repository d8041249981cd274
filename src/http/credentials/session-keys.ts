/** The public keys of a token issuer (JSON Web Key Set, RFC 7517), kept in the isolate. */
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import { z } from "zod";
import { describeError, log } from "../../log.ts";
import { withTimeLimit } from "../../time-limit.ts";
import { Problem } from "../problems.ts";

const TIMEOUT_MS = 5_000;

/** Then they are fetched again, so that a key which its issuer has withdrawn does not stay valid. */
const FRESH_MS = 10 * 60_000;

/** Tokens with made-up key ids must not make us flood the issuer. */
const PAUSE_MS = 60_000;

/** Nobody can sign in meanwhile, so a failure is not waited out as long. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** What is wrong inside a key shows when it is used. */
const keySchema = z.custom<HonoJsonWebKey>((key) => typeof key === "object" && key !== null);
const keySetSchema = z.object({ keys: z.array(keySchema) });

/**
 * The keys at a URL. The function it returns answers all of them, and looks again before it leaves out the one with
 * this id; known keys are answered while the issuer is away.
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

  /** One request serves all who ask meanwhile. It dies with the caller that began it, so it is not trusted for long. */
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

/** Nothing is recent any more once the clock was set back: else it would stay so for as long as that. */
function isRecent(at: number, ms: number): boolean {
  const ageMs = Date.now() - at;
  return ageMs >= 0 && ageMs < ms;
}

async function fetchKeys(url: string, signal: AbortSignal): Promise<HonoJsonWebKey[]> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  return keySetSchema.parse(await response.json()).keys;
}
