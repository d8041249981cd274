import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { FeedEvent, FeedFilter } from "../../types.ts";
import { type Context, contextOf } from "../context.ts";
import { Outage } from "../follow.ts";
import { integer, several } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { print, printList, say } from "../output.ts";
import { detailText, feedLine } from "../run-lines.ts";

type Flags = { follow?: boolean; type?: FeedEvent["type"][]; workflow?: string; after?: string; limit?: number };

const PAGE = 100;
const LIMIT = 100;

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("Show the events of all runs that you may see, oldest first")
    .option("-f, --follow", "show events as they happen, until Ctrl-C")
    .option("--type <type>", "only events of this type, such as workflow_run.failed; can be repeated", several)
    .option("--workflow <workflow>", "only of this workflow, by its name or id")
    .option("--after <position>", "only events after this position, which an earlier `events` has printed")
    .option("--limit <n>", `how many at most; ${LIMIT} by default, and unlimited with --follow`, integer(1, 10_000))
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs events -f
  $ workflow-runs events --type workflow_run.failed --json
  $ workflow-runs events -f --after 1.90210.4711`,
    )
    .action(async (flags: Flags, command: Command) => {
      const context = contextOf(command);
      const filter: FeedFilter = {
        ...(flags.type && { types: flags.type }),
        ...(flags.workflow !== undefined && {
          workflow_definition_id: (await findWorkflow(context.client, flags.workflow)).id,
        }),
        ...(flags.after !== undefined && { after: flags.after }),
      };
      if (flags.follow) await follow(context, filter, flags.limit);
      else await list(context, filter, flags.limit ?? LIMIT);
    });
}

async function list({ client, mode }: Context, filter: FeedFilter, limit: number): Promise<void> {
  const { found, position, hasMore } = await readFeed(client, filter, limit);
  printList(
    mode,
    found,
    ({ id }) => id,
    ({ id, at, type, run_id, detail }) => ({ id, at, type, run: run_id ?? "", detail: detailText(detail) }),
  );
  if (mode !== "people" || position === null) return;
  say(hasMore ? `There are more: --after ${position}` : `What comes later: --after ${position}`);
}

/** Pages of the feed until there are so many events. `position` is behind the last of them. */
async function readFeed(client: Client, filter: FeedFilter, limit: number) {
  const found: FeedEvent[] = [];
  let position = filter.after ?? null;
  for (;;) {
    const query = { ...filter, limit: Math.min(PAGE, limit - found.length), ...(position && { after: position }) };
    const page = await unwrap(client.api.GET("/v1/events", { params: { query } }));
    found.push(...page.items);
    position = page.next_cursor ?? position;
    if (!page.has_more || found.length >= limit) return { found, position, hasMore: page.has_more };
  }
}

async function follow({ client, mode }: Context, filter: FeedFilter, limit = Number.POSITIVE_INFINITY): Promise<void> {
  const { after, types, workflow_definition_id } = filter;
  const query = new URLSearchParams(types?.map((type) => ["types", type]));
  if (workflow_definition_id) query.set("workflow_definition_id", workflow_definition_id);
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  const { signal } = interrupted;
  const outage = new Outage();
  let position = after;
  let shown = 0;
  try {
    const onBegin = (begin: string) => {
      if (position === undefined) say(`From now on: --after ${begin}`);
      position = begin;
    };
    const options = { signal, onBegin, onRetry: outage.tell, ...(after !== undefined && { after }) };
    for await (const { id, data } of client.stream(`/v1/events/stream?${query}`, options)) {
      outage.isOver();
      if (!isFeedEvent(data)) continue;
      print(mode === "json" ? JSON.stringify(data) : mode === "quiet" ? data.id : feedLine(data));
      position = id ?? position;
      if (++shown >= limit) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (position !== undefined) say(`What comes later: --after ${position}`);
}

const isFeedEvent = (data: unknown): data is FeedEvent =>
  typeof data === "object" && data !== null && "type" in data && "at" in data && "id" in data && "detail" in data;
