import { beforeEach, describe, expect, it } from "vitest";
import { type Browser, openTenant, PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { callBack, inSeconds, insertRun, invoke, invokePath, makeOverdue, passInstants } from "../support/lifecycle.ts";
import { insertParts } from "../support/path-parts.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";
import { createTrigger, type Firing, HOURLY, send } from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
let tenant: TestTenant;
let owner: Browser;

beforeEach(async () => {
  ({ tenant, owner } = await openTenant(service));
});

/** A section of a page, by its label. */
const sectionOf = (html: string, label: string) => {
  const start = html.indexOf(`aria-label="${label}"`);
  return start < 0 ? "" : html.slice(start, html.indexOf("</section>", start));
};

describe("the page of a failed run", () => {
  it("says the cause, the runner's last answer, what to do, and where the log and the result are", async () => {
    const runner = await startFakeRunner([{ status: 202 }]);
    tenant = await createTenant(service.database, { runnerUrl: runner.url });
    owner = await signIn(service, tenant.owner.key);
    const id = await invoke(service, tenant);
    const log = { sequence: 0, text: "Out of disk" };
    await service.send("POST", `/v1/workflow-runs/${id}/log`, await runToken(tenant, id), log);
    await callBack(service, tenant, id, { status: "FAILED", error: "The disk is full.", output: { free: 0 } });
    const failure = sectionOf(await owner.read(`/app/runs/${id}`), "Error");
    for (const said of ["The disk is full.", "It accepted the run with 202.", "The runner reported the failure."]) {
      expect(failure).toContain(said);
    }
    expect([failure.includes('href="#log"'), failure.includes('href="#result"')]).toEqual([true, true]);
    expect(await (await owner.get(`/app/runs/${id}/log?attempt=1`)).text()).toContain("Out of disk");
  });

  it("says that no runner accepted it, with the reason of the last try", async () => {
    const id = await invoke(service, tenant);
    await makeOverdue(service, id);
    const failure = sectionOf(await owner.read(`/app/runs/${id}`), "Error");
    expect(failure).toContain("The runner never took it");
    expect(failure).toContain("Check that the runner is running");
  });

  it("says that a newer run took its place, and links to that one", async () => {
    await service.database.sql`
      update workflow_definitions set when_busy = 'replace_queued' where id = ${tenant.definitionId}`;
    const [, id, newer] = [await invoke(service, tenant), await invoke(service, tenant), await invoke(service, tenant)];
    const html = await owner.read(`/app/runs/${id}`);
    const failure = sectionOf(html, "Error");
    for (const said of [
      `Superseded by run ${newer}.`,
      `href="/app/runs/${newer}"`,
      "Retry it to run it nevertheless.",
    ]) {
      expect(failure).toContain(said);
    }
    expect(html).toContain("Superseded by a newer run");
    await owner.post(`/app/runs/${id}/retry`);
    expect(sectionOf(await owner.read(`/app/runs/${id}`), "Attempts")).toContain(`Superseded by run ${newer}.`);
  });

  it("keeps the errors of earlier attempts after a retry, and shows the time of each attempt", async () => {
    const id = await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "FAILED", error: "First trouble." });
    await owner.post(`/app/runs/${id}/retry`);
    await service.send("POST", `/v1/workflow-runs/${id}/stop`, tenant.owner.key, { reason: "second thoughts" });
    await owner.post(`/app/runs/${id}/retry`);
    const html = await owner.read(`/app/runs/${id}`);
    expect(sectionOf(html, "Error")).toBe("");
    const earlier = sectionOf(html, "Attempts");
    expect(earlier).toContain("First trouble.");
    expect(earlier).toMatch(/Stopped by [^<]*: second thoughts/);
    expect([...earlier.matchAll(/<svg class="time-bar/g)]).toHaveLength(3);
    // All bars have one scale: an attempt begins where the one before it has ended, or later.
    const bars = [...earlier.matchAll(/<svg class="time-bar.*?<\/svg>/gs)].map(([bar]) =>
      [...bar.matchAll(/class="phase[^"]*" x="([\d.]+)"[^>]* width="([\d.]+)"/g)].map(([, x, width]) => [
        Number(x),
        Number(width),
      ]),
    );
    const starts = bars.map(([first]) => first?.[0] ?? -1);
    expect([starts[0], starts]).toEqual([0, starts.toSorted((a, b) => a - b)]);
  });

  it("says of an attempt that its runner gave back that this gave no reason", async () => {
    await useLeases(service, tenant);
    const id = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    for (const lease of (await runner.lease()).leases) await runner.release(lease);
    const earlier = sectionOf(await owner.read(`/app/runs/${id}`), "Attempts");
    expect(earlier).toMatch(/Attempt 1: given back.*It gave no reason\./s);
  });

  it("says that an earlier attempt failed, also when only an event after its end is among the 200 that are listed", async () => {
    const id = await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "FAILED", error: "First trouble." });
    expect((await callBack(service, tenant, id, { status: "COMPLETED" })).status).toBe(409);
    await owner.post(`/app/runs/${id}/retry`);
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select ${tenant.id}, ${id}, 2, 'QUEUED'
      from generate_series(1, 199 - (select count(*) from workflow_run_events where run_id = ${id} and attempt = 2))`;
    const earlier = sectionOf(await owner.read(`/app/runs/${id}`), "Attempts");
    expect([earlier.includes("Attempt 1: failed"), earlier.includes("First trouble.")]).toEqual([true, false]);
  });

  it("says first what to do, then shows the attempts and the log, the result and the input, and then the rest", async () => {
    const runner = await startFakeRunner([{ status: 202 }]);
    tenant = await createTenant(service.database, { runnerUrl: runner.url });
    owner = await signIn(service, tenant.owner.key);
    const response = await service.send("POST", invokePath(tenant), tenant.owner.key, { input: { page: 7 } });
    const { id } = await response.json<{ id: string }>();
    await callBack(service, tenant, id, { status: "FAILED", error: "No.", output: { free: 0 } });
    const html = await owner.read(`/app/runs/${id}`);
    const titles = [...html.slice(html.indexOf('id="live"')).matchAll(/<h2[^>]*>([A-Z][a-z ]*)/g)].map(([, title]) =>
      title?.trim(),
    );
    const order = ["Why it failed", "Time", "Log", "Result", "Input", "Events", "Parameters", "About"];
    expect(titles.filter((title) => order.includes(title ?? ""))).toEqual(order);
  });

  it("shows events to the millisecond, and how long after the trigger they were", async () => {
    const id = await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "COMPLETED" });
    const html = await owner.read(`/app/runs/${id}`);
    const timeline = html.slice(html.indexOf('<ol class="timeline"'), html.indexOf("</ol>"));
    expect(timeline).toContain("+0.000 s");
    expect(timeline).toMatch(/\+\d\.\d{3} s/);
    expect(timeline).toMatch(/\d\d:\d\d:\d\d\.\d{3} UTC/);
  });
});

describe("the page of a run that its policy retries", () => {
  it("says that it was retried automatically, and when its next try is", async () => {
    await service.database.sql`
      update workflow_definitions set retry_on = '{REPORTED}', max_attempts = 2 where id = ${tenant.definitionId}`;
    const id = await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "FAILED", error: "No." });
    const [retried] = /<li class="retried">.*?<\/li>/s.exec(await owner.read(`/app/runs/${id}`)) ?? [];
    expect(retried).toMatch(/Retried automatically: attempt 2.*Next try: <time/s);
  });
});

describe("the page of a run that goes on", () => {
  it("marks its deadline at the end of the bar of its time", async () => {
    const id = await insertRun(service.database, tenant, { status: "RUNNING" });
    const attempts = sectionOf(await owner.read(`/app/runs/${id}`), "Attempts");
    const [, width] = /<svg class="time-bar" viewBox="0 0 (\d+) /.exec(attempts) ?? [];
    const [, from, wide] = /class="deadline" x="(\d+)" width="(\d+)"/.exec(attempts) ?? [];
    expect(String(Number(from) + Number(wide))).toBe(width);
  });
});

describe("the page of a run whose key takes turns with others", () => {
  it("says how many keys have their turn before its own", async () => {
    await service.database.sql`
      update workflow_definitions set max_running_per_key = 1 where id = ${tenant.definitionId}`;
    const ids: string[] = [];
    for (const concurrency_key of ["b", "c", "d"]) {
      ids.push(await invoke(service, tenant, tenant.owner.key, { concurrency_key }));
    }
    const said = async (id: string | undefined) => sectionOf(await owner.read(`/app/runs/${id}`), "Queue");
    expect(await said(ids[1])).toContain("of its key; keys take turns, and its own is next.");
    expect(await said(ids[2])).toContain("of its key; keys take turns, and 1 key has its turn before its own.");
  });
});

describe("the page of a run with more than 1,000 runs before it", () => {
  it("counts up to 1,000 of them", async () => {
    await invoke(service, tenant);
    const first = await invoke(service, tenant);
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'PENDING', r.run_snapshot
      from workflow_runs r, generate_series(1, 1100)
      where r.id = ${first}`;
    const last = await invoke(service, tenant);
    const queue = sectionOf(await owner.read(`/app/runs/${last}`), "Queue");
    expect(queue).toContain("&gt; 1,000");
    expect(queue).toContain("1,000 runs or more before it in the queue");
  });
});

