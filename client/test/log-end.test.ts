import { describe, expect, it } from "vitest";
import { LogEnd, MOST_END_BYTES } from "../src/runner/log-end.ts";

const take = (...texts: string[]) => {
  const end = new LogEnd();
  for (const text of texts) end.append(text);
  return end.take();
};

describe("the end of a long log", () => {
  it("is all of it while that fits, with what was cut before it", () => {
    const end = new LogEnd();
    expect(end.isEmpty).toBe(true);
    end.append("b\n");
    end.prepend("a\n");
    end.prepend("");
    expect(end.isEmpty).toBe(false);
    expect(end.take()).toEqual({ text: "a\nb\n", omittedBytes: 0 });
    expect(end.isEmpty).toBe(true);
  });

  it("is the last 256 KiB, from the beginning of a line on, and counts what is left out in bytes", () => {
    const line = `${"é".repeat(499)}\n`;
    const { text, omittedBytes } = take(...Array(1_000).fill(line));
    const count = text.length / line.length;
    expect([count, omittedBytes]).toEqual([Math.floor(MOST_END_BYTES / 999), (1_000 - count) * 999]);
    expect(text).toBe(line.repeat(count));
  });

  it("does not begin in the middle of a character, when it has no line", () => {
    const { text, omittedBytes } = take("é".repeat(400_000), "x");
    expect(text).toBe(`${"é".repeat(MOST_END_BYTES / 2 - 1)}x`);
    expect(omittedBytes).toBe(800_001 - (MOST_END_BYTES - 1));
  });

  it("leaves out what was cut before it, when it is full already", () => {
    const end = new LogEnd();
    for (let n = 0; n < 40; n++) end.append("x".repeat(10_000));
    end.prepend("cut");
    const { text, omittedBytes } = end.take();
    expect([text.length, omittedBytes]).toEqual([MOST_END_BYTES, 400_003 - MOST_END_BYTES]);
  });
});
