import type { Command } from "commander";
import { byCursor } from "../../pages.ts";
import { contextOf } from "../context.ts";
import { integer, several } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { harmless, paint, print, printList } from "../output.ts";

type Flags = { follow?: boolean; type?: string[]; workflow?: string; after?: string; limit: number };

/** An item of the feed: `/v1/events`. */
type FeedEvent = {
  id: string;
  type: string;
  at: string;
  run_id: string | null;
  workflow_definition_id: string | null;
  attempt: number | null;
};

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("What has happened to all runs that you may see, oldest first")
    .option("-f, --follow", "go on with what happens from now on")
    .option("--type <type>", "only of this type, such as workflow_run.failed; several times for several", several)
    .option("--workflow <workflow>", "only of this workflow, by its name or id")
    .option("--after <id>", "only what came after the event with this id")
    .option("--limit <n>", "how many at most, without --follow", integer(1, 10_000), 100)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs events -f
  $ workflow-runs events --type workflow_run.failed --json`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { client, mode } = contextOf(command);
      const query = new URLSearchParams();
      if (flags.type) query.set("types", flags.type.join(","));
      if (flags.workflow !== undefined) {
        query.set("workflow_definition_id", (await findWorkflow(client, flags.workflow)).id);
      }
      if (flags.follow) {
        const options = flags.after === undefined ? {} : { after: flags.after };
        for await (const { data } of client.stream(`/v1/events/stream?${query}`, options)) {
          if (!isFeedEvent(data)) continue;
          print(mode === "json" ? JSON.stringify(data) : mode === "quiet" ? data.id : lineOf(data));
        }
        return;
      }
      const found: FeedEvent[] = [];
      const pages = byCursor(async (cursor) => {
        const page = new URLSearchParams(query);
        const after = cursor ?? flags.after;
        if (after !== undefined) page.set("after", after);
        page.set("limit", String(Math.min(flags.limit - found.length, 100)));
        const response = await client.request(`/v1/events?${page}`);
        const { items, next_cursor }: { items: FeedEvent[]; next_cursor: string | null } = await response.json();
        return { items, next_cursor: items.length === 0 ? null : next_cursor };
      });
      for await (const event of pages) if (found.push(event) >= flags.limit) break;
      printList(
        mode,
        found,
        ({ id }) => id,
        ({ id, at, type, run_id }) => ({ id, at, type, run: run_id ?? "" }),
      );
    });
}

const lineOf = ({ at, type, run_id }: FeedEvent): string =>
  `${paint("dim", at.slice(11, 19))}  ${harmless(type)}  ${run_id ?? ""}`;

const isFeedEvent = (data: unknown): data is FeedEvent =>
  typeof data === "object" && data !== null && "type" in data && "at" in data && "id" in data;