describe("the page of a run that waits for its start_after", () => {
  it("says when it starts and when it expires, and starts it now", async () => {
    const body = { start_after: inSeconds(3600), must_start_by: inSeconds(7200) };
    const id = await invoke(service, tenant, tenant.owner.key, body);
    const queue = sectionOf(await owner.read(`/app/runs/${id}`), "Queue");
    expect(queue).toContain("It starts not before");
    expect(queue).toContain("It expires unless it has started by");
    expect(queue).not.toContain("in the queue");
    expect(await owner.read(`/app/runs/${id}`)).toContain(`action="/app/runs/${id}/start-now"`);
    expect((await owner.post(`/app/runs/${id}/start-now`)).status).toBe(303);
    const html = await owner.read(`/app/runs/${id}`);
    expect([html.includes("start-now"), sectionOf(html, "Queue"), html.includes("Queued now by")]).toEqual([
      false,
      "",
      true,
    ]);
  });

  it("says that it expired, before and after the sweep", async () => {
    const body = { start_after: inSeconds(3600), must_start_by: inSeconds(7200) };
    const id = await invoke(service, tenant, tenant.owner.key, body);
    await passInstants(service, id, 7201);
    for (const sweep of [false, true]) {
      if (sweep) await service.sweep();
      const html = await owner.read(`/app/runs/${id}`);
      expect(sectionOf(html, "Error")).toContain("Expired: it had not started by");
      expect(html).toContain("Expired before it started");
      expect(await owner.read(`/app/workflows/${tenant.definitionId}`)).toContain("FAILED");
    }
  });
});

