import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import { byOffset } from "../../pages.ts";
import type { Invite } from "../../types.ts";
import { contextOf } from "../context.ts";
import { oneOf } from "../input.ts";
import { choose, isId } from "../names.ts";
import { ago, facts, harmless, instantOf, printList, printOne, say } from "../output.ts";

const STATES = ["PENDING", "ACCEPTED", "EXPIRED", "ALL"] as const;
type State = (typeof STATES)[number];

export function addInvites(program: Command): void {
  const invites = program.command("invites").description("Invite people to your tenant; for OWNER and ADMIN");

  invites
    .command("list")
    .description("List the invites, newest first")
    .option("--status <state>", "pending, accepted, expired or all", oneOf(STATES), "PENDING")
    .addHelpText("after", "\nExample:\n  $ workflow-runs invites list --status all")
    .action(async ({ status }: { status: State }, command: Command) => {
      const { client, mode } = contextOf(command);
      printList(
        mode,
        await listInvites(client, status),
        ({ id }) => id,
        (one) => ({
          id: one.id,
          email: harmless(one.email),
          role: one.role,
          expires: instantOf(one.expires_at),
          accepted: one.accepted_at == null ? "-" : ago(one.accepted_at),
        }),
      );
    });

  invites
    .command("create")
    .argument("<email>")
    .description("Invite somebody. The link is shown once: send it to them, since the service sends no email")
    .option("--role <role>", "USER or ADMIN", oneOf(["USER", "ADMIN"]), "USER")
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs invites create ida@acme.example
  $ LINK=$(workflow-runs invites create ida@acme.example --role ADMIN --quiet)`,
    )
    .action(async (email: string, { role }: { role: "USER" | "ADMIN" }, command: Command) => {
      const { client, mode } = contextOf(command);
      const { current_tenant_id: tenant_id } = await client.me();
      const made = await unwrap(client.api.POST("/v1/invites", { body: { tenant_id, email, role } }));
      if (made === null) throw new TypeError("The answer has no invite.");
      if (mode === "people") say("Send them the link now: it is not shown again.");
      printOne(mode, made, made.invite_link, () =>
        facts({
          id: made.id,
          email: harmless(made.email),
          role: made.role,
          expires: instantOf(made.expires_at),
          link: harmless(made.invite_link),
        }),
      );
    });

  invites
    .command("delete")
    .argument("<invite>", "the invited email, or the id of the invite")
    .description("Withdraw an invite; its link stops working at once")
    .addHelpText("after", "\nExample:\n  $ workflow-runs invites delete ida@acme.example")
    .action(async (emailOrId: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const id = isId(emailOrId) ? emailOrId : await findInvite(client, emailOrId);
      await client.request(`/v1/invites/${id}`, { method: "DELETE" });
      printOne(mode, { id }, id, () => [`Withdrawn: ${harmless(emailOrId)}.`]);
    });
}

async function listInvites(client: Client, state: State): Promise<Invite[]> {
  const status = { PENDING: "pending", ACCEPTED: "accepted", EXPIRED: "expired", ALL: null } as const;
  const all: Invite[] = [];
  const read = (offset: number) =>
    // The empty text asks for all; openapi-fetch would leave a null out, which asks for those that are pending.
    client
      .request(`/v1/invites?limit=100&offset=${offset}&status=${status[state] ?? ""}`)
      .then((response): Promise<{ items: Invite[]; total: number }> => response.json());
  for await (const invite of byOffset(read)) all.push(invite);
  return all;
}

const findInvite = async (client: Client, email: string): Promise<string> =>
  choose(
    (await listInvites(client, "PENDING")).map((invite) => ({ id: invite.id, name: invite.email })),
    email,
    "pending invite",
  ).id;
