import { callFunction } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { CLAIM_SECONDS, type Dispatch, dispatchesSchema } from "../runners/dispatch.ts";

export type Claim = {
  /** Only dispatches of this tenant. Null: of all tenants. */
  tenantId: string | null;
  limit: number;
  /** Runners to which all due dispatches can be sent at once. Other runners get one. */
  quick: readonly string[];
  /** Runners to which none may be sent. */
  busy: readonly string[];
};

/**
 * Claims up to `limit` due dispatches: until the claim expires, no other Worker sends them. The tenants take turns, and a
 * tenant's dispatches are claimed in the order in which they became due.
 */
export async function claimDueDispatches(db: Database, { tenantId, limit, quick, busy }: Claim): Promise<Dispatch[]> {
  const args = { tenant_id: tenantId, limit, quick, busy, dispatch_lease_seconds: CLAIM_SECONDS };
  return (await callFunction(db, "claim_dispatches", args, dispatchesSchema)).dispatches;
}
