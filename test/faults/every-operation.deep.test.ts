import { describe, expect, inject, it } from "vitest";
import { findOperation } from "../support/document.ts";
import { FAULT_KINDS, FAULTS, type FaultKind } from "../support/harness-protocol.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import { END_THAT_FIRES, INVOKE_WITHOUT_KEY, STOP_WITH_GRACE, tryOperation } from "./try-operation.ts";
import { withService } from "./world.ts";

const KINDS: FaultKind[] = [...FAULT_KINDS, "slow"];

/**
 * Kinds of fault with the same properties. One function of the service judges what comes back from the database, for all operations.
 * Whether a read was carried out makes no difference.
 */
const sortsFor = (isRead: boolean) =>
  Object.values(
    Object.groupBy(FAULT_KINDS, (kind) => JSON.stringify({ ...FAULTS[kind], ...(isRead && { isCarriedOut: null }) })),
  );
const [SORTS_OF_CHANGES, SORTS_OF_READS] = [sortsFor(false), sortsFor(true)];

/**
 * The kinds that an operation is tried under: one of each sort, and an answer that is late. Which one differs by operation and by seed, so
 * all operations together are tried under every kind.
 */
const kindsFor = (id: string, index: number): FaultKind[] => [
  ...(findOperation(id).method === "GET" ? SORTS_OF_READS : SORTS_OF_CHANGES).flatMap(
    (kinds = []) => kinds[(inject("seed") + index) % kinds.length] ?? [],
  ),
  "slow",
];

describe("every operation under every sort of fault between the service and its database", () => {
  it.concurrent.each(OPERATION_IDS.map((id, index) => ({ id, kinds: kindsFor(id, index) })))(
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
