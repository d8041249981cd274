/** Rate limits: refuses addresses and callers that send too many requests. The limits are in wrangler.toml. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import ipaddr from "ipaddr.js";
import type { RateLimiter } from "../../config.ts";
import type { AppEnv } from "../env.ts";
import { answerProblem } from "../errors.ts";
import { Problem } from "../problems.ts";

const isWithin = async (limiter: RateLimiter | undefined, key: string | undefined) =>
  limiter === undefined || key === undefined || (await limiter.limit({ key })).success;

/**
 * Limits the requests of each address and, more strictly, its failed authentications: above that limit, a 401 becomes a 429.
 * Valid credentials still work from such an address, so nobody can lock out others who share it.
 */
export const limitAddress = createMiddleware<AppEnv>(async (c, next) => {
  const { address, failure } = c.env.config.limiters;
  const key = addressOf(c);
  if (!(await isWithin(address, key))) throw new Problem("too_many_requests");
  await next();
  if (c.res.status !== 401 || (await isWithin(failure, key))) return;
  c.res = answerProblem(c, "too_many_requests");
  // Hono copied this header from the 401.
  c.res.headers.delete("WWW-Authenticate");
});

/**
 * Limits the requests with one API key, or with the sessions of one user, whatever their addresses.
 * @throws Problem `too_many_requests`
 */
export async function limitCaller(c: Context<AppEnv>): Promise<void> {
  const { caller } = c.env.config.limiters;
  if (caller === undefined) return;
  const credential = c.get("credential");
  const key = "session" in credential ? credential.session.userId : credential.apiKeyHash;
  if (!(await isWithin(caller, key))) throw new Problem("too_many_requests");
}

/**
 * The client's address as reported by Cloudflare. For IPv6 it is the /64 network, since a client usually controls all of its
 * 2^64 addresses.
 */
function addressOf(c: Context): string | undefined {
  const address = c.req.header("CF-Connecting-IP");
  if (address === undefined || !ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(":");
}
