import { expect, it } from "vitest";
import { agreeOn } from "../src/cli/commands/bulk.ts";

/** The numbers that a person is asked about when so many runs are found, one after the other, and the last one that was found. */
async function agree(...counts: number[]): Promise<[asked: number[], last: number]> {
  const asked: number[] = [];
  const find = async () => ({ done: counts.shift() ?? -1 });
  const { done } = await agreeOn(find, async (found) => asked.push(found.done));
  return [asked, done];
}

it("who has agreed to a change of many runs is asked again when more match after the answer, and not when there are fewer or none", async () => {
  expect(await agree(10, 10)).toEqual([[10], 10]);
  expect(await agree(10, 15, 15)).toEqual([[10, 15], 15]);
  expect(await agree(10, 9)).toEqual([[10], 9]);
  expect(await agree(0)).toEqual([[], 0]);
});
