/**
 * The Worker of the recorded release with today's tables and functions: `npm run migrate` comes before `npm run deploy`, and a rollback of
 * the Worker does not roll the database back.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { readReleasedWorker } from "../../scripts/local/release.ts";
import { tryAnswers } from "../../scripts/local/try-answers.ts";
import { tryLife } from "../../scripts/local/try-life.ts";
import { addLeased, invoke, lease, newOwner, type Owner, openSession, RELEASE, runPath, useWorkers } from "./world.ts";

const startWorker = useWorkers();
let worker: BuiltWorker;
let owner: Owner;

beforeAll(async () => {
  worker = await startWorker(readReleasedWorker());
  owner = await newOwner(worker);
});

/** The run as its OWNER reads it. */
const read = (id: string) => owner.ask(200, "GET", runPath(id));

describe(`the Worker of ${RELEASE}, with today's tables and functions`, () => {
  it("invokes, dispatches, gets the callback, times out in a sweep, and starts what waits", async () => {
    await tryLife(worker);
  });

  it("answers each kind of request, and its pages", async () => {
    await tryAnswers(worker);
  });

  it("stops, retries, runs again and deletes, one run or many", async () => {
    const { ask, definitionId } = owner;
    const first = await invoke(owner, definitionId);
    const second = await invoke(owner, definitionId);
    expect(await read(second)).toMatchObject({ status: "PENDING" });
    expect(await ask(200, "POST", `${runPath(first)}/stop`, { reason: "Enough." })).toMatchObject({ status: "FAILED" });
    await worker.dispatchOf(second);
    expect(await ask(202, "POST", `${runPath(first)}/retry`)).toMatchObject({ status: "PENDING" });
    const many = await ask(200, "POST", "/v1/workflow-runs/bulk", { action: "stop", run_ids: [first, second] });
    expect(many).toMatchObject({ matched: 2, done: 2 });
    await ask(204, "DELETE", runPath(first));
    await ask(404, "GET", runPath(first));
  });

  it("leases, takes heartbeats and a log, lets a run be given back, and takes its result", async () => {
    const definitionId = await addLeased(owner);
    const session = await openSession(owner, definitionId);
    const id = await invoke(owner, definitionId);
    const { leases } = await lease(owner, session);
    expect(leases).toMatchObject([{ run_id: id, attempt: 1 }]);
    const { callback_token: token } = leases[0];
    const progress = { percent: 40, message: "Reading" };
    expect(await owner.ask(200, "POST", `${runPath(id)}/heartbeat`, { progress }, token)).toMatchObject({ stop: null });
    await owner.ask(200, "POST", `${runPath(id)}/log`, { sequence: 0, text: "Reading\n" }, token);
    expect(await owner.ask(200, "GET", `${runPath(id)}/log`)).toMatchObject({ entries: [{ text: "Reading\n" }] });
    expect(await owner.ask(200, "POST", `${runPath(id)}/release`, {}, token)).toEqual({ attempt: 2 });
    const [again] = (await lease(owner, session)).leases;
    const result = { status: "COMPLETED", output: { pages: 12 } };
    await owner.ask(200, "POST", `${runPath(id)}/callback`, result, again.callback_token);
    expect(await owner.ask(200, "GET", `${runPath(id)}/result`)).toMatchObject({ output: { pages: 12 } });
    expect(await read(id)).toMatchObject({ status: "COMPLETED" });
  });

  it("fails a run whose lease is lost, in a sweep", async () => {
    const definitionId = await addLeased(owner);
    const session = await openSession(owner, definitionId);
    const id = await invoke(owner, definitionId);
    expect((await lease(owner, session)).leases).toHaveLength(1);
    const back = "update running_attempts set lease_expires_at = lease_expires_at - interval '1 day' where run_id = $1";
    await worker.query(back, [id]);
    await worker.sweep();
    expect(await owner.ask(200, "GET", `${runPath(id)}/details`)).toMatchObject({ failure_code: "LOST" });
  });

  it("lets runs go on that today's Worker has suspended, fails them when their time is over, and stops them", async () => {
    const definitionId = await addLeased(owner);
    const session = await openSession(owner, definitionId);
    const suspended = async (suspension: object): Promise<string> => {
      const id = await invoke(owner, definitionId);
      // Those before it hold no slot.
      expect((await lease(owner, session)).leases).toMatchObject([{ run_id: id, attempt: 1 }]);
      const context = { run: { run_id: id, tenant_id: owner.tenantId, attempt: 1 }, slack_seconds: 60, sends: true };
      const waits = [{ key: "approve", kind: "question", prompt: "Pay?" }];
      await worker.query(
        "select suspend_run($1, $2)",
        [context, { waits, ...suspension }].map((one) => JSON.stringify(one)),
      );
      expect(await read(id)).toMatchObject({ status: "PENDING" });
      await owner.ask(200, "GET", `${runPath(id)}/explain`);
      return id;
    };
    const goesOn = await suspended({ on_timeout: "continue" });
    const late = await suspended({ on_timeout: "fail" });
    const stopped = await suspended({ on_timeout: "fail" });
    expect(await owner.ask(200, "POST", `${runPath(stopped)}/stop`, {})).toMatchObject({ status: "FAILED" });
    for (const change of [
      "update workflow_runs set not_before = clock_timestamp() where id = $1 and not_before is not null",
      "update workflow_runs set deadline_at = clock_timestamp() where id = $1 and deadline_at is not null",
      "update run_waits set times_out_at = clock_timestamp() where run_id = $1 and times_out_at is not null",
      "update run_suspensions set ends_at = clock_timestamp() where run_id = $1",
    ]) {
      for (const id of [goesOn, late]) await worker.query(change, [id]);
    }
    expect(await read(late)).toMatchObject({ status: "FAILED" });
    await worker.sweep();
    expect(await owner.ask(200, "GET", `${runPath(late)}/details`)).toMatchObject({ failure_code: "WAIT_EXPIRED" });
    const [again] = (await lease(owner, session)).leases;
    expect(again).toMatchObject({ run_id: goesOn, attempt: 2 });
    await owner.ask(200, "POST", `${runPath(goesOn)}/callback`, { status: "COMPLETED" }, again.callback_token);
  });

  it("triggers no run by a webhook that signals, which it does not know", async () => {
    const path = `/v1/workflow-definitions/${owner.definitionId}/triggers`;
    const hook = { name: "Payments", kind: "webhook", webhook: { scheme: "token" } };
    const { id, secret } = await owner.ask(201, "POST", path, hook);
    const signal = JSON.stringify({ signal: { name: "paid", correlation_from: "/number" } });
    await worker.query("update triggers set config = config || $2::jsonb where id = $1", [id, signal]);
    expect(await owner.ask(202, "POST", `/v1/inbound/${id}/${secret}`, { number: 4711 })).toMatchObject({
      ...{ outcome: "REFUSED", run_id: null },
    });
    expect((await owner.ask(200, "GET", `/v1/triggers/${id}/firings`)).items).toMatchObject([
      { reason: "no_correlation" },
    ]);
  });

  it("lists, summarises, explains and measures", async () => {
    const { ask, definitionId } = owner;
    const id = await invoke(owner, definitionId);
    const of = `/v1/workflow-definitions/${definitionId}`;
    for (const path of [`${of}/runs`, "/v1/workflow-runs?status=RUNNING", `${runPath(id)}/events`, "/v1/events"]) {
      expect((await ask(200, "GET", path)).items.length, path).toBeGreaterThan(0);
    }
    for (const path of ["/v1/path-parts", "/v1/folders", "/v1/workflow-definitions", "/v1/users/me/api-keys"]) {
      expect((await ask(200, "GET", path)).items.length, path).toBeGreaterThan(0);
    }
    await ask(200, "GET", "/v1/workflow-runs/summary");
    await ask(200, "GET", `${runPath(id)}/explain`);
    expect(await ask(200, "GET", "/v1/metrics")).toMatch(/^workflow_runs\{state="RUNNING"\} [1-9]/m);
    expect(await ask(200, "GET", `${of}/policy`)).toMatchObject({ handover: "webhook" });
    await ask(200, "POST", `${runPath(id)}/stop`);
  });

  it("changes people, files, definitions and endpoints", async () => {
    const { ask, definitionId, tenantId } = owner;
    await ask(200, "GET", "/v1/users/me");
    const key = await ask(201, "POST", "/v1/api-keys", { name: "Second key" });
    await ask(200, "GET", "/v1/path-parts", undefined, key.key);
    await ask(204, "DELETE", `/v1/api-keys/${key.id}`);
    await ask(401, "GET", "/v1/path-parts", undefined, key.key);
    await ask(201, "POST", "/v1/invites", { tenant_id: tenantId, email: "ida@acme.example" });
    await ask(204, "POST", `/v1/workflow-definitions/${definitionId}/pause`);
    await ask(409, "POST", `/v1/workflow-definitions/${definitionId}/invoke`, {});
    await ask(204, "POST", `/v1/workflow-definitions/${definitionId}/resume`);
    const endpoint = { url: worker.runnerUrl, event_types: ["workflow_run.completed"] };
    await ask(201, "POST", "/v1/notification-endpoints", endpoint);
  });
});
