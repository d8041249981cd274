import { credentialFor } from "../support/callers.ts";
import { documentFaults, findOperation } from "../support/document.ts";
import { FAULTS, type FaultKind } from "../support/harness-protocol.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { type Call, OPERATIONS, type Operation } from "../support/operations.ts";
import type { Service } from "../support/service.ts";
import {
  addDefinition,
  addRunning,
  addRunTrigger,
  addSuspended,
  addWebhook,
  invokeDefinition,
} from "../support/stage.ts";
import { createWorld, readStand, serviceUnder, settle, type World } from "./world.ts";

type Trial = Operation & { id: string };

type Outcome = { status: number; stand: string };

/** Where an operation is tried, and its call. */
type Place = { world: World; call: Call };

/**
 * What happens when a call is sent twice without a fault. What happens under each fault is compared with it.
 * - `expected`: the status that the first answer should have, by the table of operations.
 * - `before`: the content of the database before the first call.
 * - `once`, `twice`: the status of the first and of the second answer, and the content of the database after each.
 */
type Control = { place: Place; expected: number; before: string; once: Outcome; twice: Outcome };

/**
 * Tries an operation under each kind of fault, and returns all that went wrong: under a fault that lasts, the answer must be 503
 * and say whether to try again, and sending it again afterwards must come to the right end. Under one that happens once, the
 * service itself must try again where that is safe. `changed` is what differs from the operation's row in the table.
 */
export async function tryOperation(
  service: Service,
  id: string,
  kinds: readonly FaultKind[],
  changed: Partial<Operation> = {},
): Promise<string[]> {
  const operation = OPERATIONS[id];
  if (!operation) return [`There is no operation ${id}.`];
  const trial = { ...operation, ...changed, id };
  const control = await findControl(service, trial);
  const wrong = control.once.status === control.expected ? [] : [`without a fault: ${control.once.status}`];
  for (const kind of kinds) {
    for (const [times, faults] of Object.entries(await tryFault(service, trial, control, kind))) {
      wrong.push(...faults.map((fault) => `${kind}, ${times}: ${fault}`));
    }
  }
  return wrong;
}

/** Each is a run of its own, unless the service itself sends it again. */
export const INVOKE_WITHOUT_KEY: Partial<Operation> = {
  call: async (stage) => {
    const path = `/v1/workflow-definitions/${await addDefinition(stage)}/invoke`;
    return { method: "POST", path, body: {} };
  },
};

/** Its runner has time to end its work, and is asked to. */
export const STOP_WITH_GRACE: Partial<Operation> = {
  call: async (stage) => {
    const { runId } = await addRunning(stage);
    return { method: "POST", path: `/v1/workflow-runs/${runId}/stop`, body: { grace_seconds: 60 } };
  },
};

/** Its end fires a trigger of the kind `run`, whose run is of another workflow. */
export const END_THAT_FIRES: Partial<Operation> = {
  call: async (stage) => {
    await addRunTrigger(stage);
    const runId = await invokeDefinition(stage, stage.tenant.definitionId);
    return { method: "POST", path: `/v1/workflow-runs/${runId}/callback`, body: { status: "COMPLETED" }, runId };
  },
};

/** The message is a signal, and the run that waits for it goes on. */
export const MESSAGE_THAT_SIGNALS: Partial<Operation> = {
  call: async (stage) => {
    const waits = [{ key: "paid", kind: "signal", name: "paid", correlation: stage.mark }];
    const { definitionId } = await addSuspended(stage, undefined, { waits });
    const taken = { signal: { name: "paid", correlation_from: "/mark" } };
    const { id, secret } = await addWebhook(stage, "token", { definitionId, taken });
    return { method: "POST", path: `/v1/inbound/${id}/${secret}`, body: { mark: stage.mark }, secret };
  },
};

const isRead = ({ id }: Trial) => findOperation(id).method === "GET";
const isRepeatable = (trial: Trial) => trial.isRepeatable === true || isRead(trial);

async function findControl(service: Service, trial: Trial): Promise<Control> {
  const place = await prepare(service, trial);
  const { world, call } = place;
  // The table says what the OWNER is answered. A run's token and an invited person succeed.
  const { answers } = trial;
  const ofOthers = answers === "sender" ? 202 : 200;
  const expected = typeof answers === "string" || call.invitedEmail !== undefined ? ofOthers : answers[4];
  const before = await readStand(world);
  const outcome = async () => {
    const { status } = await send(world, call);
    await settle(world);
    return { status, stand: await readStand(world) };
  };
  return { place, expected, before, once: await outcome(), twice: await outcome() };
}

