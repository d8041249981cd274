import { describe, expect, it } from "vitest";
import { findOperation } from "../support/document.ts";
import { seeds } from "../support/harness.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import { INVOKE_WITHOUT_KEY, tryOperation } from "./try-operation.ts";
import { withHurriedService } from "./world.ts";

/**
 * A change that was not carried out, one that was, and one that the database refused: one of them for every third change, from which
 * one on depends on the seed; and two reads. All kinds at every operation: `test/faults/every-operation.deep.test.ts`.
 */
const KINDS = ["cut before", "cut after", "deadlock"] as const;
const CHANGES = OPERATION_IDS.filter((id) => findOperation(id).method !== "GET");
const [SEED = 0] = seeds(1);
const CHOSEN = CHANGES.filter((_, index) => index % 3 === SEED % 3);
const kindFor = (id: string) => KINDS[CHOSEN.indexOf(id) % KINDS.length] ?? "cut after";

describe("a change, and a read, when its connection to the database breaks", () => {
  it.concurrent.each([...CHOSEN, "get_workflow_run", "list_path_parts"])(
    "%s says whether to retry, leaves no half change, and succeeds afterwards",
    async (id) => {
      expect(await withHurriedService((service) => tryOperation(service, id, [kindFor(id)]))).toEqual([]);
    },
  );

  it.concurrent("an invoke without an idempotency key behaves in the same way, and triggers one run each time", async () => {
    expect(
      await withHurriedService((service) => tryOperation(service, "invoke_workflow", KINDS, INVOKE_WITHOUT_KEY)),
    ).toEqual([]);
  });
});
