/** A run that appears between the lock of its definition and the judgement of the caller. */
import { v7 as uuid } from "uuid";
import { expect, it } from "vitest";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { callerOf } from "../support/sql-function.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

it("is not found, since its definition is not locked", async () => {
  const { sql } = service.database;
  const tenant = await createTenant(service.database);
  const [hidden, asked] = [await insertRun(service.database, tenant, { status: "PENDING" }), uuid()];
  const context = JSON.stringify(await callerOf(tenant.owner));
  const [, , , judged] = await sql.transaction([
    sql`alter function public.find_caller(jsonb) rename to find_caller_of_now`,
    sql`select set_config('late_run.hidden', ${hidden}, true), set_config('late_run.asked', ${asked}, true)`,
    // The first call is that of the lock. With the second one, which judges the caller, another transaction has inserted the run.
    sql`
      create function public.find_caller(p_credential jsonb) returns table (user_id uuid, tenant_id uuid, role text)
      language plpgsql as $$
      begin
        if current_setting('late_run.is_locked', true) = 'yes' then
          update public.workflow_runs set id = current_setting('late_run.asked')::uuid
          where id = current_setting('late_run.hidden')::uuid;
        end if;
        perform set_config('late_run.is_locked', 'yes', true);
        return query select * from public.find_caller_of_now(p_credential);
      end $$`,
    sql`select public.lock_and_judge_run(${context}::jsonb, ${asked}) as answer`,
    sql`drop function public.find_caller(jsonb)`,
    sql`alter function public.find_caller_of_now(jsonb) rename to find_caller`,
  ]);
  expect(judged).toEqual([{ answer: { tenant_id: tenant.id, refused: "not_found" } }]);
  const [row] = await sql`select id from workflow_runs where tenant_id = ${tenant.id}`;
  expect(row).toEqual({ id: asked });
});
