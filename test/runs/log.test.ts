import { describe, expect, it } from "vitest";
import { toPlainText } from "../../src/runs/log/log-text.ts";
import type { LogPage } from "../../src/runs/log/read-log.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeOverdue } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

const service = await startService();
let tenant: TestTenant;
let runId: string;

/** A RUNNING run that no runner has taken yet. */
async function newRun(): Promise<void> {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  runId = await invoke(service, tenant);
}

const logPath = (query = "") => `/v1/workflow-runs/${runId}/log${query}`;

const append = async (sequence: number, text: string, attempt = 1) =>
  service.send("POST", logPath(), await runToken(tenant, runId, attempt), { sequence, text });

/** An entry of the end of a log that was cut. */
const appendEnd = async (sequence: number, text: string, omitted_bytes: number) =>
  service.send("POST", logPath(), await runToken(tenant, runId, 1), { sequence, text, omitted_bytes });

async function log(sequence: number, text: string): Promise<boolean> {
  const response = await append(sequence, text);
  expect(response.status).toBe(200);
  return (await response.json<{ is_cut: boolean }>()).is_cut;
}

async function read(query = ""): Promise<LogPage> {
  const response = await service.get(logPath(query), tenant.owner.key);
  expect(response.status).toBe(200);
  return response.json();
}

const readText = async (query = "") => {
  const response = await service.get(logPath(query), tenant.owner.key, { Accept: "text/plain" });
  expect(response.headers.get("Content-Type")).toBe("text/plain; charset=UTF-8");
  return response.text();
};

const sequencesOf = ({ entries }: LogPage) => entries.map(({ sequence }) => sequence);

/** Lets the entry `sequence` have arrived so many seconds ago. */
const backdate = (sequence: number, seconds: number) => service.database.sql`
  update workflow_run_log_entries set at = at - make_interval(secs => ${seconds})
  where run_id = ${runId} and sequence = ${sequence}`;

const detailOf = async (response: Response) => (await response.json<{ detail: string }>()).detail;

describe("the log of a run", () => {
  it("has each entry once and in order, whatever the order of arrival, with one database request for each", async () => {
    await newRun();
    for (const [sequence, text] of [
      [1, "b\n"],
      [0, "a\n"],
      [2, "c"],
      [0, "a\n"],
      [2, "c"],
    ] as const) {
      const [isCut, requests] = await service.counted(() => log(sequence, text));
      expect([isCut, requests]).toEqual([false, 1]);
    }
    const [page, requests] = await service.counted(() => read());
    expect(requests).toBe(1);
    const noGap = { missing_before: 0, omitted_bytes: 0 };
    const entry = (sequence: number, text: string) => ({ sequence, text, at: expect.any(String), ...noGap });
    expect(page).toEqual({
      attempt: 1,
      entries: [entry(0, "a\n"), entry(1, "b\n"), entry(2, "c")],
      ...{ has_more: false, is_complete: false, is_cut: false },
    });
    expect(await readText()).toBe("a\nb\nc");
  });

  it("is read after a given entry, and is complete once the run has ended", async () => {
    await newRun();
    await log(0, "a");
    await log(1, "b");
    expect(sequencesOf(await read("?after=0"))).toEqual([1]);
    expect(await read("?after=1")).toMatchObject({ entries: [], is_complete: false });
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect(await read("?after=1")).toMatchObject({ entries: [], is_complete: true });
    expect(await read()).toMatchObject({ is_complete: true, has_more: false });
  });

  it("is empty for a run that has logged nothing", async () => {
    await newRun();
    expect(await read()).toMatchObject({ attempt: 1, entries: [], is_complete: false, is_cut: false });
    expect(await readText()).toBe("");
  });

  it("refuses another text with a number that was used", async () => {
    await newRun();
    await log(0, "a");
    const refused = await append(0, "b");
    expect([refused.status, await detailOf(refused)]).toEqual([409, expect.stringContaining("another text")]);
    expect(await readText()).toBe("a");
  });

  it("is separate for each attempt, and closed when the attempt ends", async () => {
    await newRun();
    await log(0, "first\n");
    await callBack(service, tenant, runId, { status: "FAILED" });
    const late = await append(1, "late");
    expect([late.status, await detailOf(late)]).toEqual([409, expect.stringContaining("FAILED")]);
    // What was stored is answered as before, also now.
    expect((await append(0, "first\n")).status).toBe(200);

    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    const older = await append(1, "late");
    expect([older.status, await detailOf(older)]).toEqual([409, expect.stringContaining("attempt 2")]);
    expect((await append(0, "second\n", 2)).status).toBe(200);

    expect(await readText()).toBe("second\n");
    expect(await readText("?attempt=1")).toBe("first\n");
    expect(await read("?attempt=1")).toMatchObject({ attempt: 1, is_complete: true });
    expect((await service.get(logPath("?attempt=3"), tenant.owner.key)).status).toBe(404);
  });

  it("is closed from the deadline on, even before the sweep", async () => {
    await newRun();
    await log(0, "a");
    await makeOverdue(service, runId);
    expect(await read()).toMatchObject({ is_complete: true });
    expect((await append(1, "b")).status).toBe(409);
  });

  it("proves that the runner has accepted the run", async () => {
    await newRun();
    await log(0, "a");
    await log(1, "b");
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "DISPATCH_FAILED", "DISPATCHED"]);
    await makeOverdue(service, runId);
    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({ failure_code: "DEADLINE" });
  });

  it("accepts no other run's token, whose own log stays empty", async () => {
    await newRun();
    const token = await runToken(tenant, runId);
    const [otherTenant, otherRunId] = [tenant, runId];
    await newRun();
    expect((await service.send("POST", logPath(), token, { sequence: 0, text: "a" })).status).toBe(409);
    expect((await read()).entries).toEqual([]);
    [tenant, runId] = [otherTenant, otherRunId];
    expect((await read()).entries).toEqual([]);
  });

  it("is deleted with its run, and with its workflow", async () => {
    const left = async () =>
      (
        await service.database.sql`
      select from workflow_run_logs l left join workflow_run_log_entries e on e.run_id = l.run_id where l.run_id = ${runId}`
      ).length;
    for (const path of [() => `/v1/workflow-runs/${runId}`, () => `/v1/workflow-definitions/${tenant.definitionId}`]) {
      await newRun();
      await log(0, "a");
      await callBack(service, tenant, runId, { status: "COMPLETED" });
      expect(await left()).toBe(1);
      expect((await service.send("DELETE", path(), tenant.owner.key)).status).toBe(204);
      await service.sweep();
      expect(await left()).toBe(0);
    }
  });
});

