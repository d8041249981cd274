/** Runs that are suspended, and the answers to their questions. */
import type { Service } from "./service.ts";
import { runToken, type TestTenant } from "./tenant.ts";

/** A question that whoever may invoke the workflow may answer, also with a key. */
export const QUESTION = {
  ...{ key: "approve", kind: "question", prompt: "Pay invoice 4711?", choices: ["yes", "no"], people_only: false },
};

/** A wait for the signal `paid`. */
export const signal = (correlation?: string, key = "paid") => ({ key, kind: "signal", name: "paid", correlation });

/** Sends the signal of {@link signal}, or another one. */
export const sendSignal = (
  service: Service,
  { definitionId, owner }: TestTenant,
  { key = owner.key, ...body }: { key?: string; name?: string; correlation: string; id?: string; payload?: unknown },
) => service.send("POST", `/v1/workflow-definitions/${definitionId}/signals`, key, { name: "paid", ...body });

export const timer = (seconds: number, key = "later") => ({ key, kind: "timer", seconds });

export type Suspension = {
  suspended: boolean;
  outcomes: Record<string, { outcome: string; value?: string; payload?: unknown }> | null;
};

/** Suspends a run like the runner of this attempt. */
export const suspend = async (
  service: Service,
  tenant: TestTenant,
  runId: string,
  waits: readonly object[] = [QUESTION],
  { attempt = 1, ...more }: { attempt?: number; timeout_seconds?: number; on_timeout?: string; note?: string } = {},
): Promise<Response> =>
  service.send("POST", `/v1/workflow-runs/${runId}/suspend`, await runToken(tenant, runId, attempt), {
    ...{ waits, ...more },
  });

/** Lets the time of a suspended run be over in up to 21 ms, as `n` has it, so that its end comes a little before or after what is done at once. */
export const endSoon = ({ database: { sql } }: Service, runId: string, n: number) =>
  sql.transaction([
    sql`
      update workflow_runs
      set not_before = case when not_before is not null then at end, deadline_at = case when deadline_at is not null then at end
      from (select date_trunc('milliseconds', clock_timestamp()) + ${3 * (n % 8)}::int * interval '1 ms' as at) soon where id = ${runId}`,
    sql`
      update run_waits w set times_out_at = r.not_before from workflow_runs r where r.id = w.run_id and w.run_id = ${runId}`,
    sql`
      update run_suspensions s set ends_at = coalesce(r.not_before, r.deadline_at)
      from workflow_runs r where r.id = s.run_id and s.run_id = ${runId}`,
  ]);

/** Answers the question of {@link QUESTION}, or another one. */
export const answer = (
  service: Service,
  key: string,
  runId: string,
  body: object = { value: "yes" },
  wait = "approve",
) => service.send("POST", `/v1/workflow-runs/${runId}/waits/${wait}/answer`, key, body);

/** The open questions that a caller may answer. */
export async function listWaits(service: Service, key: string, query = ""): Promise<Waits> {
  const response = await service.get(`/v1/waits${query}`, key);
  if (response.status !== 200) throw new Error(`waits: ${response.status} ${await response.text()}`);
  return response.json<Waits>();
}
type Waits = { items: { run_id: string; key: string; prompt: string; ends_at: string }[]; next_cursor: string | null };
