import { describe, expect, it } from "vitest";
import { inLanes } from "../../src/base/lanes.ts";

/** An action that notes what was begun, and how many ran at the same time, and takes a few turns of the event loop. */
function createAction(onItem: (item: number) => void = () => {}) {
  const noted = { begun: [] as number[], running: 0, most: 0 };
  async function act(item: number): Promise<void> {
    noted.begun.push(item);
    noted.running += 1;
    noted.most = Math.max(noted.most, noted.running);
    onItem(item);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    noted.running -= 1;
  }
  return { noted, act };
}

describe("a queue that is worked off in lanes", () => {
  it("is worked off from its front, as many items at once as there are lanes, to the end of the last one", async () => {
    const { noted, act } = createAction();
    const queue = [9, 1, 5, 2, 7];
    await inLanes(queue, 2, act);
    expect(noted).toEqual({ begun: [9, 1, 5, 2, 7], running: 0, most: 2 });
    expect(queue).toEqual([]);
  });

  it("may grow meanwhile, and then fills lanes that had nothing to do", async () => {
    const queue = [1];
    const { noted, act } = createAction((item) => {
      if (item === 1) queue.push(2, 3, 4);
    });
    await inLanes(queue, 3, act);
    expect(noted).toEqual({ begun: [1, 2, 3, 4], running: 0, most: 3 });
  });

  it("keeps what was not begun when it may not go on, and what was begun is ended", async () => {
    const { noted, act } = createAction();
    const queue = [4, 3, 2, 1];
    await inLanes(queue, 2, act, () => noted.begun.length < 3);
    expect([noted.begun, noted.running, queue]).toEqual([[4, 3, 2], 0, [1]]);
  });

  it("is left alone when it is empty", async () => {
    const { noted, act } = createAction();
    await inLanes([], 2, act);
    expect(noted.begun).toEqual([]);
  });

  it("throws what an action throws", async () => {
    await expect(inLanes([1], 2, () => Promise.reject(new Error("It broke.")))).rejects.toThrow("It broke.");
  });
});