describe("a gap in a log", () => {
  it("makes readers wait until it is filled", async () => {
    await newRun();
    await log(0, "a");
    await log(3, "d");
    await log(4, "e");
    expect(sequencesOf(await read())).toEqual([0]);
    expect(await read("?after=0")).toMatchObject({ entries: [], is_complete: false });
    await log(2, "c");
    expect(sequencesOf(await read())).toEqual([0]);
    await log(1, "b");
    expect(await read()).toMatchObject({
      entries: [0, 1, 2, 3, 4].map((sequence) => ({ sequence, missing_before: 0 })),
    });
  });

  it("makes readers wait for 30 seconds, and is then marked", async () => {
    await newRun();
    await log(0, "a");
    await log(3, "d");
    await backdate(3, 29);
    expect(sequencesOf(await read())).toEqual([0]);
    await backdate(3, 1);
    expect(await read()).toMatchObject({
      entries: [
        { sequence: 0, missing_before: 0 },
        { sequence: 3, missing_before: 2 },
      ],
    });
    expect(await read("?after=0")).toMatchObject({ entries: [{ sequence: 3, missing_before: 2 }] });
    expect(await readText()).toBe("a\n[2 entries are missing here.]\nd");
  });

  it("makes readers wait until the attempt ends, and is then marked", async () => {
    await newRun();
    await log(2, "c");
    await log(4, "e");
    expect(await read()).toMatchObject({ entries: [], is_complete: false });
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect(await read()).toMatchObject({
      entries: [
        { sequence: 2, missing_before: 2 },
        { sequence: 4, missing_before: 1 },
      ],
      is_complete: true,
    });
    expect(await readText()).toBe("[2 entries are missing here.]\nc\n[1 entry is missing here.]\ne");
  });
});

