import { describe, expect, it, vi } from "vitest";
import { ApiProblem, createClient, InvalidRequest, unwrap } from "../src/index.ts";
import { aRun, busy, challenge, fakeService, json, problem, RUN_ID, stream } from "./fake-service.ts";

const news = (id: number, status: string) => ({ id, data: { run: aRun(status), event: { id, type: "E" } } });

/** Runs `start` with pauses of the client that take no time. */
async function quickly<Value>(start: () => Promise<Value>): Promise<Value> {
  vi.useFakeTimers();
  try {
    let isDone = false;
    const work = start().finally(() => {
      isDone = true;
    });
    work.catch(() => {});
    while (!isDone) await vi.advanceTimersByTimeAsync(1_000);
    return await work;
  } finally {
    vi.useRealTimers();
  }
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("an API key that cannot be sent", () => {
  const keys = ["wr_first\nsecond", "wr_first second", "wr_first\u0007", "wr_“first”"];

  it.each(keys)("is refused without repeating it, before anything is sent: %j", async (apiKey) => {
    const { asked, options } = fakeService(json({}));
    const words = /^The API key contains a blank, a line break or another character that no key has\. (?!.*first)/;
    expect(() => createClient({ ...options, apiKey })).toThrow(words);
    await expect(createClient({ ...options, apiKey: () => apiKey }).me()).rejects.toThrow(words);
    expect(asked).toEqual([]);
  });

  it.each(["wr_key\n", "\nwr_key", "\r\n wr_key\t"])("is not one with blanks around it: %j", async (apiKey) => {
    const { asked, options } = fakeService(json({}));
    await createClient({ ...options, apiKey }).me();
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer wr_key");
  });
});

describe("the client's retries", () => {
  it("send an invoke again with the same key, after 503, 429 and a lost connection", async () => {
    const { asked, options } = fakeService(busy(), busy(429), new TypeError("reset"), json(aRun("RUNNING"), 202));
    const run = await quickly(() => createClient(options).invoke("w", { input: { quarter: "Q1" } }));
    expect(run).toEqual(aRun("RUNNING"));
    expect(new Set(asked.map(({ headers }) => headers.get("Idempotency-Key"))).size).toBe(1);
    expect(asked.map(({ body }) => body)).toEqual(Array(4).fill('{"input":{"quarter":"Q1"}}'));
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer wr_key");
  });

  it("never retry a request that is neither idempotent nor has an idempotency key", async () => {
    for (const answer of [busy(), busy(429), new TypeError("reset")]) {
      const { asked, options } = fakeService(answer);
      await expect(createClient(options).retry(RUN_ID)).rejects.toThrow();
      expect(asked).toHaveLength(1);
    }
  });

  it("take a 404 to a DELETE as done only when an earlier try may have done it, and its answer was lost", async () => {
    const gone = () => problem(404, "not_found");
    const remove = (options: Parameters<typeof createClient>[0]) =>
      quickly(() => createClient(options).deleteTrigger("t"));
    for (const lost of [busy(), new TypeError("reset")]) {
      const { asked, options } = fakeService(lost, gone());
      await remove(options);
      expect(asked.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
    }
    for (const answers of [[gone()], [busy(429), gone()]])
      await expect(remove(fakeService(...answers).options)).rejects.toMatchObject({ status: 404 });
    const reading = fakeService(busy(), gone());
    await expect(quickly(() => createClient(reading.options).run(RUN_ID))).rejects.toMatchObject({ status: 404 });
  });

  it("wait a little longer than Retry-After says, and give up after four tries or a longer pause than a minute", async () => {
    const { asked, options } = fakeService(
      problem(429, "too_many_requests", { "Retry-After": "7" }),
      json(aRun("FAILED")),
    );
    vi.useFakeTimers();
    const reading = createClient(options).run(RUN_ID);
    await vi.advanceTimersByTimeAsync(7_200);
    expect(asked).toHaveLength(1);
    // A random part of the back-off comes on top, so that not all come back at once.
    await vi.advanceTimersByTimeAsync(300);
    vi.useRealTimers();
    expect(await reading).toEqual(aRun("FAILED"));

    const down = fakeService(busy());
    await expect(quickly(() => createClient(down.options).run(RUN_ID))).rejects.toMatchObject({ status: 503 });
    expect(down.asked).toHaveLength(4);
    const long = fakeService(problem(503, "database_unavailable", { "Retry-After": "61" }));
    await expect(createClient(long.options).run(RUN_ID)).rejects.toThrow("Do this.");
    expect(long.asked).toHaveLength(1);
  });
});

describe("a key of another cell", () => {
  const [FIRST, SECOND] = ["https://runs.example.com", "https://eu1.runs.example.com"];
  /** A service at which every cell answers 421 but this one. */
  const cellsAt = (right: string, named = right) => {
    const asked: string[] = [];
    const fetch = async (request: Request) => {
      const { origin } = new URL(request.url);
      asked.push(
        `${request.method} ${request.url} ${request.headers.get("Authorization")} ${await request.text()}`.trim(),
      );
      return origin === right ? json(aRun("RUNNING"), 202) : problem(421, "misdirected", { Location: named });
    };
    return { asked, fetch, apiKey: "wr_eu1_x" };
  };

  it("is followed once to the cell that the service names, with the same request, and asked there from then on", async () => {
    const { asked, ...service } = cellsAt(SECOND);
    const told: string[] = [];
    const client = createClient({ url: `${FIRST}/`, ...service, onCell: (url) => told.push(url) });
    expect(client.url).toBe(FIRST);
    await client.invoke("w", { input: { quarter: "Q1" }, idempotencyKey: "k" });
    await client.run(RUN_ID);
    const invoke = (cell: string) =>
      `POST ${cell}/v1/workflow-definitions/w/invoke Bearer wr_eu1_x {"input":{"quarter":"Q1"}}`;
    expect(asked).toEqual([invoke(FIRST), invoke(SECOND), `GET ${SECOND}/v1/workflow-runs/${RUN_ID} Bearer wr_eu1_x`]);
    expect([client.url, told]).toEqual([SECOND, [SECOND]]);
  });

  it("goes nowhere else: not to another domain, over http, or a second time", async () => {
    for (const [url, named] of [
      [FIRST, "https://runs.example.org"],
      [FIRST, "http://eu1.runs.example.com"],
      [FIRST, "https://runs.example.com.evil.example"],
      ["https://a.co.uk", "https://b.co.uk"],
      ["https://runs.mine.workers.dev", "https://runs.other.workers.dev"],
      ["https://10.0.0.1", "https://10.0.0.2"],
      [FIRST, FIRST],
      [FIRST, "not a url"],
    ] as const) {
      const { asked, ...service } = cellsAt("https://nowhere.example", named);
      const error = await createClient({ url, ...service })
        .run(RUN_ID)
        .catch((thrown: unknown) => thrown);
      expect([named, asked.length, error]).toEqual([
        named,
        1,
        expect.objectContaining({ status: 421, code: "misdirected" }),
      ]);
    }
    const { asked, ...service } = cellsAt("https://us1.runs.example.com", SECOND);
    await expect(createClient({ url: FIRST, ...service }).run(RUN_ID)).rejects.toMatchObject({ cellUrl: SECOND });
    expect(asked).toHaveLength(2);
  });

  it("goes to a cell beside or above the first one, and to an address that the user has confirmed", async () => {
    for (const [url, named, cells] of [
      ["https://us1.runs.example.com", SECOND, []],
      [SECOND, FIRST, []],
      ["https://a.mine.workers.dev", "https://b.mine.workers.dev", []],
      ["http://localhost:8787", "http://127.0.0.1:8887", []],
      [FIRST, "https://runs.example.org", ["https://runs.example.org/"]],
    ] as const) {
      const { asked, ...service } = cellsAt(named);
      await createClient({ url, ...service, cells }).run(RUN_ID);
      expect([named, asked.length]).toEqual([named, 2]);
    }
  });
});

describe("the client's problems", () => {
  it("say what to do, by code and request id", async () => {
    const { options } = fakeService(problem(404, "not_found"));
    const error = await createClient(options)
      .run(RUN_ID)
      .catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ status: 404, code: "not_found", message: "Do this.", requestId: "r-1" });
  });

  it("list the faults of a 422", async () => {
    const faults = [{ loc: ["body", "input"], type: "too_long", msg: "Is too long." }];
    const { options } = fakeService(json({ detail: faults }, 422));
    const error = await createClient(options)
      .invoke("w")
      .catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(InvalidRequest);
    expect(error).toMatchObject({ faults, message: "input: Is too long." });
  });

  it("describe an answer that is not JSON, and refuse an invalid URL", async () => {
    const { options } = fakeService(new Response("<html>", { status: 502 }));
    await expect(createClient(options).stop(RUN_ID)).rejects.toThrow("The answer was 502");
    expect(() => createClient({ url: "runs.example.com" })).toThrow("https://runs.example.com");
  });

  it("name a challenge of Cloudflare as what it is, and a 403 of the service as before", async () => {
    const { options } = fakeService(challenge());
    const challenged = { status: 403, code: "challenged", isTemporary: true, requestId: "r-2" };
    const message = expect.stringMatching(/^Cloudflare has answered in place of the service.*docs\/operations\.md/);
    const { api, run } = createClient(options);
    await expect(run(RUN_ID)).rejects.toMatchObject({ ...challenged, message });
    await expect(unwrap(api.GET("/v1/users/me"))).rejects.toMatchObject({ ...challenged, message });
    const refused = createClient(fakeService(problem(403, "forbidden")).options);
    await expect(refused.run(RUN_ID)).rejects.toMatchObject({ code: "forbidden", isTemporary: false });
  });

  it("are returned by `api`, and thrown by `unwrap`", async () => {
    const { options } = fakeService(problem(403, "forbidden"));
    const { api } = createClient(options);
    expect(await api.GET("/v1/users/me")).toMatchObject({ error: { status: 403 } });
    await expect(unwrap(api.GET("/v1/users/me"))).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("waiting for a run", () => {
  it("asks with Prefer: wait until the run has ended", async () => {
    const applied = { "Preference-Applied": "wait=30" };
    const answers = [
      json(aRun("PENDING"), 202),
      json(aRun("RUNNING"), 200, applied),
      json(aRun("COMPLETED"), 200, applied),
    ];
    const { asked, options } = fakeService(...answers);
    const seen: string[] = [];
    const run = await createClient(options)
      .invoke("w")
      .wait({ onRun: ({ status }) => seen.push(status) });
    expect([run.status, seen]).toEqual(["COMPLETED", ["RUNNING", "COMPLETED"]]);
    expect(asked.slice(1).map(({ path, headers }) => [path, headers.get("Prefer")])).toEqual(
      Array(2).fill([`/v1/workflow-runs/${RUN_ID}`, "wait=30"]),
    );
  });

  it("pauses between reads when the service does not wait, and ends when it is aborted", async () => {
    const { asked, options } = fakeService(json(aRun("RUNNING")));
    const end = new AbortController();
    vi.useFakeTimers();
    const waiting = createClient(options).wait(RUN_ID, { signal: end.signal });
    const outcome = expect(waiting).rejects.toThrow("Enough");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(3);
    end.abort(new Error("Enough"));
    vi.useRealTimers();
    await outcome;
  });
});

describe("watching a run", () => {
  it("continues after the last event when the connection is lost, and ends with the run", async () => {
    const { asked, options } = fakeService(
      stream([news(1, "PENDING"), news(2, "RUNNING")], true),
      busy(),
      stream([]),
      stream([news(3, "COMPLETED"), news(4, "COMPLETED")]),
    );
    const ids = await quickly(async () => {
      const seen = [];
      for await (const { event } of createClient(options).watch(RUN_ID)) seen.push(event?.id);
      return seen;
    });
    expect(ids).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, "2", "2", "2"]);
  });

  it("continues when the service was busy or unavailable for long, and reports why it tries again", async () => {
    const { options } = fakeService(
      ...Array.from({ length: 4 }, () => busy(429)),
      ...Array.from({ length: 4 }, () => new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })),
      stream([news(1, "COMPLETED")]),
    );
    const reasons: string[] = [];
    const watching = { onRetry: (reason: string) => void reasons.push(reason) };
    const seen = await quickly(() => allOf(createClient(options).watch(RUN_ID, watching)));
    expect([seen.length, reasons]).toEqual([1, ["Do this.", "connect ECONNREFUSED"]]);
  });

  it("has the progress between the events, and continues after the last event when it is cut behind it", async () => {
    const progress = { attempt: 1, percent: 40, message: "Reading" };
    const { asked, options } = fakeService(
      stream([news(1, "RUNNING"), { event: "progress", data: progress }], true),
      stream([news(2, "COMPLETED")]),
    );
    const seen = await quickly(() => allOf(createClient(options).watch(RUN_ID)));
    expect(seen.map(({ event, progress }) => event?.id ?? progress)).toEqual([1, progress, 2]);
    expect(asked[1]?.headers.get("Last-Event-ID")).toBe("1");
  });

  it("continues where the stream began when it is disconnected before the first message", async () => {
    const { asked, options } = fakeService(
      new Response("retry: 3000\nid: 1.2.3\n\n:\n\n"),
      stream([news(4, "COMPLETED")]),
    );
    const begun: string[] = [];
    const onBegin = (position: string) => void begun.push(position);
    const seen = await quickly(() => allOf(createClient(options).watch(RUN_ID, { onBegin })));
    expect(begun).toEqual(["1.2.3"]);
    expect([seen.length, asked[1]?.headers.get("Last-Event-ID")]).toEqual([1, "1.2.3"]);
  });

  it("continues after the position that a comment named, up to which it had no other message", async () => {
    const text = "retry: 3\nid: 1.2.3\n\nid: 1.2.5\ndata: {}\n\n:\nretry: 3\nid: 1.2.9\n\n";
    const bytes = new ReadableStream({
      start(controller) {
        for (const byte of new TextEncoder().encode(text)) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const { asked, options } = fakeService(new Response(bytes), stream([news(4, "COMPLETED")]));
    const begun: string[] = [];
    const onBegin = (position: string) => void begun.push(position);
    await quickly(() => allOf(createClient(options).watch(RUN_ID, { onBegin })));
    expect([begun, asked[1]?.headers.get("Last-Event-ID")]).toEqual([["1.2.3"], "1.2.9"]);
  });

  it("comes back after the time that the service named when its stream is cut off", async () => {
    const { asked, options } = fakeService(
      new Response("retry: 14000\n\n"),
      new Response("retry: 2000\n\n"),
      stream([news(4, "COMPLETED")]),
    );
    vi.useFakeTimers();
    const watching = allOf(createClient(options).watch(RUN_ID));
    for (const [ms, requests] of [
      [13_900, 1],
      [200, 2],
      [1_800, 2],
      [200, 3],
    ] as const) {
      await vi.advanceTimersByTimeAsync(ms);
      expect(asked).toHaveLength(requests);
    }
    vi.useRealTimers();
    expect(await watching).toHaveLength(1);
  });

  it("comes back after up to a minute when the service names that, and waits for Retry-After when it is refused", async () => {
    const { asked, options } = fakeService(
      new Response("retry: 50000\n\n"),
      problem(503, "database_unavailable", { "Retry-After": "20" }),
      problem(503, "database_unavailable", { "Retry-After": "20" }),
      stream([news(4, "COMPLETED")]),
    );
    vi.useFakeTimers();
    const watching = allOf(createClient({ ...options, retry: { tries: 1 } }).watch(RUN_ID));
    for (const [ms, requests] of [
      [49_900, 1],
      [200, 2],
      // Half a second to a second more, then one to two seconds.
      [20_300, 2],
      [700, 3],
      [20_300, 3],
      [2_000, 4],
    ] as const) {
      await vi.advanceTimersByTimeAsync(ms);
      expect(asked).toHaveLength(requests);
    }
    vi.useRealTimers();
    expect(await watching).toHaveLength(1);
  });

  it("ends on 204, and throws errors that a retry would not change", async () => {
    const ended = fakeService(new Response(null, { status: 204 }));
    for await (const _ of createClient(ended.options).watch(RUN_ID, { after: "9" })) expect.unreachable();
    expect(ended.asked[0]?.headers.get("Last-Event-ID")).toBe("9");
    const none = fakeService(problem(404, "not_found"));
    await expect(createClient(none.options).watch(RUN_ID).next()).rejects.toMatchObject({ status: 404 });
  });
});

describe("lists", () => {
  it("are read page by page, as the items are consumed", async () => {
    const { asked, options } = fakeService(
      json({ items: [1, 2], next_cursor: "c" }),
      json({ items: [3], next_cursor: null }),
    );
    const seen = [];
    for await (const run of createClient(options).runs({ status: ["FAILED", "PENDING"] }))
      seen.push([run, asked.length]);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
    expect(asked.map(({ path }) => path)).toEqual([
      "/v1/workflow-runs?status=FAILED&status=PENDING&limit=100",
      "/v1/workflow-runs?status=FAILED&status=PENDING&limit=100&cursor=c",
    ]);
  });

  it("with pages by offset end at the total, even when items disappear meanwhile", async () => {
    const { asked, options } = fakeService(json({ items: [1, 2], total: 5 }), json({ items: [], total: 5 }));
    expect(await allOf(createClient(options).workflows())).toEqual([1, 2]);
    expect(asked.map(({ path }) => path.split("?")[1])).toEqual(["offset=0&limit=100", "offset=2&limit=100"]);
  });
});
