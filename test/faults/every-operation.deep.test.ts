import { describe, expect, it } from "vitest";
import { FAULTS, type FaultKind } from "../support/harness-protocol.ts";
import { OPERATION_IDS } from "../support/operations.ts";
import { END_THAT_FIRES, INVOKE_WITHOUT_KEY, STOP_WITH_GRACE, tryOperation } from "./try-operation.ts";
import { withHurriedService } from "./world.ts";

const KINDS = [...Object.keys(FAULTS), "slow"].filter((kind): kind is FaultKind => kind === "slow" || kind in FAULTS);

describe("every operation under every fault between the service and its database", () => {
  it.concurrent.each(OPERATION_IDS)(
    "%s says whether to retry, leaves no half change, and succeeds afterwards",
    async (id) => {
      expect(await withHurriedService((service) => tryOperation(service, id, KINDS))).toEqual([]);
    },
  );

  it.concurrent("an invoke without an idempotency key behaves in the same way, and triggers one run each time", async () => {
    expect(
      await withHurriedService((service) => tryOperation(service, "invoke_workflow", KINDS, INVOKE_WITHOUT_KEY)),
    ).toEqual([]);
  });

  it.concurrent("a stop that gives the runner time behaves in the same way", async () => {
    expect(
      await withHurriedService((service) => tryOperation(service, "stop_workflow_run", KINDS, STOP_WITH_GRACE)),
    ).toEqual([]);
  });

  it.concurrent("the end of a run after which another workflow runs behaves in the same way, and fires once", async () => {
    expect(
      await withHurriedService((service) => tryOperation(service, "workflow_run_callback", KINDS, END_THAT_FIRES)),
    ).toEqual([]);
  });
});
