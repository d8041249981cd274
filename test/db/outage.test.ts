import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findOutage, isAnswerTooLarge, openDatabase, repeatable } from "../../src/db/client.ts";

const options = {
  databaseUrl: "postgres://user:password@localhost/main",
  neonFetchEndpoint: "http://127.0.0.1:9/sql",
  databaseTimeoutSeconds: 5,
};
const db = openDatabase(options);
const patient = openDatabase({ ...options, isPatient: true });

type Body = string | ReadableStream<Uint8Array>;

/** Makes Neon's proxy give these answers, and repeat the last one. */
const fakeProxy = (...answers: { status: number; body: Body }[]) =>
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    const [next] = answers.length > 1 ? answers.splice(0, 1) : answers;
    return new Response(next?.body ?? null, { status: next?.status ?? 500 });
  });

/** The error of a read; null when it succeeds. */
const read = (from = db): Promise<unknown> =>
  repeatable(from)
    .execute(sql`select 1`)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );

/** How a read ends when the proxy always answers like this, and how many requests it sends. */
async function readAlways(status: number, body: string) {
  const fetch = fakeProxy({ status, body });
  return [findOutage(await read()), fetch.mock.calls.length];
}

const proxyError = (message: string) => JSON.stringify({ message, code: "", detail: "", severity: "" });
const rows = (...values: string[]) =>
  JSON.stringify({
    fields: [{ name: "text", dataTypeID: 25 }],
    rows: values.map((value) => [value]),
    command: "SELECT",
    rowCount: values.length,
    rowAsArray: true,
  });

const LIMITED = { status: 500, body: proxyError("Too many connections to this endpoint. Please try again later.") };
const WELL = { status: 200, body: rows("one") };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("Neon's proxy", () => {
  it.each([
    LIMITED.body,
    proxyError("Too many connections attempts"),
    proxyError(
      "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
    ),
    proxyError("Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits."),
  ])("has refused the statement when it says: %s", async (body) => {
    expect(await readAlways(500, body)).toEqual(["refused", 1]);
  });

  it.each(["", "Slow down.", proxyError("Something else")])("has refused it by a status of 429: %s", async (body) => {
    expect(await readAlways(429, body)).toEqual(["refused", 1]);
  });

  it.each([
    proxyError("could not parse postgres response"),
    proxyError("Query cancelled, connection was terminated"),
    "Too many connections",
    "",
  ])("may have passed the statement on when it says: %s", async (body) => {
    expect(await readAlways(500, body)).toEqual(["unanswered", 2]);
  });

  it("is asked to keep its connections: by its defaults it opens one for each request that does not ask", async () => {
    const fetch = fakeProxy(WELL);
    expect(await read()).toBeNull();
    const [, init] = fetch.mock.calls[0] ?? [];
    expect(new Headers(init?.headers).get("neon-pool-opt-in")).toBe("true");
    expect(new Headers(init?.headers).get("neon-connection-string")).toContain("localhost/main");
  });
});

describe("work that no client waits for", () => {
  it.each([LIMITED, { status: 429, body: "" }])("is sent again when there were too many requests", async (limited) => {
    vi.useFakeTimers();
    const fetch = fakeProxy(limited, limited, WELL);
    const reading = read(patient);
    await vi.runAllTimersAsync();
    expect([await reading, fetch.mock.calls.length]).toEqual([null, 3]);
  });

  it("fails as refused when there are too many for several seconds", async () => {
    vi.useFakeTimers();
    const fetch = fakeProxy(LIMITED);
    const reading = read(patient);
    await vi.runAllTimersAsync();
    expect([findOutage(await reading), fetch.mock.calls.length]).toEqual(["refused", 6]);
  });

  it("is not sent again when a quota is exceeded", async () => {
    const fetch = fakeProxy({ status: 500, body: proxyError("Your project has exceeded the data transfer quota.") });
    expect([findOutage(await read(patient)), fetch.mock.calls.length]).toEqual(["refused", 1]);
  });
});

describe("an answer of a single row, to which the proxy applies no limit", () => {
  /** Of 48 MiB. It breaks off if it is read to its end. */
  function large() {
    const mebibyte = new TextEncoder().encode("x".repeat(1024 * 1024));
    const cancelled = vi.fn();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 48) controller.error(new Error("It was read to its end."));
        else controller.enqueue(mebibyte);
      },
      cancel: cancelled,
    });
    return { body, cancelled, mebibytes: () => sent };
  }

  it("is read up to 32 MiB, and not further", async () => {
    const { body, cancelled, mebibytes } = large();
    const fetch = fakeProxy({ status: 200, body });
    const error = await read();
    expect([isAnswerTooLarge(error), findOutage(error), fetch.mock.calls.length]).toEqual([true, null, 1]);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(mebibytes()).toBeLessThan(40);
  });

  it("is returned when it has just 32 MiB", async () => {
    fakeProxy({ status: 200, body: rows("one").padEnd(32 * 1024 * 1024) });
    expect(await read()).toBeNull();
  });

  it("is returned as it is when it comes in pieces, even if a character is cut in two", async () => {
    const bytes = new TextEncoder().encode(rows("é".repeat(10)));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    fakeProxy({ status: 200, body });
    expect(await db.$client.query("select 1", [])).toEqual([{ text: "é".repeat(10) }]);
  });
});
