import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Bucket } from "../../src/bindings.ts";
import { readRange } from "../../src/runs/artifacts/range.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { parseMetrics } from "../support/parse-metrics.ts";
import { type Service, startService } from "../support/service.ts";
import { answer, suspend } from "../support/suspensions.ts";
import { createTenant, runToken } from "../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });
let runId: string;

/** A RUNNING run. */
beforeEach(async () => {
  runId = await invoke(service, tenant);
});

const folder = () => `/v1/workflow-runs/${runId}/artifacts`;
const file = (name: string, query = "") => `${folder()}/${name}${query}`;

type Put = { headers?: Record<string, string>; attempt?: number; at?: Service; token?: string };

async function upload(content: string, { headers = {}, attempt = 1, token }: Put = {}) {
  return {
    method: "PUT",
    headers: {
      Authorization: `Bearer ${token ?? (await runToken(tenant, runId, attempt))}`,
      "Content-Length": String(new TextEncoder().encode(content).length),
      ...headers,
    },
    body: content,
  };
}

const put = async (name: string, content: string, more: Put = {}) =>
  (more.at ?? service).fetch(file(name), await upload(content, more));

const get = (path: string, headers: Record<string, string> = {}, key = tenant.owner.key) =>
  service.get(path, key, headers);

/** The names of the files that are listed. */
async function names(query = ""): Promise<string[]> {
  const { artifacts } = await (await get(folder() + query)).json<{ artifacts: { name: string }[] }>();
  return artifacts.map(({ name }) => name);
}

/** The keys of the tenant's objects that the bucket has. */
async function objects(): Promise<string[]> {
  const { objects: found } = await env.ARTIFACTS.list({ prefix: tenant.id });
  return found.map(({ key }) => key);
}

/** The keys of the tenant's objects that are to be deleted. */
async function deletions(): Promise<string[]> {
  const rows = await service.database.sql`select key from artifact_deletions where tenant_id = ${tenant.id} order by 1`;
  return rows.map(({ key }) => key);
}

const rowCount = async () =>
  (await service.database.sql`select from workflow_run_artifacts where tenant_id = ${tenant.id}`).length;

/** Lets an hour pass for the uploads that have begun. */
async function passReservations(): Promise<void> {
  const { sql } = service.database;
  await sql`update workflow_run_artifacts set created_at = created_at - interval '1 hour' where tenant_id = ${tenant.id}`;
  await sql`update artifact_deletions set due_at = due_at - interval '1 hour' where tenant_id = ${tenant.id}`;
}

const detailOf = async (response: Response) => (await response.json<{ detail: unknown }>()).detail;

const digestOf = async (content: string) => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
  return { header: `sha-256=:${hash.toBase64()}:`, hex: hash.toHex() };
};

const fail = () => callBack(service, tenant, runId, { status: "FAILED" });

async function retry(): Promise<void> {
  await fail();
  expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key)).status).toBe(202);
}

