import { describe, expect, it } from "vitest";
import { findOperation } from "../support/document.ts";
import { FAULT_KINDS, FAULTS, type FaultKind } from "../support/harness-protocol.ts";
import { inTurn } from "../support/in-turn.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import { END_THAT_FIRES, INVOKE_WITHOUT_KEY, STOP_WITH_GRACE, tryOperation } from "./try-operation.ts";
import { withService } from "./world.ts";

const KINDS: FaultKind[] = [...FAULT_KINDS, "slow"];

/**
 * The kinds of fault in groups of the same properties. All operations use one function of the service that judges a failed request, and it
 * treats the kinds of a group alike. For a read, it makes no difference whether the statement was carried out.
 */
const sortsFor = (isRead: boolean) =>
  Object.values(
    Object.groupBy(FAULT_KINDS, (kind) => JSON.stringify({ ...FAULTS[kind], ...(isRead && { isCarriedOut: null }) })),
  );

/** The kinds that an operation is tried under: one of each sort, and an answer that is late. */
const kindsFor = (id: string): FaultKind[] => [
  ...sortsFor(findOperation(id).method === "GET").flatMap((kinds = []) => inTurn(kinds, id, 1)),
  "slow",
];

describe("every operation under every sort of fault between the service and its database", () => {
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
});
