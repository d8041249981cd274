/** The tenant of the recorded Worker. Its ids and its key are constant, so that the recorded parameters fit. */
import { hashApiKey } from "../../../src/http/credentials/api-key.ts";
import { encryptSecret } from "../../support/tenant.ts";

/** Asks the database directly, and not by the Worker. */
export type Ask = (query: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

export const API_KEY = "wr_test_of_the_recorded_worker";

const id = (number: number) => `01920000-0000-7000-8000-${String(number).padStart(12, "0")}`;

const TENANT_ID = id(1);
const USER_ID = id(2);
const [WORKFLOWS_ID, NODE_ID, SOURCES_ID, INSTRUCTIONS_ID, OUTPUTS_ID] = [id(11), id(12), id(13), id(14), id(15)];
const DOCUMENT_ID = id(16);
export const DEFINITION_ID = id(21);

/** An OWNER with an API key, a small tree, and a definition with this runner. */
export async function insertWorld(ask: Ask, runnerUrl: string): Promise<void> {
  await ask("insert into tenants (id, name) values ($1, 'Recorded')", [TENANT_ID]);
  await ask("insert into users (id, tenant_id, email, role) values ($1, $2, 'owner@test.example', 'OWNER')", [
    USER_ID,
    TENANT_ID,
  ]);
  await ask(
    `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
     values ($1, $2, $3, 'Recorded', decode($4, 'hex'), 'test')`,
    [id(3), TENANT_ID, USER_ID, await hashApiKey(API_KEY)],
  );
  const parts: [id: string, parent: string | null, path: string, type: string][] = [
    [WORKFLOWS_ID, null, "/workflows", "FOLDER"],
    [NODE_ID, WORKFLOWS_ID, "/workflows/recorded", "WORKFLOW_DEFINITION"],
    [SOURCES_ID, null, "/sources", "FOLDER"],
    [DOCUMENT_ID, SOURCES_ID, "/sources/sales.csv", "DOCUMENT"],
    [INSTRUCTIONS_ID, null, "/instructions.md", "DOCUMENT"],
    [OUTPUTS_ID, null, "/outputs", "FOLDER"],
  ];
  for (const [partId, parentId, path, type] of parts) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    await ask(
      `insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
       values ($1, $2, $3, $4, $5, $6)`,
      [partId, TENANT_ID, parentId, name, type, path],
    );
  }
  await ask(
    `insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url,
       webhook_secret_encrypted, source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
     values ($1, $2, $3, 'Recorded', 'SELF_HOSTED', $4, $5, array[$6::uuid], array[$7::uuid], array[$8::uuid])`,
    [
      DEFINITION_ID,
      TENANT_ID,
      NODE_ID,
      runnerUrl,
      await encryptSecret(DEFINITION_ID),
      SOURCES_ID,
      INSTRUCTIONS_ID,
      OUTPUTS_ID,
    ],
  );
}

/** The statement that backdates something. */
export function backdate(what: string): string {
  return what === "deadline"
    ? `update workflow_runs set started_at = started_at - interval '1 hour',
         deadline_at = deadline_at - interval '1 hour' where status = 'RUNNING'`
    : `update workflow_runs set next_dispatch_at = next_dispatch_at - interval '1 hour' where next_dispatch_at is not null`;
}

/** The state of each run, oldest first: its status, its attempt and its events. */
export async function readStand(ask: Ask): Promise<string[]> {
  const rows = await ask(
    `select concat_ws(' ', r.status, r.attempt, r.ended_by, case when r.next_dispatch_at is not null then 'due' end, (
       select string_agg(e.type || '.' || e.attempt, ',' order by e.id) from workflow_run_events e where e.run_id = r.id
     )) as stand
     from workflow_runs r where r.tenant_id = $1 order by r.id`,
    [TENANT_ID],
  );
  return rows.map(({ stand }) => String(stand));
}