describe("a file of a run", () => {
  it("is uploaded in two database requests, replaced by the next of its name, and downloaded in one", async () => {
    const digest = await digestOf("first");
    const headers = { "Content-Type": "text/csv", "Content-Digest": digest.header };
    const [created, requests] = await service.counted(() => put("a.csv", "first", { headers }));
    expect([created.status, requests]).toEqual([201, 2]);
    const url = `https://service.test${file("a.csv", "?attempt=1")}`;
    const stored = { name: "a.csv", attempt: 1, content_type: "text/csv", bytes: 5, sha256: digest.hex, url };
    expect(await created.json()).toEqual({ ...stored, stored_at: expect.any(String) });
    expect(created.headers.get("Location")).toBe(file("a.csv", "?attempt=1"));

    const [downloaded, readRequests] = await service.counted(() => get(file("a.csv")));
    expect([downloaded.status, await downloaded.text(), readRequests]).toEqual([200, "first", 1]);
    expect(downloaded.headers.get("Repr-Digest")).toBe(digest.header);

    const replaced = await put("a.csv", "second one");
    expect([replaced.status, (await replaced.json<{ bytes: number }>()).bytes]).toEqual([200, 10]);
    expect(await (await get(file("a.csv"))).text()).toBe("second one");
    expect(await names()).toEqual(["a.csv"]);
    expect(await deletions()).toHaveLength(1);
    await service.sweep();
    expect([await deletions(), (await objects()).length]).toEqual([[], 1]);
  });

  it("stands in the list at once, in the result when the run has ended, and in the sum of the metrics", async () => {
    await put("b.pdf", "12345");
    await put("a.txt", "123");
    expect(await names()).toEqual(["a.txt", "b.pdf"]);
    const result = async () => {
      const response = await get(`/v1/workflow-runs/${runId}/result`);
      return (await response.json<{ artifacts: unknown }>()).artifacts;
    };
    expect(await result()).toBeNull();
    await callBack(service, tenant, runId, {
      status: "COMPLETED",
      artifacts: [{ name: "a link", url: "https://a.example/" }],
    });
    const nothing = { path_part_id: null, sha256: null };
    expect(await result()).toEqual([
      { ...nothing, name: "a link", url: "https://a.example/", bytes: null },
      { ...nothing, name: "a.txt", url: `https://service.test${file("a.txt", "?attempt=1")}`, bytes: 3 },
      { ...nothing, name: "b.pdf", url: `https://service.test${file("b.pdf", "?attempt=1")}`, bytes: 5 },
    ]);
    const metrics = parseMetrics(await (await get("/v1/metrics")).text());
    expect(metrics.get("workflow_run_artifact_bytes")?.samples.get("workflow_run_artifact_bytes")).toBe(8);
  });

  it("is stored beside another one of the same attempt that begins and ends while it is uploaded", async () => {
    const overtaken = await startService({
      database: service.database,
      settings: {
        ARTIFACTS: {
          put: async (...args: Parameters<Bucket["put"]>) => {
            expect((await put("b.txt", "quick")).status).toBe(201);
            return env.ARTIFACTS.put(...args);
          },
        },
      },
    });
    expect((await put("a.txt", "slow", { at: overtaken })).status).toBe(201);
    expect(await names()).toEqual(["a.txt", "b.txt"]);
  });

  it("belongs to its attempt: the next one has files of its own, and the older runner's token can store none", async () => {
    await put("a.txt", "first");
    await retry();
    expect(await names()).toEqual([]);
    const late = await put("b.txt", "late");
    expect([late.status, await detailOf(late)]).toEqual([
      409,
      "The token belongs to attempt 1, but the run is at attempt 2.",
    ]);
    expect((await put("a.txt", "second", { attempt: 2 })).status).toBe(201);
    expect(await (await get(file("a.txt"))).text()).toBe("second");
    expect(await (await get(file("a.txt", "?attempt=1"))).text()).toBe("first");
    expect((await get(file("a.txt", "?attempt=3"))).status).toBe(404);
  });

  it("stays when the run is suspended, until a later attempt stores its name anew, and begins anew with a retry", async () => {
    await put("ocr.txt", "all of it");
    await put("a.txt", "first");
    expect((await suspend(service, tenant, runId)).status).toBe(200);
    expect(await names()).toEqual(["a.txt", "ocr.txt"]);
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(200);
    expect((await put("a.txt", "second", { attempt: 2 })).status).toBe(201);
    const { artifacts } = await (await get(folder())).json<{ artifacts: object[] }>();
    expect(artifacts).toMatchObject([
      { name: "a.txt", attempt: 2, bytes: 6 },
      { name: "ocr.txt", attempt: 1 },
    ]);
    expect([await names("?attempt=1"), await names("?attempt=2")]).toEqual([["a.txt", "ocr.txt"], ["a.txt"]]);
    expect(await (await get(file("ocr.txt"))).text()).toBe("all of it");
    expect(await (await get(file("a.txt"))).text()).toBe("second");
    await callBack(service, tenant, runId, { status: "FAILED", error: "No paper" }, 2);
    const result = await (await get(`/v1/workflow-runs/${runId}/result`)).json<{ artifacts: { url: string }[] }>();
    const ofAttempt = (name: string, attempt: number) => `https://service.test${file(name, `?attempt=${attempt}`)}`;
    expect(result.artifacts.map(({ url }) => url)).toEqual([ofAttempt("a.txt", 2), ofAttempt("ocr.txt", 1)]);
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key)).status).toBe(202);
    expect([await names(), (await get(file("ocr.txt"))).status]).toEqual([[], 404]);
  });

  it("is refused once the run has ended, also by its deadline, and by the token of another run", async () => {
    await put("a.txt", "x");
    const other = runId;
    await fail();
    runId = await invoke(service, tenant);
    const foreign = await put("a.txt", "x", { token: await runToken(tenant, other) });
    expect([foreign.status, await detailOf(foreign)]).toEqual([409, "The token belongs to another run."]);
    await makeOverdue(service, runId);
    const late = await put("a.txt", "x");
    expect([late.status, await detailOf(late)]).toEqual([
      409,
      "The run has ended: it is FAILED. It takes no more files.",
    ]);
    expect((await objects()).length).toBe(1);
  });

  it("proves that the runner has accepted the run", async () => {
    await service.database.sql`update workflow_runs set dispatched_at = null where id = ${runId}`;
    await put("a.txt", "x");
    const [run] = await service.database
      .sql`select dispatched_at is not null as taken from workflow_runs where id = ${runId}`;
    expect(run?.taken).toBe(true);
  });

  it("is seen by who may see the run, and by nobody else", async () => {
    await put("a.txt", "x");
    const other = await createTenant(service.database);
    for (const [key, status] of [
      [tenant.admin.key, 200],
      [tenant.user.key, 404],
      [other.owner.key, 404],
    ] as const) {
      expect([(await get(file("a.txt"), {}, key)).status, (await get(folder(), {}, key)).status]).toEqual([
        status,
        status,
      ]);
    }
    const asCaller = await put("a.txt", "x", { token: tenant.owner.key });
    expect(asCaller.status).toBe(401);
  });
});

