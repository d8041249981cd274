import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import { byOffset } from "../../pages.ts";
import type { Part } from "../../types.ts";
import { type Tree, treeOf } from "../as-code/tree.ts";
import { type CareFlags, isWanted, withCare } from "../care.ts";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { findPart, readPart } from "../names.ts";
import { ago, facts, harmless, printList, printOne } from "../output.ts";

const PAGE = 100;

const KINDS: Record<string, string> = { FOLDER: "folder", DOCUMENT: "document", DOCUMENT_VERSION: "version" };
const kindOf = ({ part_type }: Part): string => KINDS[part_type] ?? part_type;

const printPart = ({ mode }: Context, part: Part): void =>
  printOne(mode, part, part.path_part_id, () =>
    facts({ id: part.path_part_id, path: harmless(part.materialized_path), kind: kindOf(part) }),
  );

/** The path without a `/` at its end. Empty for the top of the tree. */
function pathIn(text: string): string {
  if (!text.startsWith("/") || text.includes("//")) {
    throw new CliError(`Give a path such as /shared/reports/: not "${text}".`, EXIT.invalid);
  }
  return text.replace(/\/$/, "");
}

const above = (path: string): string => path.slice(0, path.lastIndexOf("/"));
const nameIn = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The part at this path, whose folder must be there. Null for the top of the tree. */
async function partAt(tree: Tree, path: string): Promise<Part | null> {
  if (path === "") return null;
  const part = await tree.at(path);
  if (part === null) throw new CliError(`There is no ${harmless(path)}, or it is not yours to see.`, EXIT.notThere);
  return part;
}

export function addFiles(program: Command): void {
  const files = program
    .command("files")
    .description("List, create, move and delete the files and folders that workflows name");

  files
    .command("list")
    .argument("[folder]", "its path or id; by default the top")
    .description("List what is in a folder, or below a document")
    .addHelpText("after", "\nExamples:\n  $ workflow-runs files list\n  $ workflow-runs files list /shared/reports")
    .action(async (folder: string | undefined, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const parent = folder === undefined || folder === "/" ? undefined : await findPart(client, folder);
      const read = (offset: number) => {
        const query = { limit: PAGE, offset, ...(parent !== undefined && { parent_path_id: parent }) };
        return unwrap(client.api.GET("/v1/path-parts", { params: { query } }));
      };
      const all: Part[] = [];
      for await (const part of byOffset(read)) all.push(part);
      printList(
        mode,
        all,
        ({ path_part_id }) => path_part_id,
        (part) => ({
          id: part.path_part_id,
          path: harmless(part.materialized_path),
          kind: kindOf(part),
          changed: ago(part.updated_at),
        }),
      );
    });

  files
    .command("create")
    .argument("<path>", "with a / at its end it is a folder, else a document, or a version of the document above it")
    .description("Create a folder or a document, and the folders above it that are missing")
    .addHelpText(
      "after",
      "\nExamples:\n  $ workflow-runs files create /shared/reports/\n  $ workflow-runs files create /shared/how-to-summarise.md",
    )
    .action(async (given: string, _, command: Command) => {
      const context = contextOf(command);
      const path = pathIn(given);
      const tree = treeOf(context.client);
      for (const folder of await tree.missing(above(path))) await tree.createFolder(folder);
      const parent = await partAt(tree, above(path));
      const other = parent?.part_type === "DOCUMENT" ? ("DOCUMENT_VERSION" as const) : ("DOCUMENT" as const);
      const body = {
        name: nameIn(path),
        part_type: given.endsWith("/") ? ("FOLDER" as const) : other,
        parent_path_id: parent?.path_part_id ?? null,
      };
      printPart(context, await unwrap(context.client.api.POST("/v1/path-parts", { body })));
    });

  files
    .command("move")
    .argument("<part>", "its path or id")
    .argument("<to>", "its new path; with a / at its end, the folder that it goes to")
    .description(
      "Rename or move a file or folder, with everything below it. Workflows and permissions still refer to it",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ workflow-runs files move /shared/q1 /shared/first-quarter\n  $ workflow-runs files move /shared/q1 /archive/",
    )
    .action(async (given: string, to: string, _, command: Command) => {
      const context = contextOf(command);
      const { client } = context;
      const [id, path] = [await findPart(client, given), pathIn(to)];
      const folder = await partAt(treeOf(client), to.endsWith("/") ? path : above(path));
      const body = {
        parent_path_id: folder?.path_part_id ?? null,
        ...(!to.endsWith("/") && { name: nameIn(path) }),
      };
      const params = { path: { path_part_id: id } };
      printPart(context, await unwrap(client.api.PATCH("/v1/path-parts/{path_part_id}", { params, body })));
    });

  withCare(
    files
      .command("delete")
      .argument("<part>", "its path or id")
      .description("Delete a file or folder, with everything below it. No workflow may name it"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  $ workflow-runs files delete /shared/old --dry-run\n  $ workflow-runs files delete /shared/old --yes",
    )
    .action(async (given: string, flags: CareFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const id = await findPart(client, given);
      const part = await readPart(client, id);
      if (part === null) throw new CliError(`There is no ${given}, or it is not yours to see.`, EXIT.notThere);
      const path = harmless(part.materialized_path);
      if (!(await isWanted(`This deletes the ${kindOf(part)} ${path} with everything below it.`, flags))) return;
      await client.request(`/v1/path-parts/${id}`, { method: "DELETE" });
      printOne(mode, { id }, id, () => [`Deleted ${path}.`]);
    });
}