describe("Run again", () => {
  it("triggers a new run of a COMPLETED one with the same input, in one database request", async () => {
    const response = await service.send(
      "POST",
      `/v1/workflow-definitions/${tenant.definitionId}/invoke`,
      tenant.owner.key,
      { input: { page: 7 } },
    );
    const { id } = await response.json<{ id: string }>();
    await callBack(service, tenant, id, { status: "COMPLETED" });
    expect(await owner.read(`/app/runs/${id}`)).toContain("Trigger another run of “Test”?");
    const [again, requests] = await service.counted(() => owner.post(`/app/runs/${id}/again`));
    const path = again.headers.get("Location") ?? "";
    expect([again.status, path.startsWith("/app/runs/"), path.endsWith(id)]).toEqual([303, true, false]);
    // The second request records the dispatch of the new run, which no runner accepts, after the answer.
    expect(requests).toBe(2);
    const input = await service.get(`/v1/workflow-runs/${path.split("/").at(-1)}/input`, tenant.owner.key);
    expect(await input.json()).toEqual({ input: { page: 7 } });
  });

  it("is offered beside a retry of a FAILED one", async () => {
    const failed = await insertRun(service.database, tenant, { status: "FAILED" });
    const html = await owner.read(`/app/runs/${failed}`);
    for (const words of ["Retry this run of “Test”?", "Trigger another run of “Test”?"]) expect(html).toContain(words);
  });

  it("is not offered while the run goes on, nor without a runner", async () => {
    const running = await insertRun(service.database, tenant, { status: "RUNNING" });
    expect(await owner.read(`/app/runs/${running}`)).not.toContain("Trigger another run of “Test”?");
    const completed = await insertRun(service.database, tenant, { status: "COMPLETED" });
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(await owner.read(`/app/runs/${completed}`)).not.toContain("Trigger another run of “Test”?");
  });
});