describe("an upload is refused", () => {
  it.each([
    ["without a length", { "Content-Length": "" }, 411],
    ["when it is too large", { "Content-Length": "95000001" }, 413],
    ["when its digest is none", { "Content-Digest": "sha-256=:abc:" }, 422],
    ["when its type is none", { "Content-Type": "text" }, 422],
  ])("%s, before the database is asked", async (_, headers, status) => {
    const [response, requests] = await service.counted(() => put("a.txt", "x", { headers }));
    expect([response.status, requests]).toEqual([status, 0]);
  });

  it.each([".hidden", "a%2Fb", "..", "a%20b", "a".repeat(129), "%C3%A4"])("for the name %s", async (name) => {
    const [response, requests] = await service.counted(() => put(name, "x"));
    expect([[404, 422].includes(response.status), requests]).toEqual([true, 0]);
  });

  it("when the content is not that of its digest, and nothing is left of it", async () => {
    const { header } = await digestOf("other");
    const response = await put("a.txt", "x", { headers: { "Content-Digest": header } });
    expect(await detailOf(response)).toEqual([
      { loc: ["header", "Content-Digest"], type: "value_error", msg: "Is not the SHA-256 of the body." },
    ]);
    expect([response.status, await rowCount(), await objects()]).toEqual([422, 0, []]);
  });

  it("when the run has 50 files in all its attempts", async () => {
    await service.database.sql`
      insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, stored_at)
      select ${runId}, gen_random_uuid(), ${tenant.id}, 1, 'n' || n, 'text/plain', 1, statement_timestamp()
      from generate_series(1, 49) n`;
    await retry();
    const statuses = [];
    for (const name of ["n1", "n2"]) statuses.push((await put(name, "x", { attempt: 2 })).status);
    expect(statuses).toEqual([201, 409]);
  });

  it("when the run has 50 files, or would have more than 1 GiB, but a file may still be replaced", async () => {
    await put("a.txt", "x");
    await service.database.sql`
      insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, stored_at)
      select ${runId}, gen_random_uuid(), ${tenant.id}, 1, 'n' || n, 'text/plain', 1, statement_timestamp()
      from generate_series(1, 49) n`;
    const many = await put("b.txt", "x");
    expect([many.status, await detailOf(many)]).toEqual([409, expect.stringContaining("A run may have 50 files")]);
    expect((await put("a.txt", "x")).status).toBe(200);
    await service.database.sql`
      update workflow_run_artifacts set bytes = 1073741822 where run_id = ${runId} and name = 'n1'`;
    await service.database.sql`delete from workflow_run_artifacts where run_id = ${runId} and name > 'n1'`;
    const large = await put("b.txt", "xx");
    expect([large.status, await detailOf(large)]).toEqual([409, expect.stringContaining("1073741824 bytes")]);
    expect((await put("b.txt", "x")).status).toBe(201);
  });
});

