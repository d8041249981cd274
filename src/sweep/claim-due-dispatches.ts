import { callFunction } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { DISPATCH_LEASE_SECONDS, type Dispatch, dispatchesSchema } from "../runners/dispatch.ts";

export type Claim = {
  /** Only of this tenant. Null: of all. */
  tenantId: string | null;
  limit: number;
  /** Runners that are sent as many dispatches as are due; others are sent one. */
  quick: readonly string[];
  /** Runners that are sent none. */
  busy: readonly string[];
};

/**
 * Takes up to `limit` due dispatches under a lease: until it runs out nobody else sends them. The tenants take turns, and
 * of each tenant the dispatches that have been due longest come first.
 */
export async function claimDueDispatches(db: Database, { tenantId, limit, quick, busy }: Claim): Promise<Dispatch[]> {
  const args = { tenant_id: tenantId, limit, quick, busy, dispatch_lease_seconds: DISPATCH_LEASE_SECONDS };
  return (await callFunction(db, "claim_dispatches", args, dispatchesSchema)).dispatches;
}
