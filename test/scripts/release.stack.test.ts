import { describe, expect, it } from "vitest";
import {
  namesCalledIn,
  namesInTables,
  readRelease,
  recordRelease,
  signaturesThatStay,
} from "../../scripts/local/release.ts";

describe("a recorded release", () => {
  it("is never recorded again", () => {
    const { version } = readRelease();
    expect(() => recordRelease(version)).toThrow(`Release ${version} is recorded already`);
  });

  it("needs the functions that its Worker calls and that its tables use, and not their helpers", () => {
    const release = readRelease();
    const stay = signaturesThatStay(release).map(({ name }) => name);
    expect(stay).toEqual(expect.arrayContaining(["trigger_run", "record_result", "find_run", "run_as_seen"]));
    const ofTables = release.functions.map(({ name }) => name).filter((name) => namesInTables().has(name));
    expect(ofTables).not.toEqual([]);
    expect(stay).toEqual(expect.arrayContaining(ofTables));
    expect(stay).not.toEqual(expect.arrayContaining(["answer_of"]));
    expect(stay.length).toBeLessThan(release.functions.length / 2);
  });
});

describe("the names that a Worker calls", () => {
  it.each([
    ["by its name", `perform(db, "trigger_run", {})`],
    ["after an empty string", `f("","trigger_run")`],
    ["in a statement", "sql`select * from public.trigger_run(1)`"],
    ["between other strings", `const names="a b"in"trigger_run"`],
  ])("are found %s", (_, script) => {
    expect([...namesCalledIn(script, ["trigger_run", "run_trigger"])]).toEqual(["trigger_run"]);
  });

  it("are not other words of its text", () => {
    const script = `// trigger_run\nconst trigger_run = "trigger_run of"; call("my_trigger_run")`;
    expect([...namesCalledIn(script, ["trigger_run"])]).toEqual([]);
  });
});
