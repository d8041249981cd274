import { v7 as uuid } from "uuid";
import type { RunStatus } from "../../src/db/enums.ts";
import { BUSY_RUNNER } from "./lifecycle.ts";
import { grant, insertParts } from "./path-parts.ts";
import { insertRun } from "./runs.ts";
import type { Service } from "./service.ts";
import { createTenant, type TestTenant, type TestUser, WEBHOOK_SECRET } from "./tenant.ts";
import { addUser } from "./users.ts";

/** A tenant in which every kind of user and of thing is found. Every name in it holds its `mark`. */
export type Stage = {
  service: Service;
  tenant: TestTenant;
  mark: string;
  /** USERs: without any grant, and with one on each root of the tree. */
  bare: TestUser;
  reader: TestUser;
  writer: TestUser;
  /** A USER whom the others ask about. */
  colleague: TestUser;
  roots: Record<"/workflows" | "/sources" | "/outputs" | "/instructions.md", string>;
};

export async function createStage(service: Service, mark: string): Promise<Stage> {
  const { database } = service;
  const { sql } = database;
  const tenant = await createTenant(database, { runnerUrl: BUSY_RUNNER });
  const addOne = () => addUser(database, tenant);
  const [reader, writer, colleague] = [await addOne(), await addOne(), await addOne()];
  await sql.transaction([
    sql`update tenants set name = ${mark} where id = ${tenant.id}`,
    sql`update users set first_name = ${mark}, last_name = ${mark} where tenant_id = ${tenant.id}`,
    sql`update api_keys set name = ${mark} where tenant_id = ${tenant.id}`,
    sql`update workflow_definitions set name = ${mark}, description = ${mark} where tenant_id = ${tenant.id}`,
  ]);
  const rows = await sql`select materialized_path, id from path_parts where tenant_id = ${tenant.id}`;
  const idOf = (path: string) => String(rows.find((row) => row.materialized_path === path)?.id);
  const roots = {
    "/workflows": idOf("/workflows"),
    "/sources": idOf("/sources"),
    "/outputs": idOf("/outputs"),
    "/instructions.md": idOf("/instructions.md"),
  };
  for (const root of Object.values(roots)) {
    await grant(database, tenant, root, "READ_ONLY", reader);
    await grant(database, tenant, root, "READ_WRITE", writer);
  }
  return { service, tenant, mark, bare: tenant.user, reader, writer, colleague, roots };
}

const nameIn = ({ mark }: Stage) => `${mark}-${uuid()}`;

export const definitionBody = (stage: Stage) => ({
  name: nameIn(stage),
  description: stage.mark,
  runner_type: "SELF_HOSTED",
  runner_config: { url: BUSY_RUNNER, webhook_secret: WEBHOOK_SECRET },
  source_path_part_ids: [stage.roots["/sources"]],
  instruction_path_part_ids: [stage.roots["/instructions.md"]],
  output_path_part_ids: [stage.roots["/outputs"]],
});

/** A new definition of the OWNER's. Returns its id. */
export async function addDefinition(stage: Stage): Promise<string> {
  return createdId(stage, "/v1/workflow-definitions", definitionBody(stage));
}

/** A new run of the OWNER's, of a definition of its own. Returns its id. */
export async function addRun(stage: Stage, status: RunStatus): Promise<string> {
  const definitionId = await addDefinition(stage);
  const error = status === "FAILED" ? stage.mark : undefined;
  const run = { status, ...(error !== undefined && { error }) };
  return insertRun(stage.service.database, { ...stage.tenant, definitionId }, run);
}

/** A new folder below `/outputs`. Returns its id. */
export async function addFolder(stage: Stage): Promise<string> {
  const path = `/outputs/${nameIn(stage)}`;
  return (await insertParts(stage.service.database, stage.tenant, [path])).idOf(path);
}

/** A new grant of the colleague's. Returns its id. */
export async function addGrant(stage: Stage): Promise<string> {
  return grant(stage.service.database, stage.tenant, await addFolder(stage), "READ_ONLY", stage.colleague);
}

/** A new key of the OWNER's colleague: an ADMIN of their own, since a user may have only so many. Returns its id. */
export async function addKey(stage: Stage): Promise<string> {
  const { database } = stage.service;
  const { key } = await addUser(database, stage.tenant, "ADMIN");
  return createdId(stage, "/v1/api-keys", { name: nameIn(stage) }, key);
}

async function createdId({ service, tenant }: Stage, path: string, body: object, key = tenant.owner.key) {
  const response = await service.send("POST", path, key, body);
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json<{ id: string }>()).id;
}
