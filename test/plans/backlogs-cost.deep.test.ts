/** What a firing costs a trigger with many firings, and a claim an endpoint with many due notifications. */
import { expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { createTrigger, HOURLY, send } from "../triggers/support.ts";
import { blocksRead, explained } from "./plans.ts";

const MANY = 40_000;

const service = await startService({ isNew: true });
await service.sweep();
const { sql } = service.database;
const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });

it(`a firing reads few firings when none of its trigger is old, and otherwise at most 1,000, of ${MANY} in the last seven days`, async () => {
  const [few, many] = [await createTrigger(service, tenant, HOURLY), await createTrigger(service, tenant, HOURLY)];
  const insert = (triggerId: string, count: number, ago: string) => sql`
    insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
    select gen_random_uuid(), ${tenant.id}, ${triggerId}, statement_timestamp() - ${ago}::interval + n * interval '10 s', 'REFUSED', 'hand',
      'paused'
    from generate_series(1, ${count}::int) n`;
  const fire = async (triggerId: string) => {
    const [, statements] = await explained(service, () =>
      send(service, "POST", `/v1/triggers/${triggerId}/fire`, tenant.owner.key),
    );
    return blocksRead(statements);
  };
  await insert(many.id, MANY, "6 days");
  await insert(few.id, 20, "3 days");
  await sql`analyze trigger_firings`;
  // The first ones also read the catalog, to plan.
  for (const { id } of [few, many]) await fire(id);
  for (const { id } of [few, many]) expect(await fire(id)).toBeLessThan(350);
  for (const { id, most } of [
    { ...few, most: 350 },
    { ...many, most: 900 },
  ]) {
    await insert(id, 2, "8 days");
    await fire(id);
    await insert(id, 2, "8 days");
    expect(await fire(id)).toBeLessThan(most);
  }
  const [kept] = await sql`
    select (count(*) filter (where trigger_id = ${few.id}))::int as few, (count(*) filter (where trigger_id = ${many.id}))::int as many
    from trigger_firings where at < statement_timestamp() - interval '7 days'`;
  expect(kept).toEqual({ few: 4, many: 0 });
});
