/** Which requests have large rate limits, from what this isolate remembers. So finding the class of a request costs no call. */
import { remember } from "../../base/memo.ts";

/** How many callers and addresses are remembered. The oldest is forgotten first. Its next request then has the default limits. */
const MOST_REMEMBERED = 10_000;

let largeTenants: ReadonlySet<string> = new Set();

/** The tenant of each remembered caller and address, if that tenant has large limits. */
const tenants = new Map<string, string>();

/** Called with the ids of all tenants that have large limits, whenever the isolate has told the database which credentials were used. */
export function knowLargeTenants(tenantIds: readonly string[]): void {
  largeTenants = new Set(tenantIds);
}

/**
 * Called when a request was answered. Remembers which tenant its caller and its address belong to, if that tenant has large limits. Others
 * who share the address then have its large limit, too.
 */
export function learnTenant(tenantId: string | null, keys: readonly (string | undefined)[]): void {
  if (tenantId === null || !largeTenants.has(tenantId)) return;
  for (const key of keys) if (key !== undefined) remember(tenants, key, tenantId, MOST_REMEMBERED);
}

/**
 * True when a request has large limits. As long as it has not proved its tenant, `tenantId` is null, and the remembered tenant of `key`
 * counts.
 */
export const isLarge = (key: string | undefined, tenantId: string | null): boolean =>
  largeTenants.size > 0 && largeTenants.has(tenantId ?? tenants.get(key ?? "") ?? "");
