import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import { byOffset } from "../../pages.ts";
import { ApiProblem } from "../../problem.ts";
import type { Permission, Workflow } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { findUser, findWorkflow, findWorkflowPart, pathOf } from "../names.ts";
import { harmless, printList, say } from "../output.ts";
import { readPolicy } from "../policy.ts";

type UserRef = { user_id: string; tenant_id: string };
type Need = { id: string; path: string; capability: Permission["capability"] };

export function addWorkflowShare(workflows: Command): void {
  workflows
    .command("share")
    .argument("<workflow>", "its name or id")
    .argument("<user>", "the email or id of a user")
    .description("Let a user run a workflow: give the permissions that they lack; for OWNER and ADMIN")
    .addHelpText(
      "after",
      `
To run a workflow, a USER needs to read the workflow itself, its sources, instructions and template, and to write to its outputs;
without outputs, they need what its policy says: to write the workflow itself, or only to read it.
What is printed are the permissions that were given. Share it again when its files or folders have changed.

Example:
  $ workflow-runs workflows share "Quarterly report" uma@acme.example`,
    )
    .action(async (name: string, emailOrId: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const [workflow, user] = await Promise.all([findWorkflow(client, name), findUser(client, emailOrId)]);
      const given = user.role === "USER" ? await give(client, workflow, user) : [];
      if (mode === "people" && given.length === 0) {
        return void say(`${harmless(user.email ?? user.user_id)} could already run ${harmless(workflow.name)}.`);
      }
      printList(
        mode,
        given,
        ({ id }) => id,
        (one) => ({ id: one.id, path: harmless(one.materialized_path), capability: one.capability }),
      );
    });
}

/** Gives a user what they lack of the needs of a workflow, and returns the permissions that were given or changed. */
async function give(client: Client, workflow: Workflow, { user_id, tenant_id }: UserRef): Promise<Permission[]> {
  let held = await permissionsOf(client, { user_id, tenant_id });
  const given: Permission[] = [];
  const giveUnlessHeld = async (need: Need) => {
    if (held.some((permission) => covers(permission, need))) return;
    const permission = await permit(client, { user_id, tenant_id }, need, held);
    held.push(permission);
    given.push(permission);
  };
  // Parents first, so that nothing is given that a permission on a folder above it covers.
  const needs = (await needsOf(client, workflow)).sort((one, other) => one.path.length - other.path.length);
  for (const need of needs) {
    try {
      await giveUnlessHeld(need);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === "conflict")) throw error;
      // Somebody gives the user something at the same moment, so what the user has is read again.
      held = await permissionsOf(client, { user_id, tenant_id });
      await giveUnlessHeld(need);
    }
  }
  return given;
}

async function permissionsOf(client: Client, { user_id, tenant_id }: UserRef): Promise<Permission[]> {
  const held: Permission[] = [];
  const list = (offset: number) =>
    unwrap(client.api.GET("/v1/user-permissions", { params: { query: { tenant_id, user_id, offset, limit: 100 } } }));
  for await (const permission of byOffset(list)) held.push(permission);
  return held;
}

async function permit(
  client: Client,
  user: UserRef,
  { id, capability }: Need,
  held: readonly Permission[],
): Promise<Permission> {
  const same = held.find(({ path_part_id }) => path_part_id === id);
  if (same === undefined) {
    return unwrap(client.api.POST("/v1/user-permissions", { body: { ...user, path_part_id: id, capability } }));
  }
  return unwrap(
    client.api.PATCH("/v1/user-permissions/{permission_id}", {
      params: { path: { permission_id: same.id }, query: { tenant_id: user.tenant_id } },
      body: { capability },
    }),
  );
}

const covers = ({ materialized_path: path, capability }: Permission, need: Need): boolean =>
  (need.path === path || need.path.startsWith(`${path}/`)) &&
  (capability === "READ_WRITE" || need.capability === "READ_ONLY");

/** The parts of the tree that a run of a workflow needs. One that was deleted since is needed no more. */
async function needsOf(client: Client, workflow: Workflow): Promise<Need[]> {
  const part = await findWorkflowPart(client, workflow.id);
  if (part === null) throw new CliError("The workflow has no place in the tree that you may see.", EXIT.notThere);
  const { source_path_part_ids: sources, instruction_path_part_ids: instructions } = workflow;
  const wished = new Map<string, Need["capability"]>();
  for (const id of [part, ...sources, ...instructions, workflow.template_path_part_id]) {
    if (id !== null) wished.set(id, "READ_ONLY");
  }
  for (const id of workflow.output_path_part_ids) wished.set(id, "READ_WRITE");
  const needsWrite =
    workflow.output_path_part_ids.length === 0 && (await readPolicy(client, workflow.id))?.run_needs !== "read";
  if (needsWrite) wished.set(part, "READ_WRITE");
  const needs = await Promise.all(
    [...wished].map(async ([id, capability]) => {
      const path = await pathOf(client, id);
      return path === null ? [] : [{ id, path, capability }];
    }),
  );
  return needs.flat();
}
