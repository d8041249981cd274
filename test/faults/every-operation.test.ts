import { describe, expect, it } from "vitest";
import { findOperation } from "../support/document.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import { INVOKE_WITHOUT_KEY, tryOperation } from "./try-operation.ts";
import { withHurriedService } from "./world.ts";

/**
 * A change that was not carried out, one that was, and one that the database refused; for a read one that was carried out. All
 * others: `test/deep/faults.test.ts`.
 */
const KINDS = ["cut before", "cut after", "deadlock"] as const;
const kindsFor = (id: string) => (findOperation(id).method === "GET" ? (["cut after"] as const) : KINDS);

describe("every operation, when its connection to the database breaks", () => {
  it.concurrent.each(OPERATION_IDS)(
    "%s says whether to retry, leaves no half change, and succeeds afterwards",
    async (id) => {
      expect(await withHurriedService((service) => tryOperation(service, id, kindsFor(id)))).toEqual([]);
    },
  );

  it.concurrent("an invoke without an idempotency key does so, too, and triggers one run each time", async () => {
    expect(
      await withHurriedService((service) => tryOperation(service, "invoke_workflow", KINDS, INVOKE_WITHOUT_KEY)),
    ).toEqual([]);
  });
});
