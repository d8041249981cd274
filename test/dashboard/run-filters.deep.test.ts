/** The filters of the list of runs by why runs failed, what they wait for, what has triggered them, and of several workflows. */
import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** The runs that a list has, newest first. */
async function listed(query: string, browser = owner): Promise<string[]> {
  const html = await browser.read(`/app/runs?${query}`);
  return [...html.matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id ?? "");
}

const set = (id: string, assignments: string) =>
  service.database.sql.query(`update workflow_runs set ${assignments} where id = $1`, [id]);

/** FAILED runs, the oldest first, each with its code. */
async function insertFailed(...codes: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [n, code] of codes.entries()) {
    const id = await insertRun(service.database, tenant, { status: "FAILED", error: `Error ${code}` });
    await set(id, `failure_code = '${code}', created_at = now() - interval '1 hour' + ${n} * interval '1 minute'`);
    ids.push(id);
  }
  return ids;
}

describe("the filters of the list of runs", () => {
  it("are by failure code, with the state that readers see", async () => {
    const [lost, reported, again] = await insertFailed("LOST", "REPORTED", "LOST");
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    const overdue = await insertRun(service.database, tenant, { status: "RUNNING", overdueSeconds: 60 });
    expect(await listed("code=LOST")).toEqual([again, lost]);
    expect(await listed("code=DEADLINE")).toEqual([overdue]);
    expect(await listed("code=LOST&code=REPORTED")).toEqual([again, reported, lost]);
    expect(await listed("code=LOST&status=COMPLETED")).toEqual([]);
    expect(await listed("code=LOST&status=FAILED")).toEqual([again, lost]);
    expect(await listed("code=LOST&error=reported")).toEqual([]);
    expect(await listed("code=REPORTED&error=reported")).toEqual([reported]);
    expect(await listed("code=OTHER&status=COMPLETED")).toHaveLength(1);
    expect(await listed("code=LOST", user)).toEqual([]);
    const html = await owner.read("/app/runs?code=LOST");
    expect(/Failed <span class="count">([^<]*)</.exec(html)?.[1]).toBe("2");
  });

  it("are by several workflows", async () => {
    const { sql } = service.database;
    const others = [await addWorkflow(service.database, tenant), await addWorkflow(service.database, tenant)];
    const ids = [tenant.definitionId, ...others];
    const runs: string[] = [];
    for (const [n, definitionId] of ids.entries()) {
      const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
      await sql`update workflow_runs set workflow_definition_id = ${definitionId}, created_at = now() - ${n} * interval '1 minute'
        where id = ${id}`;
      runs.push(id);
    }
    const [first, second, third] = runs;
    expect(
      await listed(
        ids
          .slice(0, 2)
          .map((id) => `workflow=${id}`)
          .join("&"),
      ),
    ).toEqual([first, second]);
    expect(await listed(`workflow=${others[1]}`)).toEqual([third]);
    expect(await listed(ids.map((id) => `workflow=${id}`).join("&"))).toEqual(runs);
    expect(await listed(`workflow=${others[0]}&workflow=${others[1]}&status=FAILED`)).toEqual([]);
  });

  it("are by trigger, and by what a person has triggered", async () => {
    const { sql } = service.database;
    const [trigger, other] = [uuid(), uuid()];
    const ids: string[] = [];
    for (const id of [trigger, other, null]) {
      const run = await insertRun(service.database, tenant, { status: "COMPLETED" });
      const by = id && JSON.stringify({ trigger_id: id, trigger_name: "Nightly", cause: "schedule" });
      await sql`update workflow_runs set triggered_by = ${by}::jsonb where id = ${run}`;
      ids.push(run);
    }
    expect(await listed(`trigger=${trigger}`)).toEqual([ids[0]]);
    expect(await listed("trigger=person")).toEqual([ids[2]]);
    expect(new Set(await listed(`trigger=person&trigger=${other}`))).toEqual(new Set([ids[1], ids[2]]));
  });

  it("are by several triggers, also by one that was deleted", async () => {
    const { sql } = service.database;
    const others = [await addWorkflow(service.database, tenant), await addWorkflow(service.database, tenant)];
    const triggers = [uuid(), uuid()];
    const runs: string[] = [];
    for (const [n, definitionId] of others.entries()) {
      const run = await insertRun(service.database, tenant, { status: "COMPLETED" });
      const by = JSON.stringify({ trigger_id: triggers[n], trigger_name: "Nightly", cause: "schedule" });
      await sql`update workflow_runs set workflow_definition_id = ${definitionId}, triggered_by = ${by}::jsonb where id = ${run}`;
      runs.push(run);
    }
    // The other one is deleted.
    await sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
      values (${triggers[0]}, ${tenant.id}, ${others[0]}, ${tenant.owner.id}, 'Nightly', 'schedule', '{}', now())`;
    const query = triggers.map((id) => `trigger=${id}`).join("&");
    expect(new Set(await listed(query))).toEqual(new Set(runs));
    expect(new Set(await listed(query.toUpperCase().replaceAll("TRIGGER", "trigger")))).toEqual(new Set(runs));
  });

  it("are by what PENDING runs wait for", async () => {
    const { sql } = service.database;
    const waiting = await insertRun(service.database, tenant, { status: "PENDING" });
    const [delayed, backOff] = [
      await insertRun(service.database, tenant, { status: "PENDING" }),
      await insertRun(service.database, tenant, { status: "PENDING" }),
    ];
    await set(delayed, "queue_position = null, not_before = now() + interval '1 hour'");
    await set(backOff, "queue_position = null, not_before = now() + interval '1 hour', attempt = 2");
    const expired = await insertRun(service.database, tenant, { status: "PENDING" });
    await set(expired, "deadline_at = now() - interval '1 minute'");
    expect(await listed("waits=queue")).toEqual([waiting]);
    expect(await listed("waits=delayed")).toEqual([delayed]);
    expect(new Set(await listed("waits=delayed&waits=back_off"))).toEqual(new Set([delayed, backOff]));
    expect(await listed("code=EXPIRED")).toEqual([expired]);
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(new Set(await listed("waits=paused"))).toEqual(new Set([waiting, delayed, backOff]));
    expect(await listed("waits=queue&waits=delayed&waits=back_off")).toEqual([]);
    expect(await listed("waits=paused&code=EXPIRED")).toEqual([]);
  });

  it("have pages, each run once, and the page of a run leads to those around it with the same filter", async () => {
    const codes = Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? "LOST" : "REPORTED"));
    const lost = (await insertFailed(...codes)).filter((_, n) => n % 2 === 0).toReversed();
    const html = await owner.read("/app/runs?code=LOST");
    const next = /href="\/app\/runs\?([^"]+)">Next/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect([...(await listed("code=LOST")), ...(await listed(next))]).toEqual(lost);

    const page = (id: string | undefined) => owner.read(`/app/runs/${id}?in=code%3DLOST`);
    const around = (text: string) =>
      ["← Previous run", "Next run →"].map(
        (words) => new RegExp(`href="/app/runs/([0-9a-f-]{36})\\?in=code%3DLOST">${words}`).exec(text)?.[1],
      );
    const middle = await page(lost[24]);
    expect(around(middle)).toEqual([lost[23], lost[25]]);
    expect(middle).toContain('href="/app/runs?code=LOST">Runs</a>');
    expect(around(await page(lost[0]))).toEqual([undefined, lost[1]]);
    expect(around(await page(lost.at(-1)))).toEqual([lost.at(-2), undefined]);
    const [, requests] = await service.counted(() => page(lost[24]));
    expect(requests).toBe(1);
  });

  it("are kept by what is done on the page of a run", async () => {
    const [first, second] = await insertFailed("LOST", "LOST");
    const path = `/app/runs/${first}?in=code%3DLOST`;
    // A refresh of the page, too.
    for (const headers of [{}, { "HX-Request": "true" }]) {
      const html = await (await owner.get(path, headers)).text();
      const actions = Array.from(html.matchAll(/action="([^"]+)"/g), ([, action]) => action);
      expect(actions).toEqual(
        expect.arrayContaining([
          ...["retry", "delete"].map((what) => `/app/runs/${first}/${what}?in=code%3DLOST`),
          `/app/workflows/${tenant.definitionId}/invoke?in=code%3DLOST`,
        ]),
      );
    }
    const goesTo = async (form: string, fields = {}) =>
      (await owner.post(`${form}?in=code%3DLOST`, fields)).headers.get("Location");
    expect(await goesTo(`/app/runs/${first}/retry`)).toBe(path);
    expect(await goesTo(`/app/runs/${first}/stop`)).toBe(path);
    const again = await goesTo(`/app/workflows/${tenant.definitionId}/invoke`, { run: String(first) });
    expect(again).toMatch(/^\/app\/runs\/[0-9a-f-]{36}\?in=code%3DLOST$/);
    expect(await goesTo(`/app/runs/${second}/delete`)).toBe("/app/runs?code=LOST");
  });
});
