import { describe, expect, it } from "vitest";
import { OutputReader } from "../src/cli/run/output-reader.ts";
import type { Progress } from "../src/runner/index.ts";

function read(...chunks: string[]) {
  const logged: string[] = [];
  const progress: Progress[] = [];
  const reader = new OutputReader({ log: (text) => logged.push(text), progress: (one) => progress.push(one) });
  for (const chunk of chunks) reader.read(chunk);
  reader.end();
  return { log: logged.join(""), progress, lastLine: reader.lastLine, tail: reader.tail };
}

describe("what a command prints", () => {
  it("is the log of the run, however it is split; the last line that is not blank may be the output", () => {
    expect(read("a\nb", 'c\n{"n"', ":1}\n \n")).toEqual({
      log: 'a\nbc\n{"n":1}\n \n',
      progress: [],
      lastLine: '{"n":1}',
      tail: 'a\nbc\n{"n":1}',
    });
    expect(read("no line break")).toMatchObject({ log: "no line break", lastLine: "no line break" });
    expect(read()).toMatchObject({ log: "", lastLine: "", tail: "" });
  });

  it("is progress when a line has the progress marker, and is then not logged", () => {
    const { log, progress } = read(
      "::progress 40 reading\r\n::progress 100\n",
      "::progr",
      "ess 7 é\n::progress 101 no\n ::progress 1\n",
    );
    expect(progress).toEqual([{ percent: 40, message: "reading" }, { percent: 100 }, { percent: 7, message: "é" }]);
    expect(log).toBe("::progress 101 no\n ::progress 1\n");
  });

  it("is buffered up to a limit: a long line is logged in pieces, and one of more than 4 MiB is not the output", () => {
    const { log, lastLine, tail } = read("1".repeat(100_000), "\n");
    expect([log.length, lastLine, tail.length]).toEqual([100_001, "1".repeat(100_000), 4_000 - 1]);
    expect(read("1".repeat(4 * 1024 * 1024), "1\n").lastLine).toBeNull();
    expect(read(" ".repeat(20_000), "2\n").lastLine).toBe("2");
    expect(read("1".repeat(20_000), "\nok\n").lastLine).toBe("ok");
  });
});
