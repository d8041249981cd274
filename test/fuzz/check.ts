import fc from "fast-check";
import { SESSION_SETTINGS, unknownCallers } from "../support/callers.ts";
import type { Operation } from "../support/document.ts";
import { startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { faultsOf } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { plansOf } from "./plans.ts";
import { draftOf, requestOf } from "./request.ts";
import { createWorld, fill, type Outside, type World } from "./world.ts";

/** So many lists of so many requests, of all operations or of these. Each list is carried out in a tenant of its own. */
type Extent = { seed: number; lists: number; plans: number; of?: Operation[] };

export type Answered = { operationId: string; status: number };

/**
 * Sends random requests, and judges each answer by the OpenAPI document.
 * @returns what was answered
 * @throws Error that tells the shortest list of requests that it finds of which one is answered otherwise
 */
export async function checkDocument(outside: Outside, { seed, lists, plans: length, of }: Extent): Promise<Answered[]> {
  const answered: Answered[] = [];
  const property = fc.asyncProperty(plansOf(length, of), async (plans) => {
    const world = await createWorld(outside);
    for (const plan of plans) if (plan !== null) answered.push(...(await carryOut(world, plan)));
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns: lists });
  if (!failed) return answered;
  const told = (counterexample?.[0] ?? []).filter((plan) => plan !== null).map((plan) => JSON.stringify(plan));
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error([`With the seed ${seed}, after these requests:`, ...told, reason].join("\n"));
}

/** A service, another tenant in it, and those whom the service lets in nowhere. */
export async function createOutside(): Promise<Outside> {
  const service = await startService({ settings: SESSION_SETTINGS });
  // Without one, the service would not be ready.
  await service.sweep();
  const [home, stage] = [await createStage(service, "home"), await createStage(service, "outside")];
  return { stage, ids: await fill(stage), unknown: Object.values(await unknownCallers(home, stage)) };
}

async function carryOut(world: World, plan: Plan): Promise<Answered[]> {
  const answered: Answered[] = [];
  const draft = await draftOf(world, plan);
  const { operationId, method } = draft.operation;
  for (let time = 0; time < draft.times; time++) {
    const sent = requestOf(draft);
    const response = await world.stage.service.fetch(sent.path, sent.init);
    answered.push({ operationId, status: response.status });
    if (response.ok && method !== "GET") world.calls.delete(operationId);
    const faults = await faultsOf(plan, draft, sent, response);
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }
  return answered;
}
