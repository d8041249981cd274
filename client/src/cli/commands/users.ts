import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import type { TenantUser } from "../../types.ts";
import { type CareFlags, isWanted, withCare } from "../care.ts";
import { type Context, contextOf } from "../context.ts";
import { oneOf } from "../input.ts";
import { findUser, listUsers } from "../names.ts";
import { ago, facts, harmless, paint, printList, printOne, say } from "../output.ts";

type CreateFlags = { role: "USER" | "ADMIN"; firstName?: string; lastName?: string };

export function addUsers(program: Command): void {
  const users = program.command("users").description("The people of your tenant; for OWNER and ADMIN");
  const ofUser = (name: string, description: string, example: string) =>
    users
      .command(name)
      .argument("<user>", "the email or id of a user")
      .description(description)
      .addHelpText("after", `\nExample:\n  $ workflow-runs users ${example}`);

  users
    .command("list")
    .description("List the users, by email")
    .addHelpText("after", "\nExample:\n  $ workflow-runs users list")
    .action(async (_, command: Command) => {
      const { client, mode } = contextOf(command);
      printList(
        mode,
        await listUsers(client),
        ({ user_id }) => user_id,
        (one) => ({
          id: one.user_id,
          email: harmless(one.email ?? "-"),
          name: nameOf(one),
          role: one.role,
          state: stateOf(one),
        }),
      );
    });

  users
    .command("create")
    .argument("[email]", "without one it is a service user: a USER for a program, who needs --first-name")
    .description("Add a user; somebody who shall sign in by a link is invited: `workflow-runs invites create`")
    .option("--role <role>", "USER or ADMIN", oneOf(["USER", "ADMIN"]), "USER")
    .option("--first-name <name>")
    .option("--last-name <name>")
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs users create ida@acme.example --first-name Ida
  $ workflow-runs users create --first-name "Nightly export"
  $ workflow-runs keys create "On the server" --user "Nightly export"`,
    )
    .action(async (email: string | undefined, { role, firstName, lastName }: CreateFlags, command: Command) => {
      const context = contextOf(command);
      const { current_tenant_id: tenant_id } = await context.client.me();
      const body = {
        ...(email !== undefined && { email }),
        role,
        ...(firstName !== undefined && { first_name: firstName }),
        ...(lastName !== undefined && { last_name: lastName }),
      };
      const params = { path: { tenant_id } };
      show(context, await unwrap(context.client.api.POST("/v1/tenants/{tenant_id}/users", { params, body })));
    });

  withCare(
    ofUser("role", "Give a user another role; the OWNER passes ownership on", "role ida@acme.example ADMIN").argument(
      "<role>",
      "USER, ADMIN or OWNER",
      oneOf(["USER", "ADMIN", "OWNER"]),
    ),
  )
    .addHelpText("after", "\nIt asks only when it passes the ownership on, which the new OWNER alone can undo.")
    .action(async (emailOrId: string, role: TenantUser["role"], flags: CareFlags, command: Command) => {
      const context = contextOf(command);
      const { client, mode } = context;
      const { user_id, tenant_id, email, role: before } = await findUser(client, emailOrId);
      const name = harmless(email ?? user_id);
      const isHandover = role === "OWNER" && before !== "OWNER";
      const change = isHandover
        ? `This hands the tenant over: ${name} becomes its OWNER, and its OWNER becomes ADMIN.`
        : `This makes ${name} ${role}.`;
      if ((isHandover || flags.dryRun) && !(await isWanted(change, flags))) return;
      const params = { path: { tenant_id, user_id } };
      const user = await unwrap(
        client.api.PATCH("/v1/tenants/{tenant_id}/users/{user_id}", { params, body: { role } }),
      );
      if (isHandover && mode === "people") say("You are ADMIN now.");
      show(context, user);
    });

  for (const [verb, text] of [
    ["deactivate", "Let no key, session or permission of a user work any more, until `activate`"],
    ["activate", "Let a deactivated user in again"],
  ] as const) {
    ofUser(verb, text, `${verb} ida@acme.example`).action(async (emailOrId: string, _, command: Command) => {
      const context = contextOf(command);
      const { client } = context;
      const { user_id, tenant_id } = await findUser(client, emailOrId);
      const params = { path: { tenant_id, user_id } };
      show(context, await unwrap(client.api.POST(`/v1/tenants/{tenant_id}/users/{user_id}/${verb}`, { params })));
    });
  }

  withCare(
    ofUser("delete", "Delete a user, with their keys, sessions and permissions", "delete ida@acme.example --dry-run"),
  ).action(async (emailOrId: string, flags: CareFlags, command: Command) => {
    const { client, mode } = contextOf(command);
    const { user_id, tenant_id, email } = await findUser(client, emailOrId);
    const name = harmless(email ?? user_id);
    if (!(await isWanted(`This deletes the user ${name}, with all keys and permissions.`, flags))) return;
    await client.request(`/v1/tenants/${tenant_id}/users/${user_id}`, { method: "DELETE" });
    printOne(mode, { id: user_id }, user_id, () => [`Deleted ${name}.`]);
  });
}

const nameOf = ({ first_name, last_name }: TenantUser): string =>
  harmless([first_name, last_name].filter((name) => name != null).join(" "));

const stateOf = ({ deactivated_on: at }: TenantUser): string =>
  at == null ? "active" : paint("yellow", `deactivated ${ago(at)}`);

const show = ({ mode }: Context, user: TenantUser): void =>
  printOne(mode, user, user.user_id, () =>
    facts({
      id: user.user_id,
      email: user.email == null ? null : harmless(user.email),
      name: nameOf(user),
      role: user.role,
      state: stateOf(user),
    }),
  );
