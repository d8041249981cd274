/** Finds the files and folders that the workflows of a file name. */
import type { WantedWorkflow } from "./file.ts";
import { withoutSlash } from "./names.ts";
import { PART_FIELDS, type PresentWorkflow } from "./present.ts";
import type { KeyPath, SchemaFault } from "./schema.ts";
import type { Tree } from "./tree.ts";

type Pair = { wanted: WantedWorkflow; present: PresentWorkflow | null };

/**
 * Returns the folders that are missing, each after the folder that it is in. Adds a fault for each file that is missing, and for each file
 * where there has to be a folder.
 */
export async function missingFolders(tree: Tree, pairs: readonly Pair[], faults: SchemaFault[]): Promise<string[]> {
  const folders = new Set<string>();

  async function check(path: string, isFolder: boolean, at: KeyPath): Promise<void> {
    const part = await tree.at(path);
    if (part === null && isFolder) {
      for (const folder of await tree.missing(path)) folders.add(folder);
    } else if (part === null) {
      const text = `There is no ${path}, or it is not yours to see. A folder that is to be created has a / at its end.`;
      faults.push({ path: at, text });
    } else if (isFolder && part.part_type !== "FOLDER") {
      faults.push({ path: at, text: `${withoutSlash(path)} is no folder.` });
    }
  }

  for (const { wanted, present } of pairs) {
    for (const name of PART_FIELDS) {
      const value = wanted.fields[name];
      const has = listOf(present?.fields[name]).map(withoutSlash);
      for (const [index, path] of listOf(value).entries()) {
        const isFolder = path.endsWith("/") || name === "outputs";
        const at = [...wanted.at, name, ...(Array.isArray(value) ? [index] : [])];
        // A file or folder that the workflow has already need not be looked up: it exists.
        if (path.endsWith("/") || !has.includes(withoutSlash(path))) await check(path, isFolder, at);
      }
    }
  }
  return [...folders];
}

const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string");
