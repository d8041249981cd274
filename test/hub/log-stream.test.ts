import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readEvents, type StreamedEvent } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

type Data = { attempt?: number; sequence?: number; text?: string; at?: string; missing_before?: number };

let service: LiveService;
let tenant: TestTenant;
let runId: string;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
  runId = await invoke(service, tenant);
});

const get = (query: string, after?: string) =>
  service.get(
    `/v1/workflow-runs/${runId}/stream${query}`,
    tenant.owner.key,
    after === undefined ? {} : { "Last-Event-ID": after },
  );

const open = async (query = "?log=true", after?: string) => readEvents<Data>(await get(query, after));

async function log(sequence: number, attempt = 1): Promise<void> {
  const body = { sequence, text: `line ${sequence}\n` };
  const path = `/v1/workflow-runs/${runId}/log`;
  expect((await service.send("POST", path, await runToken(tenant, runId, attempt), body)).status).toBe(200);
}

const end = async (status: "COMPLETED" | "FAILED", attempt = 1) =>
  expect((await callBack(service, tenant, runId, { status }, attempt)).status).toBe(200);

const retry = () => service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);

/** Of each message its type, or of an entry of the log its attempt and number. */
const shorten = (messages: StreamedEvent<Data>[]) =>
  messages.map(({ event, data }) => (event === "log" ? `${data.attempt}/${data.sequence}` : event));

describe("the stream of a run with its log", () => {
  it("sends entries between the events as they come, and the whole log before the end", async () => {
    const reader = await open();
    await reader.until("DISPATCHED");
    await log(0);
    const [first] = await reader.until("log");
    expect(first?.data).toEqual({
      ...{ attempt: 1, sequence: 0, text: "line 0\n", missing_before: 0 },
      at: expect.stringMatching(/Z$/),
    });
    await log(1);
    await log(2);
    await end("COMPLETED");
    expect(shorten(await reader.drain())).toEqual(["1/1", "1/2", "COMPLETED"]);
  });

  it("sends the progress, too, after the entries that are readable by then", async () => {
    const reader = await open();
    await reader.until("DISPATCHED");
    await log(0);
    await reader.until("log");
    const body = { progress: { percent: 40, message: "Reading" } };
    await service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, await runToken(tenant, runId, 1), body);
    expect(await reader.next()).toEqual({ id: "", event: "progress", data: { attempt: 1, ...body.progress } });
    await log(1);
    await end("COMPLETED");
    expect(shorten(await reader.drain())).toEqual(["1/1", "COMPLETED"]);
  });

  it("can be resumed after each of its messages, and is 204 after the last one", async () => {
    await log(0);
    await log(1);
    await end("FAILED");
    await retry();
    await log(0, 2);
    await end("COMPLETED", 2);
    await service.database.sql`update workflow_run_logs set is_cut = true where run_id = ${runId}`;
    const newest = await (await open()).drain();
    expect(shorten(newest).filter((name) => name.includes("/"))).toEqual(["2/0"]);

    const all = await (await open("?log=true", "0.1.0")).drain();
    expect(shorten(all).filter((name) => /^(\d.*|log_cut|FAILED|RETRIED|COMPLETED)$/.test(name))).toEqual([
      ...["1/0", "1/1", "log_cut", "FAILED", "RETRIED"],
      ...["2/0", "log_cut", "COMPLETED"],
    ]);
    for (const [index, { id }] of all.entries()) {
      const response = await get("?log=true", id);
      const rest = response.status === 204 ? [] : await readEvents<Data>(response).drain();
      expect(rest).toEqual(all.slice(index + 1));
    }
  });

  it("can be resumed with the id of an event, and a stream without the log with the ids of this one", async () => {
    await log(0);
    await end("COMPLETED");
    const events = await (await open("")).drain();
    const last = events.at(-1)?.id ?? "";
    expect(last).toMatch(/^\d+$/);
    expect(shorten(await (await open("?log=true", last)).drain())).toEqual(["1/0"]);
    const rest = await (await open("", `${events[0]?.id}.1.1`)).drain();
    expect(rest).toEqual(events.slice(1));
    expect((await get("", `${last}.1.0`)).status).toBe(204);
    for (const id of [`${last}.`, `${last}.1`, "-1", "yesterday"]) {
      expect((await get("?log=true", id)).status).toBe(422);
    }
    expect((await get("?log=perhaps")).status).toBe(422);
  });
});