describe("the limits of a log", () => {
  it("are 32 KiB for an entry, whatever its characters, and at least one byte", async () => {
    await newRun();
    expect((await append(0, `${"é".repeat(16 * 1024)}x`)).status).toBe(422);
    expect((await append(0, "")).status).toBe(422);
    expect((await append(-1, "a")).status).toBe(422);
    expect(await log(2_147_483_647, "é".repeat(16 * 1024))).toBe(false);
  });

  it("are 1 MiB for an attempt: then it is cut, which is marked", async () => {
    await newRun();
    const text = "x".repeat(32 * 1024 - 1);
    for (let sequence = 0; sequence < 32; sequence += 1) expect(await log(sequence, `${text}\n`)).toBe(false);
    expect(await read()).toMatchObject({ is_cut: false });
    for (const text of ["y", "y"]) expect(await log(32, text)).toBe(true);
    expect(await log(31, `${text}\n`)).toBe(true);
    expect(await read("?after=31")).toMatchObject({ entries: [], is_cut: true });
    expect(await readText("?after=30")).toBe(
      `${text}\n[The log was cut here: an attempt may log 1 MiB, and a run 4 MiB.]\n`,
    );
    expect(await readText()).toHaveLength(
      1024 * 1024 + "[The log was cut here: an attempt may log 1 MiB, and a run 4 MiB.]\n".length,
    );
  });

  it("leave room for the end of a log that was cut, which says how much is left out before it", async () => {
    await newRun();
    const text = "x".repeat(32 * 1024 - 1);
    const line = `${text}\n`;
    for (let sequence = 0; sequence < 32; sequence += 1) await log(sequence, line);
    expect(await log(32, "y")).toBe(true);
    expect((await appendEnd(32, "z", -1)).status).toBe(422);
    for (let n = 0; n < 2; n += 1)
      expect(await (await appendEnd(32, line, 5_000)).json()).toMatchObject({ is_cut: true });
    for (let sequence = 33; sequence < 40; sequence += 1) await appendEnd(sequence, line, 0);
    await appendEnd(40, "too much", 0);
    expect(await log(41, "not of the end")).toBe(true);
    const page = await read("?after=30");
    expect(sequencesOf(page)).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39]);
    expect(page).toMatchObject({
      is_cut: false,
      entries: [{ omitted_bytes: 0 }, { sequence: 32, omitted_bytes: 5_000 }, {}, {}, {}, {}, {}, {}, {}],
    });
    const mark = "[5 KiB are left out here, since the log is longer than may be stored.]\n";
    expect(await readText("?after=30")).toBe(line + mark + line.repeat(8));
  });

  it("leave no more room than 1 MiB for the ends of all attempts", async () => {
    await newRun();
    await log(0, "a");
    await service.database.sql`
      insert into workflow_run_logs (run_id, attempt, bytes)
      select ${runId}, attempt + 1, 1310720 from generate_series(1, 4) attempt`;
    expect(await log(1, "b")).toBe(true);
    await appendEnd(1, "c", 1);
    expect(sequencesOf(await read())).toEqual([0]);
  });

  it.each([
    ["of the attempt, 1 MiB", [1_048_570]],
    ["of all attempts of the run, 4 MiB", [18, 1_048_570, 1_048_570, 1_048_570, 1_048_570]],
  ])("%s: once the log is cut, nothing more is stored, also where it would fit", async (_, bytes) => {
    await newRun();
    await log(0, "a");
    await service.database.sql`
      insert into workflow_run_logs (run_id, attempt, bytes)
      select ${runId}, attempt, bytes from unnest(${bytes}::int[]) with ordinality used (bytes, attempt)
      on conflict (run_id, attempt) do update set bytes = excluded.bytes`;
    expect(await log(1, "1234567")).toBe(true);
    expect(await log(2, "b")).toBe(true);
    expect(sequencesOf(await read())).toEqual([0]);
  });

  it("are 10,000 entries for a page", async () => {
    await newRun();
    await log(0, "a");
    await service.database.sql`
      insert into workflow_run_log_entries (run_id, attempt, sequence, at, text)
      select ${runId}, 1, n, statement_timestamp(), 'b' from generate_series(1, 10000) n`;
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const first = await service.get(logPath(), tenant.owner.key);
    expect(first.headers.get("X-Log-After")).toBe("9999");
    expect(await first.json()).toMatchObject({ has_more: true, is_complete: false });
    expect(await read("?after=9999")).toMatchObject({
      entries: [{ sequence: 10_000 }],
      has_more: false,
      is_complete: true,
    });
  });
});

describe("the text of a log", () => {
  it("makes control characters visible, except line breaks and tabs", async () => {
    await newRun();
    await log(0, "a\tb\r\n\u001b[2J red\u001b]0;\u0007\u007f\u009b2J\rc\u0000");
    expect(await readText()).toBe("a\tb\n␛[2J red␛]0;␇␡\\x9b2J␍c\ufffd");
    expect((await read()).entries[0]?.text).toBe("a\tb\r\n\u001b[2J red\u001b]0;\u0007\u007f\u009b2J\rc\ufffd");
  });

  const textOf = (...texts: string[]) => {
    const entries = texts.map((text, sequence) => ({ sequence, text, at: "", missing_before: 0, omitted_bytes: 0 }));
    return toPlainText({ attempt: 1, entries, has_more: false, is_complete: true, is_cut: false });
  };

  it("has no colours, also when an entry ends within a sequence", () => {
    expect(textOf("\u001b[1;38;5;208mWarn\u001b[m\u001b[K:\u001b[3", "1m red\u001b[0m", "\u001b[4:3m~")).toBe(
      "Warn: red~",
    );
    expect(textOf("\u001b\u001b[m[31m\u001b[31\u001b[1;")).toBe("␛[31m␛[31␛[1;");
  });

  it("recognises a line break that is split over two entries", () => {
    expect(textOf("a\r", "\nb")).toBe("a\nb");
  });

  it("is sent only when the request asks for it", async () => {
    await newRun();
    await log(0, "a");
    for (const [accept, type] of [
      ["text/plain", "text/plain; charset=UTF-8"],
      ["application/json;q=0.5, text/plain", "text/plain; charset=UTF-8"],
      ["text/plain;q=0.5, application/json", "application/json"],
      ["*/*", "application/json"],
      ["text/html", "application/json"],
    ] as const) {
      const response = await service.get(logPath(), tenant.owner.key, { Accept: accept });
      expect([accept, response.headers.get("Content-Type")]).toEqual([accept, type]);
      expect(response.headers.get("Vary")).toContain("Accept");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    }
  });
});
