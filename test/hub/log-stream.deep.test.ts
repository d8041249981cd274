import { beforeEach, describe, expect, it } from "vitest";
import { readEvents, type StreamedEvent, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { runToken } from "../support/tenant.ts";
import { pause, untilQuiet, WOKEN_MS } from "../support/waiting.ts";

type Data = { attempt?: number; sequence?: number; text?: string; at?: string; missing_before?: number };

const service = await startLiveService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });
let runId: string;

beforeEach(async () => {
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

/** A short form of each message: its type or, for a log entry, its attempt and number. */
const shorten = (messages: StreamedEvent<Data>[]) =>
  messages.map(({ event, data }) => (event === "log" ? `${data.attempt}/${data.sequence}` : event));

describe("the stream of a run with its log", () => {
  it("sends a log of several pages completely, followed by later events", async () => {
    await log(0);
    await end("COMPLETED");
    await service.database.sql`
      insert into workflow_run_log_entries (run_id, attempt, sequence, at, text)
      select run_id, attempt, number, at, 'x' from workflow_run_log_entries, generate_series(1, 20000) as number
      where run_id = ${runId}`;
    await service.database.sql`update workflow_run_logs set is_cut = true where run_id = ${runId}`;
    const messages = await (await open()).drain();
    const entries = messages.filter(({ event }) => event === "log");
    expect(entries.map(({ data }) => data.sequence)).toEqual(Array.from({ length: 20_001 }, (_, sequence) => sequence));
    expect(typesOf(messages.filter(({ event }) => event !== "log")).slice(-2)).toEqual(["log_cut", "COMPLETED"]);
  });

  it("holds entries behind a gap back until the gap is filled, or until 30 seconds have passed", async () => {
    const reader = await open();
    await reader.until("DISPATCHED");
    await log(1);
    await log(0);
    expect(shorten(await reader.until("log"))).toEqual(["1/0"]);
    expect(shorten(await reader.until("log"))).toEqual(["1/1"]);
    for (const sequence of [3, 5]) await log(sequence);
    await service.database.sql`
      update workflow_run_log_entries set at = at - interval '29 seconds' where run_id = ${runId} and sequence = 3`;
    const again = await open("?log=true", "0.1.2");
    const began = Date.now();
    const [passedOver] = (await again.until("log")).slice(-1);
    // The entry behind the next gap is younger, and is held back for longer.
    expect(Date.now() - began).toBeLessThan(WOKEN_MS);
    expect(passedOver?.data).toMatchObject({ sequence: 3, missing_before: 1 });
    await Promise.all([reader.close(), again.close()]);
  });

  it("asks the database after a new entry, while a stream without the log does so only after new progress", async () => {
    const [withLog, without] = [await open(), await open("")];
    await Promise.all([withLog.until("DISPATCHED"), without.until("DISPATCHED")]);
    await untilQuiet(service.database);
    const [, requests] = await service.counted(async () => {
      await log(0);
      await withLog.until("log");
      await pause(300);
    });
    expect(requests).toBe(2);
    const progress = { percent: 40 };
    await service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, await runToken(tenant, runId), { progress });
    for (const reader of [withLog, without]) {
      expect((await reader.next())?.data).toEqual({ attempt: 1, percent: 40, message: null });
    }
    await end("COMPLETED");
    expect(typesOf(await without.drain())).toEqual(["COMPLETED"]);
    await withLog.close();
  });

  it("misses and repeats nothing when it is cut again and again while entries arrive in another order", async () => {
    const working = (async () => {
      for (const sequence of [0, 2, 1, 4, 5, 3, 7, 6]) {
        await log(sequence);
        await pause(150);
      }
      await end("COMPLETED");
    })();
    const seen: StreamedEvent<Data>[] = [];
    for (;;) {
      const response = await get("?log=true", seen.at(-1)?.id);
      if (response.status === 204) break;
      const reader = readEvents<Data>(response);
      const message = await reader.next();
      if (message) seen.push(message);
      await reader.close();
    }
    await working;
    const entries = seen.filter(({ event }) => event === "log").map(({ data }) => data.sequence);
    expect(entries).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const events = typesOf(seen).filter((type) => type !== "log");
    expect(events).toEqual(["TRIGGERED", "STARTED", "DISPATCHED", "COMPLETED"]);
  });

  it("sends entries between the events as they come, and the whole log before the end", async () => {
    const reader = await open();
    await reader.until("DISPATCHED");
    await log(0);
    const [first] = await reader.until("log");
    expect(first?.data).toEqual({
      ...{ attempt: 1, sequence: 0, text: "line 0\n", missing_before: 0, omitted_bytes: 0 },
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

  it("sends the entries that a heartbeat carries, whose answer says that somebody follows the run", async () => {
    const withinMs = async (sequence: number) => {
      const body = { log: [{ sequence, text: `line ${sequence}\n` }] };
      const token = await runToken(tenant, runId);
      const response = await service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, token, body);
      return (await response.json<{ log_within_ms: number }>()).log_within_ms;
    };
    expect(await withinMs(0)).toBe(15_000);
    const reader = await open();
    await reader.until("DISPATCHED");
    expect(await withinMs(1)).toBe(1_000);
    await end("COMPLETED");
    expect(shorten(await reader.drain()).filter((name) => name.includes("/"))).toEqual(["1/0", "1/1"]);
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
