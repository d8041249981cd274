import { beforeAll, describe, expect, it, vi } from "vitest";
import { knownCallers, runnerCredential, SESSION_SETTINGS } from "../support/callers.ts";
import { inTurn } from "../support/in-turn.ts";
import { type Call, callOf, OPERATION_IDS } from "../support/operations.ts";
import { requestOf, type Service, startService } from "../support/service.ts";
import {
  addArtifact,
  addBatch,
  addCheckpoint,
  addDefinition,
  addEnded,
  addFiredTrigger,
  addFolder,
  addInvite,
  addKey,
  addParent,
  addPermission,
  addRunning,
  addRunTrigger,
  addSuspended,
  createStage,
  type Stage,
} from "../support/stage.ts";
import { runToken } from "../support/tenant.ts";

/** The two words share no letters in sequence, so that one is never found by chance in text of the other tenant. */
const MARKS = ["zebra", "quokka"] as const;

let service: Service;
let zebra: Stage;
let quokka: Stage;

let tables: string[];

/** Creates some of every kind of thing in a tenant. */
async function fill(stage: Stage, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await addDefinition(stage);
    await addEnded(stage, "COMPLETED");
    await addEnded(stage, "FAILED");
    await addRunning(stage);
    await addBatch(stage);
    await addArtifact(stage);
    await addFolder(stage);
    await addPermission(stage);
    await addKey(stage);
    await addInvite(stage);
    await addFiredTrigger(stage);
    await addRunTrigger(stage);
    await addSuspended(stage);
    await addCheckpoint(stage);
    await addParent(stage);
  }
}

/** All tables that have rows of a tenant. */
async function listTables(): Promise<string[]> {
  const rows = await service.database.sql`
    select table_name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'`;
  return rows.map((row) => String(row.table_name));
}

/** All rows of a tenant in the database, as text. It is one request, since each operation needs several of these. */
async function dump({ tenant }: Stage): Promise<string> {
  const ofTables = tables.map(
    (table) => `select '${table} ' || to_jsonb(t)::text as row from ${table} t where tenant_id = $1`,
  );
  const rows = await service.database.sql.query(`${ofTables.join(" union all ")} order by 1`, [tenant.id]);
  return rows.map((row) => row.row).join("\n");
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What must not be visible to another tenant: the mark of this tenant, and all ids in its rows. */
const secretsOf = (stage: Stage, dumped: string) => [...new Set([stage.mark, ...(dumped.match(UUID) ?? [])])];

/** A third of the callers of the tenant that calls, without the one of the other tenant. */
async function ownCallers(operationId: string) {
  const { stranger: _, ...own } = await knownCallers(quokka, zebra);
  return inTurn(Object.entries(own), 2, operationId);
}

/** An answer as text, with its status and headers. */
async function answerText(call: Call, token: string | undefined): Promise<string> {
  const response = await service.fetch(call.path, requestOf(call, token));
  return `${[...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n${await response.text()}`;
}

/** The marks and ids of the other tenant in an answer, without those that the request itself contained. */
function leaks(text: string, secrets: readonly string[], call: Call): string[] {
  const said = JSON.stringify(call);
  return secrets.filter((secret) => text.includes(secret) && !said.includes(secret));
}

/** The same call with the same ids, as somebody makes it who knows only the ids, and no secret. */
function inWordsOf({ mark }: Stage, { headers: _, ...call }: Call): Call {
  const path = call.secret === undefined ? call.path : call.path.replace(call.secret, "guessed");
  if (call.body === undefined) return { ...call, path };
  return { ...call, path, body: JSON.parse(JSON.stringify(call.body).replaceAll(zebra.mark, mark)) };
}

/** Tests that neither of two tenants sees or changes anything of the other, whoever calls an operation. */
export function describeIsolation(): void {
  beforeAll(async () => {
    service = await startService({ settings: SESSION_SETTINGS });
    await service.sweep();
    tables = await listTables();
    [zebra, quokka] = await Promise.all([createStage(service, MARKS[0]), createStage(service, MARKS[1])]);
    await fill(zebra, 1);
  });

  describe("two tenants with the same content", () => {
    it.each(OPERATION_IDS)("%s reveals nothing of one tenant to the callers of the other", async (id) => {
      const secrets = secretsOf(zebra, await dump(zebra));
      expect(secrets.length).toBeGreaterThan(40);
      let call: Call | undefined;
      for (const [name, caller] of await ownCallers(id)) {
        if (call?.method !== "GET") call = await callOf(id, quokka);
        const token = (await runnerCredential(quokka.tenant, call)) ?? caller();
        expect([name, leaks(await answerText(call, token), secrets, call)]).toEqual([name, []]);
      }
    });

    it.each(OPERATION_IDS)("%s changes nothing in another tenant, even for a caller who knows its ids", async (id) => {
      const call = inWordsOf(quokka, await callOf(id, zebra));
      const before = await dump(zebra);
      const secrets = secretsOf(zebra, before);
      for (const [name, caller] of await ownCallers(id)) {
        expect([name, leaks(await answerText(call, caller()), secrets, call)]).toEqual([name, []]);
      }
      if (call.runId !== undefined) await answerText(call, await runToken(quokka.tenant, call.runId));
      expect(await dump(zebra)).toBe(before);
    });

    it("count only their own rows: each answer to one tenant stays the same, byte for byte, while the other grows", async () => {
      const calls = await Promise.all(OPERATION_IDS.map((id) => callOf(id, quokka)));
      const gets = [...calls, { method: "GET" as const, path: "/v1/path-parts?max_depth=9" }].filter(
        ({ method, path }) => method === "GET" && !["/", "/livez", "/healthz", "/readyz"].includes(path),
      );
      expect(gets.length).toBeGreaterThan(10);
      const { bare: _, stranger: __, ...own } = await knownCallers(quokka, zebra);
      const readAll = async () => {
        const bodies: [string, string][] = [];
        for (const call of gets) {
          for (const [name, caller] of Object.entries(own)) {
            const response = await service.fetch(call.path, requestOf(call, caller()));
            // The request id and the pause of a stream differ each time, a PENDING run waits longer each time, and the requests to the
            // database are those of all tenants.
            const body = (await response.text()).replaceAll(
              /"(request_id|oldest_pending_seconds)":("[^"]*"|[\d.]+)|^(workflow_run_queue_oldest_age_seconds|workflow_oldest_waiting_seconds{.*}|workflow_database_requests\w*|retry:) [\d.]+$/gm,
              "",
            );
            bodies.push([`${call.path} ${name}`, `${response.status} ${body}`]);
          }
        }
        return Object.fromEntries(bodies);
      };
      // The feed and the metrics hold events back while older transactions of other tests are open.
      const isSettled = async () => {
        const feed = await service.get("/v1/events", quokka.tenant.owner.key);
        expect(await feed.json()).toMatchObject({ holds_back: false });
      };
      await vi.waitFor(isSettled, { timeout: 20_000, interval: 50 });
      const before = await readAll();
      await fill(zebra, 3);
      expect(await readAll()).toEqual(before);
    });
  });
}
