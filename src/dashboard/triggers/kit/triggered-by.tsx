/** What has triggered a run, if no person has invoked it. */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../../../db/client.ts";
import type { FiringCause } from "../../../db/enums.ts";
import { triggers as t } from "../../../db/trigger-tables.ts";
import { r } from "../../../runs/run-rows.ts";
import { Name } from "../../components.tsx";

/** The trigger of a run, as it was called then. `is_there` is false when it was deleted since. */
export type TriggerOfRun = {
  id: string;
  name: string;
  cause: FiringCause;
  /** The run after which it has fired; null for another cause. */
  of_run_id: string | null;
  is_there: boolean;
};

/**
 * Selects the trigger of a run; null for a run that a person has invoked. The trigger is looked up by `limit 1` and not by `exists`, for
 * which the planner might read the triggers of all tenants.
 */
export const triggerOfRun = (db: Database): SQL<TriggerOfRun | null> =>
  sql<TriggerOfRun | null>`case when ${r.triggeredBy} is not null then jsonb_build_object(
    'id', ${r.triggeredBy} -> 'trigger_id', 'name', ${r.triggeredBy} -> 'trigger_name', 'cause', ${r.triggeredBy} -> 'cause',
    'of_run_id', ${r.triggeredBy} -> 'of_run_id',
    'is_there', (${db
      .select({ id: t.id })
      .from(t)
      .where(sql`${t.tenantId} = ${r.tenantId} and ${t.id} = (${r.triggeredBy} ->> 'trigger_id')::uuid`)
      .limit(1)}) is not null) end`;

/** How a trigger came to trigger a run. */
export const CAUSES: Record<FiringCause, string> = {
  schedule: "on its schedule",
  run: "after another run",
  hand: "fired by hand",
  backfill: "for an instant of the past",
  webhook: "by a message",
};

export const TriggerLink = ({ trigger: { id, name, is_there } }: { trigger: TriggerOfRun }) =>
  is_there ? (
    <a href={`/app/triggers/${id}`}>
      <Name>{name}</Name>
    </a>
  ) : (
    <Name>{name}</Name>
  );
