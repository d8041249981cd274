import { beforeAll, describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../src/db/enums.ts";
import {
  type Caller,
  knownCallers,
  RUN_TOKEN,
  RUNNER_KEY,
  SESSION_SETTINGS,
  unknownCallers,
} from "../support/callers.ts";
import { findOperation, operations } from "../support/document.ts";
import { inTurn } from "../support/in-turn.ts";
import { type Call, callOf, OPERATION_IDS, OPERATIONS, type Operation } from "../support/operations.ts";
import { requestOf, type Service, startService } from "../support/service.ts";
import { createStage, type Stage } from "../support/stage.ts";

/** Each operation is tried with so many of the unknown callers, about a quarter of them. */
const TRIED = 5;

const someOf = (callers: Record<string, Caller>, id: string): Record<string, Caller> =>
  Object.fromEntries(inTurn(Object.entries(callers), TRIED, id));

let service: Service;
let stage: Stage;
let known: Awaited<ReturnType<typeof knownCallers>>;
let unknown: Record<string, Caller>;
/** A key of the OWNER for each scope. */
const scoped = new Map<Scope, string>();

/** Sends a call as a caller, and counts the database requests that it costs. */
async function send(call: Call, caller: Caller) {
  const token = await caller(call);
  const [response, databaseRequests] = await service.counted(() => service.fetch(call.path, requestOf(call, token)));
  return { status: response.status, body: await response.text(), databaseRequests };
}

/** The status that each of these callers gets for the same call. Each costs at most one database request, and what is sent afterwards. */
async function statusesOf(callers: Record<string, Caller>, call: Call): Promise<[name: string, status: number][]> {
  const statuses: [string, number][] = [];
  for (const [name, caller] of Object.entries(callers)) {
    const { status, databaseRequests } = await send(call, caller);
    statuses.push([name, status]);
    if (status !== 202) expect(databaseRequests).toBeLessThanOrEqual(1);
  }
  return statuses;
}

type Row = [id: string, operation: Operation];

const rows: Row[] = Object.entries(OPERATIONS);
const ofCallers = rows.flatMap(([id, { answers }]): [string, readonly number[]][] =>
  typeof answers === "string" ? [] : [[id, answers]],
);
const ofAnybody = rows.filter(([, { answers }]) => answers === "anybody");
const ofSenders = rows.filter(([, { answers }]) => answers === "sender");
const ofRunners = rows.filter(([, { answers }]) => answers === "runner");

/** What a key with each of these scopes may do, by the scope that an operation needs. The scope to read covers the metrics. */
const COVERED_BY: Record<string, readonly Scope[]> = {
  ...{ read: ["read"], run: ["run"], manage: ["manage"], metrics: ["metrics", "read"] },
  ...{ any: SCOPES, none: [] },
};

/** Tests the rights of every caller, known or not, to every operation. */
export function describeMatrix(): void {
  beforeAll(async () => {
    service = await startService({ settings: SESSION_SETTINGS });
    await service.sweep();
    stage = await createStage(service, "matrix");
    const other = await createStage(service, "another");
    known = await knownCallers(stage, other);
    unknown = await unknownCallers(stage, other);
    for (const scope of SCOPES) {
      const body = { name: scope, scopes: [scope] };
      const made = await service.send("POST", "/v1/api-keys", stage.tenant.owner.key, body);
      scoped.set(scope, (await made.json<{ key: string }>()).key);
    }
  });

  it("has a row for every operation of the OpenAPI document, and no other rows", () => {
    expect(OPERATION_IDS.toSorted()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  describe.each(ofCallers)("%s", (id, [bare, reader, writer, admin, owner, stranger]) => {
    it("answers each known caller by their permissions, in one database request", async () => {
      const answers = new Map<string, Awaited<ReturnType<typeof send>>>();
      let call = await callOf(id, stage);
      for (const [name, caller] of Object.entries(known)) {
        // A change may have removed or ended what the call is about, so the call is made anew.
        if (answers.size > 0 && call.method !== "GET") call = await callOf(id, stage);
        answers.set(name, await send(call, caller));
      }

      expect(Object.fromEntries([...answers].map(([name, { status }]) => [name, status]))).toEqual({
        ...{ bare, reader, writer, admin, owner, ownerBySession: OPERATIONS[id]?.ownerBySession ?? owner, stranger },
      });
      for (const { status, body, databaseRequests } of answers.values()) {
        // A run that starts is also dispatched, after the answer.
        if (status === 401) expect(databaseRequests).toBe(0);
        else if (!OPERATIONS[id]?.sendsAfterwards || status >= 400) expect(databaseRequests).toBe(1);
        expect(Object.keys(findOperation(id).responses)).toContain(String(status));
        // The answer names the missing right.
        if (status === 403) expect(JSON.parse(body).detail).toMatch(/\b(OWNER|ADMIN|read|write)\b/);
      }
    });

    it("answers a key of the OWNER with a scope as the key without, or 403 before the database is asked", async () => {
      const covering = COVERED_BY[OPERATIONS[id]?.scope ?? ""];
      expect([id, covering]).toEqual([id, expect.anything()]);
      const call = await callOf(id, stage);
      for (const [scope, key] of scoped) {
        if (covering?.includes(scope)) continue;
        const { status, body, databaseRequests } = await send(call, () => key);
        expect([scope, status, databaseRequests]).toEqual([scope, 403, 0]);
        expect(JSON.parse(body).detail).toContain(`This API key has only the scope ${scope}. Send one`);
      }
      const [accepted] = covering ?? [];
      if (accepted !== undefined) expect((await send(call, () => scoped.get(accepted))).status).toBe(owner);
      else expect(id).not.toMatch(/^(get|list|read)_/);
    });

    it("answers 401 to invalid credentials, and changes nothing", async () => {
      const call = await callOf(id, stage);
      const { [RUNNER_KEY]: runnerKey, ...others } = someOf(unknown, id);
      const callers = { ...others, ...(runnerKey && { [RUNNER_KEY]: runnerKey }) };
      // A runner key works for this one operation only.
      const expected = (name: string) => (name === RUNNER_KEY && id === "create_runner_session" ? 201 : 401);
      expect(await statusesOf(callers, call)).toEqual(Object.keys(callers).map((name) => [name, expected(name)]));
      expect((await send(call, known.owner)).status).toBe(owner);
    });
  });

  describe.each(ofRunners)("%s", (id) => {
    it("answers 401 to everybody but the run's runner, known or not", async () => {
      const call = await callOf(id, stage);
      const { [RUN_TOKEN]: runner, ...strangers } = unknown;
      const others: Record<string, Caller> = { ...someOf(strangers, id), ...known };
      expect(await statusesOf(others, call)).toEqual(Object.keys(others).map((name) => [name, 401]));
      expect(runner && (await send(call, runner)).status).toBe(200);
    });
  });

  describe.each(ofSenders)("%s", (id) => {
    it("answers 202 to everybody who has signed the message, and 401 to everybody else, known or not", async () => {
      const call = await callOf(id, stage);
      const everybody = { ...unknown, ...known };
      const statuses = async (sent: Call) => (await statusesOf(everybody, sent)).map(([, status]) => status);
      const unsigned = {
        ...call,
        headers: {},
        path: call.secret === undefined ? call.path : call.path.replace(call.secret, "guessed"),
      };
      expect(new Set(await statuses(call))).toEqual(new Set([202]));
      expect(new Set(await statuses(unsigned))).toEqual(new Set([401]));
    });
  });

  describe.each(ofAnybody)("%s", (id) => {
    it("answers 200 to everybody, known or not", async () => {
      const call = await callOf(id, stage);
      const everybody = { ...unknown, ...known };
      expect(await statusesOf(everybody, call)).toEqual(Object.keys(everybody).map((name) => [name, 200]));
    });
  });
}
