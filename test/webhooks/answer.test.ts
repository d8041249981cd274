import { describe, expect, it } from "vitest";
import { judgeAnswer } from "../../src/webhooks/answer.ts";

const SENT_AT = "2026-01-31T12:00:00.000Z";

const judge = (status: number, headers: Record<string, string> = {}) =>
  judgeAnswer(new Response(null, { status, headers }), SENT_AT);

/** What a runner that answers 503 with these headers asks for. */
function pauseAskedFor(headers: Record<string, string>): number | null {
  const verdict = judge(503, headers);
  if (verdict.kind !== "retry") throw new Error(`503 is ${verdict.kind}.`);
  return verdict.retryAfterSeconds;
}

describe("a runner's answer", () => {
  it.each([200, 201, 202, 204, 299])("of %i is accepted", (status) => {
    expect(judge(status)).toEqual({ kind: "accepted", status });
  });

  it.each([401, 403, 404, 405, 407, 408, 425, 429, 500, 502, 503, 504, 599])("of %i is retried", (status) => {
    const reason = `The runner answered ${status}.`;
    expect(judge(status)).toEqual({ kind: "retry", reason, retryAfterSeconds: null });
  });

  it("of 530 is Cloudflare's: the runner could not be reached", () => {
    const reason = "The runner could not be reached. Does the name in its URL exist?";
    expect(judge(530)).toEqual({ kind: "retry", reason, retryAfterSeconds: null });
  });

  it.each([300, 301, 302, 303, 304, 307, 308])("of %i is retried, and the reason is recorded", (status) => {
    const reason = `The runner answered ${status}: redirects are not followed.`;
    expect(judge(status, { Location: "https://elsewhere.example.com/" })).toEqual({
      kind: "retry",
      reason,
      retryAfterSeconds: null,
    });
  });

  it.each([400, 402, 406, 409, 413, 418, 422, 451, 499])("of %i rejects the run", (status) => {
    expect(judge(status)).toEqual({ kind: "rejected", reason: `The runner answered ${status}.`, gone: false });
  });

  it("of 410 rejects this run and all that follow", () => {
    expect(judge(410)).toEqual({ kind: "rejected", reason: expect.stringContaining("410"), gone: true });
  });
});

describe("Retry-After", () => {
  it.each([
    ["0", 0],
    ["1", 1],
    [" 120 ", 120],
    ["007", 7],
    ["3600", 3600],
  ])("of %j is that many seconds", (value, seconds) => {
    expect(pauseAskedFor({ "Retry-After": value })).toBe(seconds);
  });

  it.each(["3601", "86400", "99999999999999999999999", "Fri, 31 Dec 2027 23:59:59 GMT"])(
    "of %j counts as an hour",
    (value) => {
      expect(pauseAskedFor({ "Retry-After": value })).toBe(3600);
    },
  );

  it("as a date counts from the answer's own date, whatever our clock says", () => {
    const headers = { "Retry-After": "Thu, 01 Jan 2015 00:02:00 GMT", Date: "Thu, 01 Jan 2015 00:00:00 GMT" };
    expect(pauseAskedFor(headers)).toBe(120);
  });

  it.each<Record<string, string>>([{}, { Date: "yesterday" }])(
    "as a date counts from when we asked, when the answer has none that can be read: %j",
    (headers) => {
      expect(pauseAskedFor({ ...headers, "Retry-After": "Sat, 31 Jan 2026 12:01:30 GMT" })).toBe(90);
    },
  );

  it("as a date that has passed asks for no pause", () => {
    expect(pauseAskedFor({ "Retry-After": "Sat, 31 Jan 2026 11:00:00 GMT" })).toBe(0);
  });

  it.each(["", "soon", "-5", "1.5", "1e3", "0x10", "10 seconds", "2026-01-31T12:01:00Z", "never GMT", "∞"])(
    "of %j is as good as none",
    (value) => {
      expect(pauseAskedFor({ "Retry-After": encodeURI(value).replaceAll("%20", " ") })).toBeNull();
    },
  );

  it("is used for every answer after which a dispatch is retried", () => {
    for (const status of [302, 404, 408, 425, 429, 500]) {
      expect(judge(status, { "Retry-After": "60" })).toMatchObject({ kind: "retry", retryAfterSeconds: 60 });
    }
  });
});
