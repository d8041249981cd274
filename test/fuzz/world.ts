import { RUN_STATUSES } from "../../src/db/enums.ts";
import { type Caller, knownCallers, loginToken, runnerCredential } from "../support/callers.ts";
import { insertRun } from "../support/lifecycle.ts";
import type { Call } from "../support/operations.ts";
import type { Service } from "../support/service.ts";
import { addBatch, addFiredTrigger, addInvite, addRunTrigger, createStage, type Stage } from "../support/stage.ts";
import { runToken } from "../support/tenant.ts";
import { type Ids, readIds } from "./ids.ts";
import type { KnownCaller } from "./plan.ts";

/** Another tenant, and those whom the service lets in nowhere: the same for all requests. */
export type Outside = { stage: Stage<Service>; ids: Ids; unknown: Caller[] };

/** Puts a run of each state, an invite, a batch and triggers into a stage's tenant, and tells what it has. */
export async function fill(stage: Stage<Service>): Promise<Ids> {
  for (const status of RUN_STATUSES) await insertRun(stage.service.database, stage.tenant, { status });
  await addInvite(stage);
  await addBatch(stage);
  await addFiredTrigger(stage);
  await addRunTrigger(stage);
  return readIds(stage);
}

/** Where a list of plans is carried out: in a tenant of its own. */
export type World = {
  stage: Stage<Service>;
  ids: { own: Ids; other: Ids };
  known: Record<KnownCaller, Caller>;
  unknown: Caller[];
  /** By operation: a call that works, until it has. */
  calls: Map<string, Call>;
};

export async function createWorld(outside: Outside): Promise<World> {
  const stage = await createStage(outside.stage.service, "fuzzed");
  const { tenant } = stage;
  const own = await fill(stage);
  const someRun = own.run[0] ?? "";
  return {
    stage,
    ids: { own, other: outside.ids },
    known: {
      ...(await knownCallers(stage, outside.stage)),
      runner: (call) => runnerCredential(tenant, call) ?? runToken(tenant, someRun),
      runnerOfLaterAttempt: ({ runId }) => runToken(tenant, runId ?? someRun, 2),
      runnerOfOtherRun: () => runToken(tenant, someRun),
      invited: ({ invitedEmail = "somebody@else.example" }) =>
        loginToken(tenant, { email: invitedEmail, email_verified: true }),
    },
    unknown: outside.unknown,
    calls: new Map(),
  };
}
