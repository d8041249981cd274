import { vi } from "vitest";
import type { Service } from "./service.ts";

/** Waits until older transactions, of other tests in the same Postgres, hold back no event of the tenant. Some take long: they fill tables. */
export const settle = ({ database: { sql } }: Pick<Service, "database">, tenant: { id: string }) =>
  vi.waitFor(
    async () => {
      const [row] = await sql`
        select coalesce(max(xid::text::bigint) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint, true) as is_settled
        from workflow_run_events where tenant_id = ${tenant.id}`;
      if (!row?.is_settled) throw new Error("Another transaction holds events back.");
    },
    { timeout: 60_000, interval: 50 },
  );
