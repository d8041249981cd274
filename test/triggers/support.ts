/** What the tests of triggers have in common. */
import type { Service } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";
import { bodyAfter } from "./second-workflow.ts";

export const HOURLY = { cron: "0 * * * *", time_zone: "Europe/Berlin" };
export const MINUTELY = { cron: "* * * * *", time_zone: "UTC" };

/** Once an hour, last in this minute: so that a test does not depend on how many minutes begin while it runs. */
export const thisMinute = () => ({ cron: `${new Date().getUTCMinutes()} * * * *`, time_zone: "UTC" });

type Trigger = {
  id: string;
  user_id: string;
  labels: Record<string, string>;
  concurrency_key: string | null;
  is_active: boolean;
  next_at: string | null;
  pause_note: string | null;
  paused_by: { user_id: string; name: string } | null;
};

export type Firing = {
  id: string;
  outcome: string;
  cause: string;
  scheduled_at: string | null;
  scheduled_until: string | null;
  count: number;
  of_run_id: string | null;
  of_attempt: number | null;
  late_ms: number | null;
  run_id: string | null;
  reason: string | null;
  detail: unknown;
  user_id: string | null;
  delivery_id: string | null;
};

export const bodyOf = (schedule: object, more: object = {}) => ({ name: "Test", kind: "schedule", schedule, ...more });

/** Sends a request that must succeed, and returns its answer. */
export async function send<Answer>(
  service: Service,
  method: string,
  path: string,
  key: string,
  body?: object,
): Promise<Answer> {
  const response = await service.send(method, path, key, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** A new trigger of the tenant's definition. */
export const createTrigger = (
  service: Service,
  tenant: TestTenant,
  schedule: object,
  more: object = {},
  key = tenant.owner.key,
): Promise<Trigger> =>
  send(service, "POST", `/v1/workflow-definitions/${tenant.definitionId}/triggers`, key, bodyOf(schedule, more));

export const readTrigger = (service: Service, tenant: TestTenant, id: string): Promise<Trigger> =>
  send(service, "GET", `/v1/triggers/${id}`, tenant.owner.key);

/** The firings of a trigger, newest first. */
export async function readFirings(service: Service, tenant: TestTenant, id: string): Promise<Firing[]> {
  const path = `/v1/triggers/${id}/firings?limit=100`;
  return (await send<{ items: Firing[] }>(service, "GET", path, tenant.owner.key)).items;
}

/** Lets a trigger look as if its instants of the last `minutes` were not handled. The next of them is due. */
export async function backdate({ database }: Service, id: string, minutes: number): Promise<void> {
  await database.sql`
    update triggers
    set after_at = statement_timestamp() - make_interval(mins => ${minutes}), due_at = statement_timestamp() - interval '1 second',
      next_at = statement_timestamp() - interval '1 second'
    where id = ${id}`;
}

/** A new trigger of a workflow that fires after the runs of another. */
export const createAfter = (
  service: Service,
  definitionId: string,
  key: string,
  of: string,
  run: object = {},
  more: object = {},
): Promise<Trigger> =>
  send(service, "POST", `/v1/workflow-definitions/${definitionId}/triggers`, key, bodyAfter(of, run, more));
