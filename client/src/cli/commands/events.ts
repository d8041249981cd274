import type { Command } from "commander";
import type { FeedEvent, FeedFilter } from "../../types.ts";
import { contextOf } from "../context.ts";
import { integer, several } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { harmless, paint, print, printList } from "../output.ts";

type Flags = { follow?: boolean; type?: FeedEvent["type"][]; workflow?: string; after?: string; limit: number };

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("Show the events of all runs that you may see, oldest first")
    .option("-f, --follow", "go on with what happens from now on")
    .option("--type <type>", "only events of this type, such as workflow_run.failed; can be repeated", several)
    .option("--workflow <workflow>", "only of this workflow, by its name or id")
    .option("--after <cursor>", "only later events: a `next_cursor` of the API, or the id of a message of its stream")
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
      const filter: FeedFilter = {
        ...(flags.type && { types: flags.type }),
        ...(flags.workflow !== undefined && {
          workflow_definition_id: (await findWorkflow(client, flags.workflow)).id,
        }),
      };
      if (flags.follow) {
        const query = new URLSearchParams(flags.type?.map((type) => ["types", type]));
        if (filter.workflow_definition_id) query.set("workflow_definition_id", filter.workflow_definition_id);
        const options = flags.after === undefined ? {} : { after: flags.after };
        for await (const { data } of client.stream(`/v1/events/stream?${query}`, options)) {
          if (!isFeedEvent(data)) continue;
          print(mode === "json" ? JSON.stringify(data) : mode === "quiet" ? data.id : lineOf(data));
        }
        return;
      }
      const found: FeedEvent[] = [];
      const feed = client.feed({ ...filter, ...(flags.after !== undefined && { after: flags.after }) });
      for await (const event of feed) if (found.push(event) >= flags.limit) break;
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
