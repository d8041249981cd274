import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { Client } from "../../client.ts";
import type { AuditEvent, AuditFilter } from "../../types.ts";
import { auditLine, auditRow } from "../audit-lines.ts";
import { type Context, contextOf } from "../context.ts";
import { askUntilAnswered, Outage } from "../follow.ts";
import { integer } from "../input.ts";
import { instant } from "../instants.ts";
import { findUser, findWorkflow } from "../names.ts";
import { print, printList, say } from "../output.ts";

type Flags = {
  follow?: boolean;
  actor?: string;
  object?: string;
  workflow?: string;
  action?: NonNullable<AuditFilter["action"]>;
  since?: string;
  until?: string;
  limit?: number;
};

const LIMIT = 50;
const POLL_MS = 2_000;

/** A row becomes visible when its transaction commits. So a row with an earlier time may appear after one with a later time. */
const LATE_MS = 60_000;

export function addAudit(program: Command): void {
  program
    .command("audit")
    .description("Show who changed what, newest first; for OWNER and ADMIN")
    .option("-f, --follow", "show changes as they happen, until Ctrl-C")
    .option("--actor <user>", "only what this user did, by their email or id")
    .option("--workflow <workflow>", "only what concerns this workflow, by its name or id")
    .addOption(
      new Option(
        "--object <id>",
        "only what concerns the object with this id, such as a user, a folder or a key",
      ).conflicts("workflow"),
    )
    .option("--action <action>", "only this action, such as workflow_definition.paused")
    .option("--since <when>", "only from this on: 2026-01-31, 2026-01-31T12:00Z, or 24h ago", instant)
    .option("--until <when>", "only before this", instant)
    .option("--limit <n>", `how many at most; ${LIMIT} by default, and unlimited with --follow`, integer(1, 10_000))
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs audit --since 24h
  $ workflow-runs audit --workflow "Quarterly report"
  $ workflow-runs audit -f --json`,
    )
    .action(async (flags: Flags, command: Command) => {
      const context = contextOf(command);
      const { client, mode } = context;
      const { actor, workflow, object, action, since, until, limit } = flags;
      const objectId = workflow === undefined ? object : (await findWorkflow(client, workflow)).id;
      const filter: AuditFilter = {
        ...(actor !== undefined && { actor_id: (await findUser(client, actor)).user_id }),
        ...(objectId !== undefined && { object_id: objectId }),
        ...(action !== undefined && { action }),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
      };
      if (flags.follow) return follow(context, filter, limit);
      const found = await newest(client, filter, limit ?? LIMIT);
      printList(mode, found, ({ id }) => id, auditRow);
    });
}

async function newest(client: Client, filter: AuditFilter, limit: number): Promise<AuditEvent[]> {
  const found: AuditEvent[] = [];
  for await (const event of client.auditEvents(filter)) if (found.push(event) >= limit) break;
  return found;
}

/**
 * Shows what is new every two seconds. Each time it reads the last minute before the newest row again, so that it misses no row that
 * became visible late.
 */
async function follow({ client, mode }: Context, filter: AuditFilter, limit = Number.POSITIVE_INFINITY): Promise<void> {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  const { signal } = interrupted;
  const outage = new Outage();
  const [last] = await newest(client, filter, 1);
  let since = filter.since ?? beforeThat(last);
  const old =
    filter.since === undefined && since !== undefined ? await newest(client, { ...filter, since }, 10_000) : [];
  let seen = new Set(old.map(({ id }) => id));
  let shown = 0;
  if (mode === "people") say("From now on.");
  try {
    while (shown < limit) {
      const query = { ...filter, ...(since !== undefined && { since }) };
      const found = await askUntilAnswered(() => newest(client, query, 10_000), outage.tell, signal);
      outage.isOver();
      for (const event of found.filter(({ id }) => !seen.has(id)).toReversed()) {
        print(mode === "json" ? JSON.stringify(event) : mode === "quiet" ? event.id : auditLine(event));
        if (++shown >= limit) return;
      }
      seen = new Set(found.map(({ id }) => id));
      since = beforeThat(found[0]) ?? since;
      await delay(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const beforeThat = (event: AuditEvent | undefined): string | undefined =>
  event && new Date(Date.parse(event.at) - LATE_MS).toISOString();
