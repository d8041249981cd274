import { describe, expect, it } from "vitest";
import { AUDIT_ACTIONS } from "../../src/audit/actions.ts";
import { actionWord, changesOf, doneWord } from "../../src/dashboard/activity/words.ts";
import { sentenceFor } from "../../src/dashboard/problem-words.ts";
import { PROBLEMS, type ProblemCode } from "../../src/http/problems.ts";

/** Problems that no page answers: what a program has sent is wrong, or is for programs. */
const OF_PROGRAMS = new Set<ProblemCode>([
  ...([
    "callback_unauthenticated",
    "session_unauthenticated",
    "message_unauthenticated",
    "code_unauthenticated",
  ] as const),
  ...(["streams_unavailable", "length_required", "unsupported_media_type", "range_not_satisfiable"] as const),
]);

const CODES = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => !OF_PROGRAMS.has(code));

describe("what a page says of a problem", () => {
  it.each(CODES)("is a sentence without names of headers, fields and methods: %s", (code) => {
    expect(sentenceFor({ code })).toMatch(/^[A-Z][^`_]+\.$/);
    expect(sentenceFor({ code })).not.toMatch(/header|bytes|Retry-After|credential|request /);
  });

  it("is that of the one case, if the problem has one, and says of an outage whether something was changed", () => {
    expect(sentenceFor({ code: "conflict", detail: "Its run is RUNNING." })).toBe("Its run is RUNNING.");
    expect(sentenceFor({ code: "database_unavailable", outage: "refused" })).toContain("nothing was changed");
    expect(sentenceFor({ code: "database_unavailable", outage: "unanswered" })).toContain("it is not known");
  });
});

describe("a line of the audit log", () => {
  it.each(AUDIT_ACTIONS)("has words for %s", (action) => {
    for (const words of [doneWord(action), actionWord(action)]) expect(words).toMatch(/^[a-zA-Z][^_.`]+$/);
  });

  it.each([
    [[], "none"],
    [["LOST", "DEADLINE"], "LOST, DEADLINE"],
    [["01920000-0000-7000-8000-000000000a01", "01920000-0000-7000-8000-000000000a02"], "2 ids"],
    [[{ id: 1 }], '[{"id":1}]'],
    [null, "none"],
    [true, "yes"],
  ])("shows %j as %s", (value, words) => {
    const event = { before: { field: "x" }, after: { field: value }, hidden: [], detail: null };
    expect(changesOf(event as unknown as Parameters<typeof changesOf>[0])).toEqual([`field: x → ${words}`]);
  });
});
