/** The classes of rate limits, as far as this isolate knows them: it asks nobody for the class of a request. */
import { remember } from "../../memo.ts";

/** How many callers and addresses are remembered. The oldest is forgotten first, and then has the default limits again for a request. */
const MOST_REMEMBERED = 10_000;

let largeTenants: ReadonlySet<string> = new Set();

/** The tenants of callers and addresses; only of tenants with large limits. */
const tenants = new Map<string, string>();

/** Called with the ids of all tenants that have large limits, whenever the isolate has told the database which credentials were used. */
export function knowLargeTenants(tenantIds: readonly string[]): void {
  largeTenants = new Set(tenantIds);
}

/**
 * Remembers the tenant of a caller and an address, when a request of theirs was answered, if that tenant has large limits. Whoever shares
 * the address with that tenant then has the same limit.
 */
export function learnTenant(tenantId: string | null, keys: readonly (string | undefined)[]): void {
  if (tenantId === null || !largeTenants.has(tenantId)) return;
  for (const key of keys) if (key !== undefined) remember(tenants, key, tenantId, MOST_REMEMBERED);
}

/** True when a request has large limits. `tenantId` is null as long as the request has not proved its tenant. */
export const isLarge = (key: string | undefined, tenantId: string | null): boolean =>
  largeTenants.size > 0 && largeTenants.has(tenantId ?? tenants.get(key ?? "") ?? "");
