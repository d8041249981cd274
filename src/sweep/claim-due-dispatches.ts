import { callFunction } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { DISPATCH_LEASE_SECONDS, type Dispatch, dispatchesSchema } from "../runners/dispatch.ts";

export type Claim = {
  /** Only of this tenant. Null: of all. */
  tenantId: string | null;
  limit: number;
  /** Runners that get as many dispatches as are due. Any other runner gets one. */
  quick: readonly string[];
  /** Runners that get none. */
  busy: readonly string[];
};

/**
 * Claims up to `limit` due dispatches under a lease: until it expires, no other Worker sends them. The tenants take turns, and
 * each tenant's dispatches are claimed in the order in which they became due.
 */
export async function claimDueDispatches(db: Database, { tenantId, limit, quick, busy }: Claim): Promise<Dispatch[]> {
  const args = { tenant_id: tenantId, limit, quick, busy, dispatch_lease_seconds: DISPATCH_LEASE_SECONDS };
  return (await callFunction(db, "claim_dispatches", args, dispatchesSchema)).dispatches;
}