describe("a download", () => {
  it.each([
    ["text/plain", "inline", "text/plain; charset=utf-8"],
    ["image/png", "inline"],
    ["application/pdf", "inline"],
    ["IMAGE/WEBP; x=y", "inline"],
    ["text/html", "attachment"],
    ["image/svg+xml", "attachment"],
    ["application/xhtml+xml", "attachment"],
    ["text/xml", "attachment"],
    ["text/javascript", "attachment"],
    ["text/plain-html", "attachment"],
  ])("of %s is %s, sniffed by no browser, and in a sandbox", async (type, disposition, sent = type) => {
    await put("a.file", "<script>", { headers: { "Content-Type": type } });
    const { headers } = await get(file("a.file"));
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": sent,
      "content-disposition": `${disposition}; filename="a.file"`,
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "private, no-cache",
      "content-security-policy": expect.stringMatching(
        type === "application/pdf" ? /^default-src 'none';/ : /; sandbox$/,
      ),
    });
  });

  it.each(["script", "style", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt"])(
    "is refused to a page that would load it as a %s, also when the browser has it already",
    async (destination) => {
      await put("a.js", "alert(1)", { headers: { "Content-Type": "text/javascript" } });
      const tag = (await get(file("a.js"))).headers.get("ETag") ?? "";
      for (const more of [{}, { "If-None-Match": tag }, { Range: "bytes=0-" }]) {
        const response = await get(file("a.js"), { "Sec-Fetch-Dest": destination, ...more });
        expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("no part of a page")]);
      }
    },
  );

  it.each(["document", "empty", "image", "iframe"])(
    "is answered to a browser that asks for a %s",
    async (destination) => {
      await put("a.js", "alert(1)", { headers: { "Content-Type": "text/javascript" } });
      expect((await get(file("a.js"), { "Sec-Fetch-Dest": destination })).status).toBe(200);
    },
  );

  it("is one range of bytes, 416 for one that is not there, and the whole file for several", async () => {
    await put("a.txt", "0123456789");
    const range = async (asked: string, more: Record<string, string> = {}) => {
      const response = await get(file("a.txt"), { Range: asked, ...more });
      return [
        response.status,
        response.status === 416 ? "" : await response.text(),
        response.headers.get("Content-Range"),
      ];
    };
    expect(await range("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await range("bytes=8-")).toEqual([206, "89", "bytes 8-9/10"]);
    expect(await range("bytes=-3")).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await range("bytes=10-")).toEqual([416, "", "bytes */10"]);
    expect(await range("bytes=0-1,3-4")).toEqual([200, "0123456789", null]);
    const tag = (await get(file("a.txt"))).headers.get("ETag") ?? "";
    expect(await range("bytes=0-0", { "If-Range": tag })).toEqual([206, "0", "bytes 0-0/10"]);
    expect(await range("bytes=0-0", { "If-Range": '"other"' })).toEqual([200, "0123456789", null]);
  });

  it.each([
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-1", 0, "unsatisfiable"],
    ["bytes=-0", 5, "unsatisfiable"],
    ["bytes=-9", 5, { offset: 0, length: 5 }],
    ["bytes=1-99", 5, { offset: 1, length: 4 }],
    ["bytes=3-2", 5, null],
    ["lines=0-1", 5, null],
    ["bytes=-", 5, null],
    [undefined, 5, null],
  ] as const)("understands the range %s of %i bytes", (header, size, range) => {
    expect(readRange(header, size)).toEqual(range);
  });

  it("is 304 for its tag, which each upload changes, and a HEAD tells its length", async () => {
    await put("a.txt", "12345");
    const tag = (await get(file("a.txt"))).headers.get("ETag") ?? "";
    const same = await get(file("a.txt"), { "If-None-Match": tag });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const Authorization = `Bearer ${tenant.owner.key}`;
    const head = await service.fetch(file("a.txt"), { method: "HEAD", headers: { Authorization } });
    expect([head.status, head.headers.get("Content-Length"), head.headers.get("ETag")]).toEqual([200, "5", tag]);
    await put("a.txt", "12345");
    expect((await get(file("a.txt"), { "If-None-Match": tag })).status).toBe(200);
  });

  it("of an empty file is empty", async () => {
    await put("empty", "");
    const response = await get(file("empty"));
    expect([response.status, await response.text(), response.headers.get("Content-Length")]).toEqual([200, "", "0"]);
  });
});

