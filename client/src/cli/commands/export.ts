import process from "node:process";
import { type Command, InvalidArgumentError } from "commander";
import { contextOf } from "../context.ts";
import { print } from "../output.ts";
import { fileSchema } from "../workflows-schema.ts";

const ROOT = /^\/workflows(\/.*[^/])?$/;

export function addExport(program: Command): void {
  program
    .command("export")
    .description("Print workflows with their policies and triggers as a file for `apply`; secrets are left out")
    .option(
      "--root <path>",
      "only those below this path, such as /workflows/finance",
      (path: string) => {
        if (ROOT.test(path)) return path;
        throw new InvalidArgumentError("It must be /workflows, or begin with /workflows/.");
      },
      "/workflows",
    )
    .addHelpText(
      "after",
      `
A secret is written as \${env:NAME}: \`apply\` reads it from that variable when it creates what needs it.

Examples:
  $ workflow-runs export > workflows.yaml
  $ workflow-runs export --root /workflows/finance --json`,
    )
    .action(async ({ root }: { root: string }, command: Command) => {
      const { client, mode } = contextOf(command);
      // Imported here and not above, since no other command needs to load a library for YAML.
      const { exportOf, yamlOf } = await import("../as-code/export.ts");
      const content = await exportOf(client, root, fileSchema());
      if (mode === "json") print(JSON.stringify(content, null, 2));
      else if (mode === "quiet") for (const path of Object.keys(Object(content.workflows))) print(path);
      else process.stdout.write(yamlOf(content, client.url));
    });
}
