/** Finds workflows, files and users by their ids or their names. */
import type { Client } from "../client.ts";
import { unwrap } from "../connection.ts";
import { byOffset } from "../pages.ts";
import { ApiProblem } from "../problem.ts";
import type { Part, TenantUser, Workflow } from "../types.ts";
import { CliError, EXIT } from "./exit.ts";

const PAGE = 100;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isId = (text: string): boolean => UUID.test(text);

/**
 * @throws CliError when no workflow has this name or id, or when several have this name
 */
export async function findWorkflow(client: Client, nameOrId: string): Promise<Workflow> {
  if (isId(nameOrId)) {
    return unwrap(
      client.api.GET("/v1/workflow-definitions/{definition_id}", { params: { path: { definition_id: nameOrId } } }),
    );
  }
  const all: Workflow[] = [];
  for await (const workflow of client.workflows()) all.push(workflow);
  return choose(all, nameOrId, "workflow");
}

/** Finds one of `all` by its name: an exact match, or otherwise a match that ignores case. */
export function choose<Item extends { id: string; name: string }>(
  all: readonly Item[],
  name: string,
  kind: string,
): Item {
  const exact = all.filter((one) => one.name === name);
  const alike = all.filter((one) => one.name.toLowerCase() === name.toLowerCase());
  const found = exact.length > 0 ? exact : alike;
  const [first] = found;
  if (first === undefined) {
    throw new CliError(`There is no ${kind} "${name}", or it is not yours to see.`, EXIT.notThere);
  }
  if (found.length > 1) {
    const ids = found.map(({ id }) => `  ${id}`).join("\n");
    throw new CliError(`${found.length} ${kind}s are named "${name}". Give the id of one:\n${ids}`, EXIT.invalid);
  }
  return first;
}

/** The id of a file or folder, which is given by its id or by its path, such as `/shared/reports/q1`. */
export async function findPart(client: Client, pathOrId: string): Promise<string> {
  if (isId(pathOrId)) return pathOrId;
  const names = pathOrId.split("/").filter((name) => name !== "");
  if (!pathOrId.startsWith("/") || names.length === 0) {
    throw new CliError(
      `Give a file or folder by its id or its path, such as /shared/reports: not "${pathOrId}".`,
      EXIT.invalid,
    );
  }
  let parent: string | undefined;
  for (const name of names) {
    const found = await findChild(client, parent, (part) => part.name === name);
    if (found === null) throw new CliError(`There is no ${pathOrId}, or it is not yours to see.`, EXIT.notThere);
    parent = found.path_part_id;
  }
  return parent ?? "";
}

/** The id of the part of the tree that is a workflow, all of which are in one folder. Null when it is not the caller's to see. */
export async function findWorkflowPart(client: Client, workflowId: string): Promise<string | null> {
  const folder = await findPart(client, "/workflows");
  return (await findChild(client, folder, (part) => part.metadata_obj_id === workflowId))?.path_part_id ?? null;
}

/** A part directly below another one or, without a parent, at the top. Null when the caller sees none. */
export async function findChild(
  client: Client,
  parent: string | undefined,
  isWanted: (part: Part) => boolean,
): Promise<Part | null> {
  const read = (offset: number) => {
    const query = { limit: PAGE, offset, max_depth: 1, ...(parent !== undefined && { parent_path_id: parent }) };
    return unwrap(client.api.GET("/v1/path-parts", { params: { query } }));
  };
  for await (const part of byOffset(read)) if (isWanted(part)) return part;
  return null;
}

/** The path of a file or folder. Null when it was deleted, or is not the caller's to see. */
export const pathOf = async (client: Client, id: string): Promise<string | null> =>
  (await readPart(client, id))?.materialized_path ?? null;

/** A file or folder. Null when it was deleted, or is not the caller's to see. */
export async function readPart(client: Client, id: string): Promise<Part | null> {
  try {
    const params = { path: { path_part_id: id } };
    return await unwrap(client.api.GET("/v1/path-parts/{path_part_id}", { params }));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

/** The users of the caller's tenant, by email. */
export async function listUsers(client: Client): Promise<TenantUser[]> {
  const { current_tenant_id } = await client.me();
  return usersOf(client, current_tenant_id);
}

async function usersOf(client: Client, tenant_id: string): Promise<TenantUser[]> {
  const all: TenantUser[] = [];
  const read = (offset: number) =>
    unwrap(
      client.api.GET("/v1/tenants/{tenant_id}/users", {
        params: { path: { tenant_id }, query: { offset, limit: PAGE } },
      }),
    );
  for await (const user of byOffset(read)) all.push(user);
  return all;
}

/**
 * Finds a user of the caller's tenant, which is returned, too, since the paths of users need it. A service user has no email, and is found
 * by its first name.
 * @throws CliError when no user has this email, name or id
 */
export async function findUser(client: Client, emailOrId: string): Promise<TenantUser & { tenant_id: string }> {
  const { current_tenant_id: tenant_id } = await client.me();
  const users = (await usersOf(client, tenant_id)).map((user) => ({
    ...user,
    tenant_id,
    id: user.user_id,
    name: isId(emailOrId) ? user.user_id : (user.email ?? user.first_name ?? ""),
  }));
  return choose(users, emailOrId, "user");
}
