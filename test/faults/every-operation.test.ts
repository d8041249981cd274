import { afterAll, describe, expect, it } from "vitest";
import { documentFaults, findOperation, operations } from "../support/document.ts";
import { FAULTS, type FaultKind } from "../support/fault.ts";
import { print } from "../support/harness.ts";
import { brokenInvariants } from "../support/invariants.ts";
import type { Service } from "../support/service.ts";
import { nameOf, type Sent, TRIALS, type Trial } from "./operations.ts";
import { createWorld, readStand, settle, startHurriedService, type World } from "./world.ts";

type Outcome = { status: number; stand: string };

/** How an operation goes when nothing fails: before it, after it, and after it was sent once more. */
type Control = { before: string; once: Outcome; twice: Outcome };

const KINDS = [...Object.keys(FAULTS), "slow"].filter((kind): kind is FaultKind => kind === "slow" || kind in FAULTS);

/** Cases tried and cases right, by trial and fault. */
const table = new Map<string, { tried: number; right: number }>();

describe("every operation under every fault between the service and its database", () => {
  it("has a trial of every operation in the OpenAPI document", () => {
    const tried = new Set(TRIALS.map(({ operationId }) => operationId));
    expect(operations.map(({ operationId }) => operationId).filter((id) => !tried.has(id))).toEqual([]);
  });

  it.concurrent.each(TRIALS.map((trial) => [nameOf(trial), trial] as const))(
    "%s: says whether to try again, breaks nothing, and comes right",
    { timeout: 120_000 },
    async (name, trial) => {
      const service = await startHurriedService();
      const control = await findControl(service, trial);
      expect(String(control.once.status)).toMatch(/^2/);
      const wrong: string[] = [];
      for (const kind of KINDS) {
        for (const { times, faults } of await tryFault(service, trial, control, kind)) {
          count(name, kind, faults.length === 0);
          wrong.push(...faults.map((fault) => `${kind}, ${times}: ${fault}`));
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  afterAll(() => print(renderTable()));
});

async function findControl(service: Service, trial: Trial): Promise<Control> {
  const world = await createWorld(service);
  const sent = await trial.prepare(world);
  await settle(world);
  const before = await readStand(world);
  const outcome = async () => {
    const { status } = await send(world, trial, sent);
    await settle(world);
    return { status, stand: await readStand(world) };
  };
  return { before, once: await outcome(), twice: await outcome() };
}

function send({ service, tenant }: World, { operationId }: Trial, { parameters = {}, token, body }: Sent) {
  const { method, path } = findOperation(operationId);
  const query = new URLSearchParams(parameters);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    query.delete(name);
    return parameters[name] ?? "";
  });
  return service.send(method, `${filled}?${query}`, token ?? tenant.owner.key, body);
}

type Case = { times: string; faults: string[] };

/** The fault for as long as the operation is under way; and once only, where the service then tries again by itself. */
async function tryFault(service: Service, trial: Trial, control: Control, kind: FaultKind): Promise<Case[]> {
  if (kind === "slow" || trial.usesDatabase === false) {
    return [{ times: "always", faults: await tryHarmless(service, trial, control, { kind }) }];
  }
  const lasting = { times: "always", faults: await tryLasting(service, trial, control, kind) };
  if (!trial.isRepeatable || !FAULTS[kind].isLostConnection) return [lasting];
  return [lasting, { times: "once", faults: await tryHarmless(service, trial, control, { kind, times: 1 }) }];
}

/** A fault of which the caller notices nothing. */
async function tryHarmless(
  service: Service,
  trial: Trial,
  { once }: Control,
  fault: { kind: FaultKind; times?: number },
): Promise<string[]> {
  const world = await createWorld(service);
  const sent = await trial.prepare(world);
  await service.database.inflict(fault);
  const response = await send(world, trial, sent);
  await service.database.mend();
  return [
    ...(await statusFaults("the answer", trial, response, once.status)),
    ...(await standFaults(world, once.stand)),
  ];
}

async function tryLasting(
  service: Service,
  trial: Trial,
  control: Control,
  kind: keyof typeof FAULTS,
): Promise<string[]> {
  const { isCarriedOut, isNews, isLostConnection } = FAULTS[kind];
  const world = await createWorld(service);
  const sent = await trial.prepare(world);
  await service.database.inflict({ kind });
  const [response, requests] = await service.counted(() => send(world, trial, sent));
  await service.database.mend();

  const expectedRequests = trial.isRepeatable && isLostConnection ? 2 : 1;
  const { method } = findOperation(trial.operationId);
  const advice = method === "GET" ? /Try again/ : isNews ? /nothing was changed\. Try again/ : /not known whether/;
  const { detail = "" } = await response.clone().json<{ detail?: string }>();
  const retryAfter = response.headers.get("retry-after");
  const faults = [
    ...(await statusFaults("the answer", trial, response, 503)),
    ...(advice.test(detail) ? [] : [`the answer's detail is: ${detail}`]),
    ...(retryAfter === "5" ? [] : [`Retry-After is ${retryAfter}`]),
    ...(requests === expectedRequests ? [] : [`the database was asked ${requests} times, not ${expectedRequests}`]),
    ...(await standFaults(world, isCarriedOut ? control.once.stand : control.before)),
  ];
  const again = isCarriedOut ? control.twice : control.once;
  const second = await send(world, trial, sent);
  return [
    ...faults,
    ...(await statusFaults("the second answer", trial, second, again.status)),
    ...(await standFaults(world, again.stand)),
  ];
}

async function statusFaults(what: string, trial: Trial, response: Response, expected: number): Promise<string[]> {
  const wrong = response.status === expected ? [] : [`${what} is ${response.status}, not ${expected}`];
  return [...wrong, ...(await documentFaults(findOperation(trial.operationId), response))];
}

async function standFaults(world: World, expected: string): Promise<string[]> {
  await settle(world);
  const stand = await readStand(world);
  const broken = await brokenInvariants(world.service.database.sql.query, { tenantId: world.tenant.id });
  return stand === expected ? broken : [...broken, `the database has ${stand}, not ${expected}`];
}

function count(name: string, kind: FaultKind, isRight: boolean): void {
  const key = `${name}|${kind}`;
  const { tried, right } = table.get(key) ?? { tried: 0, right: 0 };
  table.set(key, { tried: tried + 1, right: right + (isRight ? 1 : 0) });
}

function renderTable(): string {
  const names = TRIALS.map(nameOf);
  const width = Math.max(...names.map((name) => name.length));
  const row = (name: string, cells: string[]) => [name.padEnd(width), ...cells].join("  ");
  const cells = (name: string) =>
    KINDS.map((kind) => {
      const { tried, right } = table.get(`${name}|${kind}`) ?? { tried: 0, right: 0 };
      return `${right}/${tried}`.padStart(kind.length);
    });
  const sum = (field: "tried" | "right") => [...table.values()].reduce((total, cell) => total + cell[field], 0);
  return [
    "Cases right / cases tried, by operation and fault of the database:",
    row("", KINDS),
    ...names.map((name) => row(name, cells(name))),
    `In all: ${sum("right")}/${sum("tried")}`,
  ].join("\n");
}
