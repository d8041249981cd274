/** The page of failures that are alike. */
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** A run that has FAILED, or was COMPLETED, so many minutes ago. */
async function insertEnded(minutesAgo: number, error: string | null, userId = tenant.owner.id): Promise<string> {
  const run = error === null ? { status: "COMPLETED" as const } : { status: "FAILED" as const, error };
  const id = await insertRun(service.database, tenant, { ...run, userId });
  await service.database.sql`
    update workflow_runs set created_at = now() - ${minutesAgo} * interval '1 minute', started_at = created_at,
      completed_at = now() - ${minutesAgo} * interval '1 minute' where id = ${id}`;
  return id;
}

/** The rows of the page: how many runs, the link to them, the example, and what is said of who has seen it. */
async function rowsOf(browser = owner) {
  const html = await browser.read("/app/failures");
  return html
    .split("<tr id=")
    .slice(1)
    .map((row) => ({
      runs: Number(/\/app\/runs\?[^"]*">(\d+)</.exec(row)?.[1]),
      list: /href="(\/app\/runs\?[^"]*)"/.exec(row)?.[1]?.replaceAll("&amp;", "&") ?? "",
      example: /href="\/app\/runs\/([0-9a-f-]{36})"/.exec(row)?.[1],
      seen: /data-label="Seen"><span class="wrap">(.*?)<\/span>/s.exec(row)?.[1]?.replaceAll(/<[^>]*>/g, "") ?? null,
      fields: Object.fromEntries(
        [...row.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
          name ?? "",
          value ?? "",
        ]),
      ),
    }));
}

const listed = async (href: string) =>
  [...(await owner.read(href)).matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id ?? "");

const TRACEBACK = (line: number) => `Traceback (most recent call last):
  File "/srv/app/main.py", line ${line}, in work
    total(rows)
ValueError: no row ${line} in "sales-${line}.csv"`;

describe("failures that are alike", () => {
  it("are one row for each workflow, failure code and error, whatever differs from run to run", async () => {
    const { sql } = service.database;
    const timeouts = [
      await insertEnded(30, "Timeout after 31 s at https://files.example/a/1"),
      await insertEnded(20, "Timeout after 7.5 s at https://files.example/b/2?x=1"),
    ];
    const traces = [await insertEnded(15, TRACEBACK(12)), await insertEnded(5, TRACEBACK(40))];
    const [lost, other] = [
      await insertEnded(4, "Timeout after 2 s at /x"),
      await insertEnded(3, "Timeout after 2 s at /x"),
    ];
    await sql`update workflow_runs set failure_code = 'LOST' where id = ${lost}`;
    const second = await addWorkflow(service.database, tenant);
    await sql`update workflow_runs set workflow_definition_id = ${second} where id = ${other}`;
    await insertEnded(8 * 24 * 60, "Long ago");

    const [rows, requests] = await service.counted(() => rowsOf());
    expect(requests).toBe(1);
    expect(rows.map(({ runs, example }) => [runs, example])).toEqual([
      [1, other],
      [1, lost],
      [2, traces[1]],
      [2, timeouts[1]],
    ]);
    expect(await listed(rows[3]?.list ?? "")).toEqual(timeouts.toReversed());
    expect(await listed(rows[2]?.list ?? "")).toEqual(traces.toReversed());
    expect(await listed(rows[1]?.list ?? "")).toEqual([lost]);
  });

  it.each([
    ["Run 0192a3b4-0000-7000-8000-0000000003fF failed", "v2 Run # failed"],
    ["read 0xDEADBEEF and deadbeef01 of 1,024.5 bytes", "v2 read # and # of # bytes"],
    ["can't open 'a b.txt' in C:\\tmp\\x or /var/log/app.log", "v2 can't open … in … or …"],
    ['no key "customer", `id` or “name”', "v2 no key …, … or …"],
    ["first line\nsecond line", "v2 first line"],
    [TRACEBACK(7), "v2 ValueError: no row # in …"],
    ["x".repeat(500), `v2 ${"x".repeat(200)}`],
    ["", "v2 "],
  ])("have a fingerprint without what differs: %j", async (error, fingerprint) => {
    const [row] = await service.database.sql`select error_fingerprint(${error}) as text`;
    expect(row?.text).toBe(fingerprint);
  });

  it("cost linear time to tell apart, whatever a runner has reported", async () => {
    const dear = ["a", "ab.", "a1b2", "“", "\\1,"].map((part) => `${part.repeat(8000).slice(0, 8180)}:/x"a"`);
    // 500 of these took more than a minute when a pattern looked for its rest from each character on.
    const { sql } = service.database;
    const [, rows] = await sql.transaction([
      sql`set local statement_timeout = '10s'`,
      sql`select count(error_fingerprint(e.error || n))::int as count
        from unnest(${dear}::text[]) e (error), generate_series(1, 100) n`,
    ]);
    expect(rows).toEqual([{ count: 500 }]);
  });

  it("are seen by somebody, with a note, until one comes again after a success", async () => {
    await insertEnded(60, "Boom 1");
    const [row] = await rowsOf();
    const [seen, requests] = await service.counted(() =>
      owner.post("/app/failures/seen", { ...row?.fields, note: "Ida looks into it" }),
    );
    expect([seen.status, requests]).toEqual([303, 1]);
    const { sql } = service.database;
    await sql`update seen_failures set seen_at = now() - interval '50 minutes' where tenant_id = ${tenant.id}`;
    const note = async () => (await rowsOf())[0]?.seen ?? null;
    expect(await note()).toContain("Ida looks into it");
    await insertEnded(40, "Boom 2");
    expect(await note()).toContain("Ida looks into it");
    await insertEnded(30, null);
    expect(await note()).toContain("Ida looks into it");
    await insertEnded(20, "Boom 3");
    expect([await note(), (await rowsOf())[0]?.runs]).toEqual([null, 3]);
    const changes = await sql`select action, detail from audit_events where tenant_id = ${tenant.id}`;
    expect(changes).toEqual([
      {
        action: "workflow_definition.failure_seen",
        detail: { failure_code: "REPORTED", fingerprint: "v2 Boom #", note: "Ida looks into it" },
      },
    ]);
  });

  it("are for a USER those of their own runs, and only who may change the workflow says that they have seen one", async () => {
    await insertEnded(9, "Boom 1");
    const own = await insertEnded(8, "Boom 2", tenant.user.id);
    const [row, ...others] = await rowsOf(user);
    expect([row?.runs, row?.example, row?.fields, others]).toEqual([1, own, {}, []]);
    const fields = (await rowsOf())[0]?.fields;
    expect((await user.post("/app/failures/seen", { ...fields, note: "" })).status).toBe(404);
    expect((await owner.post("/app/failures/seen", { ...fields, note: "x".repeat(501) })).status).toBe(422);
  });
});
