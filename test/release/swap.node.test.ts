/** All SQL functions are replaced while a built Worker works: that of the recorded release, and today's. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { liveOnce } from "../support/live-once.ts";
import { swapFunctions } from "../support/node/swap-functions.ts";
import { newOwner, RELEASE, readWorkers, useWorkers } from "./world.ts";

const CALLERS = 8;
const SWAPS = 10;

const scripts = await readWorkers("swap");
const startWorker = useWorkers();

describe.each([
  [`of ${RELEASE}`, scripts.released],
  ["of today", scripts.today],
])("the Worker %s, while all SQL functions are replaced", (_, script) => {
  let worker: BuiltWorker;
  beforeAll(async () => {
    worker = await startWorker(script);
  });

  it(`gives none of ${CALLERS} callers an answer but the right one`, async () => {
    const owners = await Promise.all(Array.from({ length: CALLERS }, () => newOwner(worker)));
    let isSwapping = true;
    const swapAll = async () => {
      for (let number = 1; number <= SWAPS; number++) await swapFunctions(worker.vars.DATABASE_URL ?? "", `${number}`);
    };
    const swapping = swapAll().finally(() => {
      isSwapping = false;
    });
    const lives = owners.map(async ({ send, key, definitionId }) => {
      let count = 0;
      for (; isSwapping; count++) await liveOnce(send, { key, definitionId });
      return count;
    });
    await Promise.all([swapping, ...lives]);
    expect(Math.min(...(await Promise.all(lives)))).toBeGreaterThan(0);
  });
});
