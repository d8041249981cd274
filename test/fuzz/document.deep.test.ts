import { beforeAll, describe, expect, it, vi } from "vitest";
import { operations } from "../support/document.ts";
import { print, seeds } from "../support/harness.ts";
import { type Answered, checkDocument, createOutside } from "./check.ts";

const SEEDS = 1;
const EXTENT = { lists: 40, plans: 40 };

const answers: Answered[] = [];
let outside: Awaited<ReturnType<typeof createOutside>>;

beforeAll(async () => {
  vi.spyOn(console, "info").mockReturnValue();
  outside = await createOutside();
});

describe("whatever is sent to whichever operation", () => {
  it.concurrent.each(seeds(SEEDS))(
    `is answered as the document says, and never with a 500, in ${EXTENT.lists * EXTENT.plans} requests (seed %i)`,
    async (seed) => {
      answers.push(...(await checkDocument(outside, { seed, ...EXTENT })));
    },
  );

  it("reaches a success of each operation, and a refusal of each operation that can refuse", async () => {
    const counts = Object.entries(Object.groupBy(answers, ({ status }) => status));
    const told = counts.map(([status, { length } = []]) => `${status} ${length} times`).join(", ");
    await print(`${answers.length} fuzzed requests were answered ${told}.`);
    const hasSeen = (id: string, isMeant: (status: number) => boolean) =>
      answers.some(({ operationId, status }) => operationId === id && isMeant(status));
    const unseen = operations.filter(
      ({ operationId, responses }) =>
        // A stream is 503 here, since the service has no hub.
        (!hasSeen(operationId, (status) => status < 300) && !operationId.startsWith("stream_")) ||
        ("401" in responses && !hasSeen(operationId, (status) => status >= 400)),
    );
    expect(unseen.map(({ operationId }) => operationId)).toEqual([]);
  });
});
