import { describe, expect, it } from "vitest";
import { findOperation } from "../support/document.ts";
import { oneOfEachSort } from "../support/fault-sorts.ts";
import type { FaultKind } from "../support/harness-protocol.ts";
import { inTurn } from "../support/in-turn.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import {
  END_THAT_FIRES,
  INVOKE_WITHOUT_KEY,
  MESSAGE_THAT_SIGNALS,
  STOP_WITH_GRACE,
  tryOperation,
} from "./try-operation.ts";
import { withService } from "./world.ts";

/** So many sorts of fault are tried at each operation. */
const SORTS = 3;

/** The kinds that an operation is tried under: some of those which do different things to it. One of them is an answer that is late. */
const kindsFor = (id: string): FaultKind[] => {
  const sorts = oneOfEachSort(id, findOperation(id).method === "GET");
  return inTurn([...sorts, "slow"], SORTS, id);
};

const KINDS: FaultKind[] = [...oneOfEachSort("all sorts"), "slow"];

describe("every operation under faults between the service and its database", () => {
  it.concurrent.each(OPERATION_IDS.map((id) => ({ id, kinds: kindsFor(id) })))(
    "$id says whether to retry, leaves no half change, and succeeds afterwards",
    async ({ id, kinds }) => {
      expect(await withService((service) => tryOperation(service, id, kinds))).toEqual([]);
    },
  );

  it.concurrent("an invoke without an idempotency key behaves in the same way under all faults, and triggers one run each time", async () => {
    expect(await withService((service) => tryOperation(service, "invoke_workflow", KINDS, INVOKE_WITHOUT_KEY))).toEqual(
      [],
    );
  });

  it.concurrent("a stop that gives the runner time behaves in the same way under all faults", async () => {
    expect(await withService((service) => tryOperation(service, "stop_workflow_run", KINDS, STOP_WITH_GRACE))).toEqual(
      [],
    );
  });

  it.concurrent("the end of a run after which another workflow runs behaves in the same way under all faults, and fires once", async () => {
    expect(
      await withService((service) => tryOperation(service, "workflow_run_callback", KINDS, END_THAT_FIRES)),
    ).toEqual([]);
  });

  it.concurrent("a message that signals behaves in the same way under all faults, and one run goes on", async () => {
    expect(
      await withService((service) => tryOperation(service, "receive_webhook_by_token", KINDS, MESSAGE_THAT_SIGNALS)),
    ).toEqual([]);
  });
});