describe("the object of a file is deleted", () => {
  const remove = {
    "when a person deletes the run": async () => {
      await fail();
      await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    },
    "when the run is deleted with others": async () => {
      await fail();
      await service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action: "delete", run_ids: [runId] });
    },
  };

  it.each(Object.entries(remove))("%s, by the next sweep", async (_, act) => {
    await put("a.txt", "x");
    await put("b.txt", "x");
    const keys = await objects();
    await act();
    expect([await rowCount(), await deletions()]).toEqual([0, keys]);
    await service.sweep();
    expect([await deletions(), await objects()]).toEqual([[], []]);
  });

  it("when its workflow is deleted, by the next sweep, which also deletes the run", async () => {
    await put("a.txt", "x");
    await fail();
    await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect([await rowCount(), await deletions()]).toEqual([1, []]);
    await service.sweep();
    expect([await rowCount(), await deletions(), await objects()]).toEqual([0, [], []]);
  });

  it("by one sweep, also with more others than one request to the bucket can delete", async () => {
    await service.database.sql`
      insert into artifact_deletions (key, tenant_id, due_at)
      select ${tenant.id} || '/' || n, ${tenant.id}, statement_timestamp() - interval '1 hour' from generate_series(1, 1001) n`;
    await service.sweep();
    expect(await deletions()).toEqual([]);
  });

  it("when the run is older than RETENTION_DAYS, or the file than ARTIFACT_RETENTION_DAYS", async () => {
    const { database } = service;
    const retaining = (settings: Record<string, string>) => startService({ database, settings });
    await put("old.txt", "x");
    await put("new.txt", "x");
    const { sql } = database;
    await sql`
      update workflow_run_artifacts set stored_at = stored_at - interval '8 days' where run_id = ${runId} and name = 'old.txt'`;
    await (await retaining({ ARTIFACT_RETENTION_DAYS: "7" })).sweep();
    expect([await names(), (await objects()).length]).toEqual([["new.txt"], 1]);

    await fail();
    await sql`
      update workflow_runs set created_at = created_at - interval '8 days', started_at = started_at - interval '8 days',
        deadline_at = deadline_at - interval '8 days', completed_at = completed_at - interval '8 days'
      where id = ${runId}`;
    await (await retaining({ RETENTION_DAYS: "7" })).sweep();
    expect([await rowCount(), await deletions(), await objects()]).toEqual([0, [], []]);
  });
});