/** The links to what prevents a change: the address, the text and the advice of each. */
const linksIn = (html: string) =>
  [
    ...html.matchAll(/<li><a href="([^"]+)"><bdi[^>]*>([^<]*)<\/bdi><\/a> <span class="muted">([^<]*)<\/span><\/li>/g),
  ].map(([, ...link]) => link);

describe("a change that is refused", () => {
  it("links to the workflows that use the folder, and back to it", async () => {
    const html = await (await owner.post(`/app/files/${tenant.sourcesId}/delete`)).text();
    expect(html).toContain("What prevents it");
    expect(linksIn(html)).toEqual([
      [`/app/workflows/${tenant.definitionId}`, "Test", "change or delete the workflow there"],
    ]);
    expect(html).toContain(`href="/app/files/${tenant.sourcesId}">Back`);
  });

  it("links to the part that already has the name", async () => {
    const { idOf } = await insertParts(service.database, tenant, ["/a", "/a/same", "/same"]);
    const path = `/app/files/${idOf("/same")}/move`;
    const [refused, requests] = await service.counted(() => owner.post(path, { to: idOf("/a") }));
    expect([refused.status, requests]).toEqual([409, 1]);
    const html = await refused.text();
    expect(linksIn(html)).toEqual([[`/app/files/${idOf("/a/same")}`, "/a/same", "rename or move it there"]]);
    expect(html).toContain(`href="${path}">Choose another folder`);
    await owner.post(`/app/files/${idOf("/a/same")}/rename`, { name: "other" });
    // The page of the refusal can be sent again.
    const [to] = /<input type="hidden" name="to" value="([^"]*)"/.exec(html)?.slice(1) ?? [];
    expect((await owner.post(path, { to: to ?? "" })).headers.get("Location")).toBe(`/app/files/${idOf("/same")}`);
  });

  it("links to the workflows for which the service keeps a folder, also when it is moved or renamed", async () => {
    const { sql } = service.database;
    const [kept] = await sql`
      update path_parts set system_managed = true
      where tenant_id = ${tenant.id} and materialized_path = '/workflows' returning id`;
    const folder = `/app/files/${kept?.id}`;
    const workflow = [`/app/workflows/${tenant.definitionId}`, "Test", "change or delete the workflow there"];
    for (const [verb, fields] of [
      ["move", { to: tenant.sourcesId }],
      ["rename", { name: "flows" }],
      ["delete", { parent: "" }],
    ] as const) {
      const refused = await owner.post(`${folder}/${verb}`, fields);
      expect([verb, refused.status, linksIn(await refused.text())]).toEqual([verb, 409, [workflow]]);
    }
    const into = await owner.post(`/app/files/${tenant.sourcesId}/move`, { to: String(kept?.id) });
    expect([into.status, linksIn(await into.text())]).toEqual([409, [[folder, "/workflows", "kept by the service"]]]);
  });

  it("says that a folder cannot be moved below itself, and lets one choose another", async () => {
    const { idOf } = await insertParts(service.database, tenant, ["/a", "/a/b"]);
    const refused = await owner.post(`/app/files/${idOf("/a")}/move`, { to: idOf("/a/b") });
    const html = await refused.text();
    expect([refused.status, html.includes("Folder: A part cannot be moved below itself.")]).toEqual([422, true]);
    expect(html).toContain("Choose another folder");
  });

  it("links to the RUNNING run that prevents the deletion of its workflow", async () => {
    const id = await insertRun(service.database, tenant, { status: "RUNNING" });
    const html = await (await owner.post(`/app/workflows/${tenant.definitionId}/delete`)).text();
    expect(linksIn(html)).toEqual([
      [`/app/runs/${id}`, `Run …${id.slice(-8)}`, "stop it there, or wait until it has ended"],
    ]);
  });
});

describe("the page of a run that a trigger has triggered", () => {
  it("names the trigger", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, { name: "Every hour" });
    const { run_id: runId } = await send<Firing>(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);
    expect(await owner.read(`/app/runs/${runId}`)).toContain("By the trigger “Every hour”, fired by hand.");
  });
});
