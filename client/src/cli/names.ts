/** Finds workflows and files by their ids or their names. */
import type { Client } from "../client.ts";
import { unwrap } from "../connection.ts";
import type { Workflow } from "../types.ts";
import { CliError, EXIT } from "./exit.ts";

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
    const found = await findChild(client, parent, name);
    if (found === null) throw new CliError(`There is no ${pathOrId}, or it is not yours to see.`, EXIT.notThere);
    parent = found;
  }
  return parent ?? "";
}

async function findChild(client: Client, parent: string | undefined, name: string): Promise<string | null> {
  const limit = 100;
  for (let offset = 0; ; offset += limit) {
    const query = { limit, offset, max_depth: 1, ...(parent !== undefined && { parent_path_id: parent }) };
    const { items, total } = await unwrap(client.api.GET("/v1/path-parts", { params: { query } }));
    const found = items.find((item) => item.name === name);
    if (found) return found.path_part_id;
    if (offset + limit >= total) return null;
  }
}