async function prepare(service: Service, { call }: Trial): Promise<Place> {
  const world = await createWorld(service);
  const prepared = { world, call: await call(world) };
  await settle(world);
  return prepared;
}

/**
 * Where to send the call: `under` while the fault lasts, and `world` afterwards. They are the same tenant, but `under` does not wait long for a
 * database that hangs. A change gets a new tenant for each try. All tries of a read share one, since a read must leave it as it is.
 */
async function placeFor(service: Service, kind: FaultKind, trial: Trial, { place }: Control) {
  const asked = await serviceUnder(kind, service);
  const { world, call } = isRead(trial) ? place : await prepare(asked, trial);
  return { under: { ...world, service: asked }, world: { ...world, service }, call };
}

async function send({ service, tenant }: World, call: Call): Promise<Response> {
  return service.send(call.method, call.path, await credentialFor(tenant, call), call.body, call.headers);
}

/** What is wrong under the fault for as long as the operation is under way; and once only, where the service tries again. */
async function tryFault(
  service: Service,
  trial: Trial,
  control: Control,
  kind: FaultKind,
): Promise<Record<string, string[]>> {
  if (kind === "slow" || trial.databaseRequests === 0) {
    return { always: await tryHarmless(service, trial, control, { kind }) };
  }
  const always = await tryLasting(service, trial, control, kind);
  if (!isRepeatable(trial) || !FAULTS[kind].isLostConnection) return { always };
  return { always, once: await tryHarmless(service, trial, control, { kind, times: 1 }) };
}

/** A fault of which the caller notices nothing. */
async function tryHarmless(
  service: Service,
  trial: Trial,
  control: Control,
  fault: { kind: FaultKind; times?: number },
): Promise<string[]> {
  const { under, world, call } = await placeFor(service, fault.kind, trial, control);
  await service.database.inflict(fault);
  const response = await send(under, call);
  await service.database.mend();
  return [
    ...(await answerFaults("the answer", trial, response, control.once.status)),
    ...(await standFaults(world, control.once.stand)),
  ];
}

async function tryLasting(
  service: Service,
  trial: Trial,
  control: Control,
  kind: keyof typeof FAULTS,
): Promise<string[]> {
  const { isCarriedOut, isNews, isLostConnection } = FAULTS[kind];
  const { under, world, call } = await placeFor(service, kind, trial, control);
  await service.database.inflict({ kind });
  const [response, requests] = await service.counted(() => send(under, call));
  await service.database.mend();

  const expectedRequests = isRepeatable(trial) && isLostConnection ? 2 : 1;
  const advice = isRead(trial) ? /Try again/ : isNews ? /nothing was changed\. Try again/ : /not known whether/;
  const { detail = "" } = await response.clone().json<{ detail?: string }>();
  const retryAfter = response.headers.get("retry-after");
  const faults = [
    ...(await answerFaults("the answer", trial, response, 503)),
    ...(advice.test(detail) ? [] : [`the answer's detail is: ${detail}`]),
    ...(/^[3-8]$/.test(retryAfter ?? "") ? [] : [`Retry-After is ${retryAfter}`]),
    ...(requests === expectedRequests ? [] : [`the database was asked ${requests} times, not ${expectedRequests}`]),
    ...(await standFaults(world, isCarriedOut ? control.once.stand : control.before)),
  ];
  const again = isCarriedOut ? control.twice : control.once;
  const second = await send(world, call);
  return [
    ...faults,
    ...(await answerFaults("the second answer", trial, second, again.status)),
    ...(await standFaults(world, again.stand)),
  ];
}

async function answerFaults(what: string, { id }: Trial, response: Response, expected: number): Promise<string[]> {
  const wrong = response.status === expected ? [] : [`${what} is ${response.status}, not ${expected}`];
  return [...wrong, ...(await documentFaults(findOperation(id), response))];
}

async function standFaults(world: World, expected: string): Promise<string[]> {
  await settle(world);
  const stand = await readStand(world);
  const broken = await brokenInvariants(world.service.database.sql.query, { tenantId: world.tenant.id });
  return stand === expected ? broken : [...broken, `the database has ${stand}, not ${expected}`];
}
