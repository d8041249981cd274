/** Permissions for users and on workflows that are gone, or are being deleted at the same moment. */
import { v7 as uuid } from "uuid";
import { expect, it } from "vitest";
import { MAX_PERMISSIONS } from "../../src/people/refusals.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

it("permissions are given to nobody who was deleted, whichever verb gives them", async () => {
  const { database } = service;
  const tenant = await createTenant(database);
  await database.sql`update users set deleted_at = now(), deactivated_at = now() where id = ${tenant.user.id}`;
  const given = { ...(await callerOf(tenant.owner)), user_id: tenant.user.id, max_permissions: MAX_PERMISSIONS };
  const alone = {
    tenant_id: tenant.id,
    permission_id: uuid(),
    path_part_id: tenant.sourcesId,
    capability: "READ_ONLY",
  };
  const refusals = [
    await callSqlFunction(database, "create_user_permission", { ...given, ...alone }),
    await callSqlFunction(database, "permit_workflow", { ...given, definition_id: tenant.definitionId }),
  ];
  expect(refusals).toMatchObject([{ refused: "unknown", user_is_known: false }, { refused: "user_unknown" }]);
  expect(await database.sql`select from user_permissions where user_id = ${tenant.user.id}`).toEqual([]);
});

it.each(["create_user_permission", "change_user_permission", "permit_workflow"])(
  "permissions that %s gives on a workflow which is being deleted are refused in words",
  async (verb) => {
    const { database } = service;
    const tenant = await createTenant(database);
    const owner = await callerOf(tenant.owner);
    const [place] =
      await database.sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    const permissionId = await permit(database, tenant, tenant.sourcesId, "READ_ONLY");
    const context = JSON.stringify({ ...owner, slack_seconds: 0, sends: true });
    const deletion = database.sql`select delete_definition(${context}, ${tenant.definitionId})`;
    const { committed } = await holdTransaction(database, [deletion]);
    const args: Record<string, Record<string, unknown>> = {
      create_user_permission: {
        tenant_id: tenant.id,
        permission_id: uuid(),
        path_part_id: place?.id,
        capability: "READ_ONLY",
      },
      change_user_permission: {
        tenant_id: tenant.id,
        permission_id: permissionId,
        path_part_id: place?.id,
        capability: null,
      },
      permit_workflow: { definition_id: tenant.definitionId },
    };
    const given =
      verb === "change_user_permission" ? {} : { user_id: tenant.user.id, max_permissions: MAX_PERMISSIONS };
    const [answer] = await Promise.all([
      callSqlFunction(database, verb, { ...owner, ...given, ...args[verb] }),
      committed,
    ]);
    expect(answer.refused).toBe(verb === "permit_workflow" ? "not_found" : "unknown");
  },
);