describe("what fails between the row and the object", () => {
  /** The same service, whose bucket does something else. */
  const withBucket = (changed: Partial<Bucket> | undefined) =>
    startService({
      database: service.database,
      settings: {
        ARTIFACTS: changed && {
          put: (...args: Parameters<Bucket["put"]>) => env.ARTIFACTS.put(...args),
          get: (...args: Parameters<Bucket["get"]>) => env.ARTIFACTS.get(...args),
          delete: (keys: string[]) => env.ARTIFACTS.delete(keys),
          ...changed,
        },
      },
    });
  const broken = async () => {
    throw new Error("put: We encountered an internal error. Please try again. (10001)");
  };

  /** Uploads to a Worker that reaches the database no more when it has inserted the row, or also put the object. */
  async function putAndDie(after: "row" | "object"): Promise<void> {
    const dying = await withBucket({
      put: async (...args: Parameters<Bucket["put"]>) => {
        if (after === "object") await env.ARTIFACTS.put(...args);
        await service.database.inflict({ kind: "http 500", times: 9 });
        return broken();
      },
    });
    expect((await put("a.txt", "x", { at: dying })).status).toBe(503);
    await service.database.mend();
  }

  it.each([
    ["row", 0],
    ["object", 1],
  ] as const)("is a Worker that dies after the %s: nothing is left after an hour", async (after, count) => {
    await putAndDie(after);
    expect([await rowCount(), await names()]).toEqual([1, []]);
    await service.sweep();
    expect([await rowCount(), (await objects()).length]).toEqual([1, count]);
    await passReservations();
    await service.sweep();
    expect([await rowCount(), await deletions(), await objects()]).toEqual([0, [], []]);
  });

  it("is a Worker that dies while its run is deleted: the object is deleted when its upload can have ended", async () => {
    await putAndDie("object");
    const keys = await objects();
    await fail();
    await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    await service.sweep();
    expect([await deletions(), await objects()]).toEqual([keys, keys]);
    await passReservations();
    await service.sweep();
    expect([await deletions(), await objects()]).toEqual([[], []]);
  });

  it("is the bucket: an upload is 503 and leaves no row, as a download is, and a sweep tries again", async () => {
    const failing = await withBucket({ put: broken, get: broken, delete: broken });
    const response = await put("a.txt", "x", { at: failing });
    expect([response.status, response.headers.get("Retry-After"), await rowCount()]).toEqual([
      503,
      expect.stringMatching(/^[3-8]$/),
      0,
    ]);
    await put("a.txt", "x");
    expect((await failing.get(file("a.txt"), tenant.owner.key)).status).toBe(503);
    await put("a.txt", "y");
    await passReservations();
    await failing.sweep();
    const failed = await deletions();
    expect(failed.length).toBeGreaterThan(0);
    await service.sweep();
    expect([await deletions(), (await objects()).length]).toEqual([failed, 2]);
    await passReservations();
    await service.sweep();
    expect([await deletions(), (await objects()).length]).toEqual([[], 1]);
  });

  it("is one object that the bucket cannot delete: a sweep deletes the others, and a later one that, too", async () => {
    const keys = ["a.txt", "b.txt"].map((name) => `${tenant.id}/${name}`);
    await service.database.sql`
      insert into artifact_deletions (key, tenant_id, due_at)
      select key, ${tenant.id}, statement_timestamp() - interval '1 hour' from unnest(${keys}::text[]) key`;
    const left = keys.slice(0, 1);
    const failing = await withBucket({ delete: async () => Promise.reject(Object.assign(new Error("No."), { left })) });
    await failing.sweep();
    expect(await deletions()).toEqual(left);
    await passReservations();
    await service.sweep();
    expect(await deletions()).toEqual([]);
  });

  it.each([
    [54, "stored"],
    [56, "cut, and nothing is left of it"],
  ])("is a transfer of %d minutes, of which 55 are allowed: it is %s", async (minutes, outcome) => {
    const slow = await withBucket({
      put: async (...args: Parameters<Bucket["put"]>) => {
        await vi.advanceTimersByTimeAsync(minutes * 60_000);
        vi.useRealTimers();
        return env.ARTIFACTS.put(...args);
      },
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const response = await put("a.txt", "x", { at: slow });
    const left = outcome === "stored" ? 1 : 0;
    expect([await rowCount(), (await objects()).length]).toEqual([left, left]);
    expect([response.status, await response.json()]).toEqual(
      outcome === "stored"
        ? [201, expect.anything()]
        : [
            400,
            expect.objectContaining({
              title: "Incomplete body",
              detail: expect.stringContaining("The body has not arrived within 55 minutes."),
            }),
          ],
    );
  });

  it("is the client: an upload that is cut, or has another length, leaves nothing", async () => {
    const cut = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("he"));
        controller.error(new TypeError("The client has left."));
      },
    });
    const { headers } = await upload("hello");
    expect((await service.fetch(file("a.txt"), { method: "PUT", headers, body: cut })).status).toBe(400);
    expect((await put("a.txt", "x", { headers: { "Content-Length": "2" } })).status).toBe(400);
    expect((await put("a.txt", "xyz", { headers: { "Content-Length": "2" } })).status).toBe(400);
    expect([await rowCount(), await objects()]).toEqual([0, []]);
  });

  it("is the end of the run, or a later upload of the same name: the file is refused, and nothing is left", async () => {
    const ending = await withBucket({
      put: async (...args: Parameters<Bucket["put"]>) => {
        const stored = await env.ARTIFACTS.put(...args);
        await fail();
        return stored;
      },
    });
    expect((await put("a.txt", "x", { at: ending })).status).toBe(409);
    expect([await rowCount(), await names(), await objects()]).toEqual([0, [], []]);

    runId = await invoke(service, tenant);
    const overtaken = await withBucket({
      put: async (...args: Parameters<Bucket["put"]>) => {
        const stored = await env.ARTIFACTS.put(...args);
        expect((await put("a.txt", "later")).status).toBe(201);
        return stored;
      },
    });
    expect((await put("a.txt", "earlier", { at: overtaken })).status).toBe(409);
    expect([await (await get(file("a.txt"))).text(), (await objects()).length]).toEqual(["later", 1]);
  });

  it("is a deployment without a bucket: files are 503, and all else works", async () => {
    const without = await withBucket(undefined);
    const [response, requests] = await service.counted(() => put("a.txt", "x", { at: without }));
    expect([response.status, requests]).toEqual([503, 0]);
    expect(await response.json()).toMatchObject({ title: "Artifacts unavailable" });
    expect((await without.get(file("a.txt"), tenant.owner.key)).status).toBe(503);
    expect((await without.get(folder(), tenant.owner.key)).status).toBe(200);
    await without.sweep();
  });
});
