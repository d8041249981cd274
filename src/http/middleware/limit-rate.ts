/**
 * Rate limits: refuses addresses and callers that send too many requests. The limits are in wrangler.toml: those that most tenants have,
 * and larger ones, which the operator gives to a tenant (`set_limits` in SQL).
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import ipaddr from "ipaddr.js";
import type { RateLimiter } from "../../bindings.ts";
import { tenantOfRequest } from "../../db/meter.ts";
import type { AppEnv } from "../env.ts";
import { answerProblem } from "../errors.ts";
import { Problem } from "../problems.ts";
import { type BodyRule, ruleOf } from "./bound-request.ts";
import { isLarge, learnTenant } from "./limit-class.ts";
import { askForClasses } from "./note-use.ts";

const isWithin = async (limiter: RateLimiter | undefined, key: string | undefined) =>
  limiter === undefined || key === undefined || (await limiter.limit({ key })).success;

/** The limiters for tenants with large limits, in place of those for all others. */
const LARGE = { address: "largeAddress", caller: "largeCaller" } as const;

/**
 * Counts a request by `key`, by the limiter of its class.
 * @throws Problem `too_many_requests`
 */
async function count(c: Context<AppEnv>, what: "address" | "caller", key: string | undefined): Promise<void> {
  const name = isLarge(key, tenantOfRequest()) ? LARGE[what] : what;
  if (await isWithin(c.env.config.limiters[name], key)) return;
  // The operator may have given larger limits to the tenant meanwhile.
  askForClasses(c);
  throw new Problem("too_many_requests");
}

/**
 * Limits the requests of each address and, more strictly, its failed authentications: above that limit, a 401 becomes a 429.
 * Valid credentials still work from such an address, so nobody can lock out others who share it. Of messages that should be
 * signed, only those that are not are counted: their senders have the same addresses for all their customers. See {@link limitLookUp}.
 */
export const limitAddress = (rules: readonly BodyRule[]) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const isSigned = ruleOf(rules, c)?.isSigned === true;
    const address = addressOf(c);
    const key = isSigned ? undefined : address;
    await count(c, "address", key);
    await next();
    learnTenant(tenantOfRequest(), [key, c.var.countedAs]);
    if (c.res.status !== 401 || (await isWithin(c.env.config.limiters.failure, address))) return;
    c.res = answerProblem(c, "too_many_requests");
    // Hono copied this header from the 401.
    c.res.headers.delete("WWW-Authenticate");
  });

/**
 * Limits the requests of one caller, whatever their addresses: with one API key, with the sessions of one user, with the tokens
 * of one run, with those of one runner's session, or the messages to one trigger. `key` names the caller.
 * @throws Problem `too_many_requests`
 */
export async function limitCaller(c: Context<AppEnv>, key: string): Promise<void> {
  c.set("countedAs", key);
  await count(c, "caller", key);
}

/**
 * Counts a signed message as a request of its address, but only when the database has to be asked how it must be signed. For a known
 * sender that is once a minute. Somebody who tries ids at random has the same limit as in the rest of the API.
 * @throws Problem `too_many_requests`
 */
export async function limitLookUp(c: Context<AppEnv>): Promise<void> {
  await count(c, "address", addressOf(c));
}

/**
 * The client's address as reported by Cloudflare. For IPv6 it is the /64 network, since a client usually controls all of its
 * 2^64 addresses.
 */
function addressOf(c: Context): string | undefined {
  const address = c.req.header("CF-Connecting-IP");
  if (address === undefined || !ipaddr.isValid(address)) return address;
  // A proxy may write an IPv4 address as one of IPv6: `::ffff:192.0.2.1`.
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}
