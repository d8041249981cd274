import type { RunSnapshot } from "../runs/run.ts";

/** A run that has to be handed to its runner, and all that the hand-over needs. Instants are RFC 3339. */
export type DispatchRow = {
  run_id: string;
  tenant_id: string;
  workflow_definition_id: string;
  attempt: number;
  /** How often it has been tried, this time included. */
  dispatch_count: number;
  deadline_at: string;
  run_snapshot: RunSnapshot;
  /** Null when the definition has lost its runner since. */
  runner_url: string | null;
  webhook_secret_encrypted: string | null;
  /** The database's clock. */
  claimed_at: string;
};
