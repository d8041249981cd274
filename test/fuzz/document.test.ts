import { beforeAll, describe, expect, it, vi } from "vitest";
import { seeds } from "../support/harness.ts";
import { checkDocument, createOutside } from "./check.ts";

const SEEDS = 1;
const EXTENT = { lists: 4, plans: 30 };

let outside: Awaited<ReturnType<typeof createOutside>>;

// Of so many requests the log would be longer than anybody reads.
beforeAll(async () => {
  vi.spyOn(console, "info").mockReturnValue();
  outside = await createOutside();
});

describe("whatever is sent to whichever operation", () => {
  it.concurrent.each(seeds(SEEDS))(
    `is answered as the document says, and never with a 500, in ${EXTENT.lists * EXTENT.plans} requests (seed %i)`,
    { timeout: 120_000 },
    async (seed) => {
      expect((await checkDocument(outside, { seed, ...EXTENT })).length).toBeGreaterThan(0);
    },
  );
});
