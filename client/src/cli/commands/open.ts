import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { ApiProblem } from "../../problem.ts";
import { contextOf } from "../context.ts";
import { launch } from "../launch.ts";
import { findWorkflow, isId } from "../names.ts";
import { print } from "../output.ts";

export function addOpen(program: Command): void {
  program
    .command("open")
    .argument("[thing]", "the id of a run, or the name or id of a workflow; by default the list of runs")
    .description("Open a page of the dashboard in a browser, and print its URL")
    .option("--no-browser", "only print the URL")
    .addHelpText("after", '\nExamples:\n  $ workflow-runs open\n  $ workflow-runs open "Quarterly report"')
    .action(async (thing: string | undefined, { browser }: { browser: boolean }, command: Command) => {
      const { client, mode } = contextOf(command);
      const url = client.url + (thing === undefined ? "/app/runs" : await pathOf(client, thing));
      print(mode === "json" ? JSON.stringify({ url }) : url);
      if (browser && process.stdout.isTTY) launch(url);
    });
}

async function pathOf(client: Client, thing: string): Promise<string> {
  if (isId(thing)) {
    try {
      return `/app/runs/${(await client.run(thing)).id}`;
    } catch (error) {
      if (!(error instanceof ApiProblem && error.status === 404)) throw error;
    }
  }
  return `/app/workflows/${(await findWorkflow(client, thing)).id}`;
}
