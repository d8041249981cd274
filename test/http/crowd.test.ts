import { afterEach, describe, expect, it, vi } from "vitest";
import { Crowd } from "../../src/http/live/crowd.ts";
import { eventStream } from "../../src/http/live/event-stream.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The earliest and the latest time that can be drawn, in seconds. */
function rangeOf(draw: () => number): [number, number] {
  const random = vi.spyOn(Math, "random");
  return [Math.min(...drawn()), Math.max(...drawn())];
  function drawn() {
    return [0, 1].map((value) => {
      random.mockReturnValue(value);
      return draw() / 1_000;
    });
  }
}

describe("the clients of streams that end at the same moment come back", () => {
  it.each([
    [0, 15],
    [300, 15],
    [600, 30],
    [1_200, 60],
    [2_000, 60],
  ])("within a time that grows with how many streams the tenant has: %i within %i seconds", (streams, seconds) => {
    expect(rangeOf(() => new Crowd().retryMs(streams))).toEqual([1, seconds]);
  });

  it("within a time that grows with how many the isolate has, until they have left", () => {
    const crowd = new Crowd();
    const enter = () => Array.from({ length: 900 }, () => crowd.enter());
    const leave = enter();
    expect(rangeOf(() => crowd.retryMs(1))).toEqual([1, 45]);
    // A client leaves, and then its stream ends, too.
    for (const one of [...leave, ...leave]) one();
    expect(rangeOf(() => crowd.retryMs(1))).toEqual([1, 15]);
    enter();
    expect(rangeOf(() => crowd.retryMs(1))).toEqual([1, 45]);
  });
});

it("while the database does not answer, streams read again after random times that grow, and longer ones the more they are", () => {
  const crowd = new Crowd();
  expect([1, 2, 3, 4, 5, 6].map((times) => rangeOf(() => crowd.outageMs(times)))).toEqual([
    [2.5, 5],
    [5, 10],
    [10, 20],
    [20, 40],
    [30, 60],
    [30, 60],
  ]);
  for (let n = 0; n < 800; n++) crowd.enter();
  expect(rangeOf(() => crowd.outageMs(1))).toEqual([20, 40]);
});

it("a stream says when to come back at its beginning, with each comment, and at its end", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const listener = { streams: 800, close: vi.fn() };
  const { signal } = new AbortController();
  const response = eventStream(signal, async (sink) => sink.keepAlive("read"), listener, "begun");
  expect(await response.text()).toBe("retry: 40000\nid: begun\n\n:\nretry: 40000\nid: read\n\nretry: 40000\n\n");
});
