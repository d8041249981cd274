import { describe, expect, inject, it, vi } from "vitest";
import { type Operation, operations } from "../support/document.ts";
import { print, seeds } from "../support/harness.ts";
import { extent } from "../support/in-turn.ts";
import { type Answered, checkDocument, createOutside } from "./check.ts";

const SEEDS = 1;
const EXTENT = { lists: extent(14, 80), plans: 25 };

const answers: Answered[] = [];
vi.spyOn(console, "info").mockReturnValue();
const outside = await createOutside();

describe("whatever is sent to whichever operation", () => {
  it.concurrent.each(seeds(SEEDS))(
    `is answered as the document says, and never with a 500, in ${EXTENT.lists * EXTENT.plans} requests (seed %i)`,
    async (seed) => {
      answers.push(...(await checkDocument(outside, { seed, ...EXTENT })));
    },
  );

  it("reaches a success of each operation, and a refusal of each operation that can refuse", async () => {
    // The requests are random, so an operation may be sent seldom, or only with faults. It then gets more requests.
    for (let round = 1; round <= 5 && unreached().length > 0; round++) {
      const of = unreached();
      answers.push(
        ...(await checkDocument(outside, { seed: inject("seed") - round, lists: 1, plans: 20 * of.length, of })),
      );
    }
    const counts = Object.entries(Object.groupBy(answers, ({ status }) => status));
    const told = counts.map(([status, { length } = []]) => `${status} ${length} times`).join(", ");
    await print(`${answers.length} fuzzed requests were answered ${told}.`);
    expect(unreached().map(({ operationId }) => operationId)).toEqual([]);
  });
});

/** The operations that were never answered with a success so far, or that can refuse and never have. */
function unreached(): Operation[] {
  const hasSeen = (id: string, isMeant: (status: number) => boolean) =>
    answers.some(({ operationId, status }) => operationId === id && isMeant(status));
  return operations.filter(
    ({ operationId, responses }) =>
      // A stream is 503 here, since the service has no hub.
      (!hasSeen(operationId, (status) => status < 300) && !operationId.startsWith("stream_")) ||
      ("401" in responses && !hasSeen(operationId, (status) => status >= 400)),
  );
}
