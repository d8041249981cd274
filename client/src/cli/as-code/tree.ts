/** Looks up files and folders of the tenant by path or by id. Each is read once, and then remembered. */
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { Part } from "../../types.ts";
import { findChild, readPart } from "../names.ts";
import { withoutSlash } from "./names.ts";

export type Tree = ReturnType<typeof treeOf>;

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
const nameIn = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export function treeOf(client: Client) {
  const byPath = new Map<string, Promise<Part | null>>();
  const byId = new Map<string, Promise<Part | null>>();

  /** The part with this id. Null when it is not the caller's to see. */
  function ofId(id: string): Promise<Part | null> {
    const reading = byId.get(id) ?? readPart(client, id);
    byId.set(id, reading);
    return reading;
  }

  /** The part at this path. Null when there is none, or it is not the caller's to see. */
  function at(path: string): Promise<Part | null> {
    const reading = byPath.get(path) ?? read(path);
    byPath.set(path, reading);
    return reading;
  }

  async function read(path: string): Promise<Part | null> {
    const parent = parentOf(path) === "" ? undefined : await at(parentOf(path));
    return parent === null ? null : findChild(client, parent?.path_part_id, ({ name }) => name === nameIn(path));
  }

  return {
    /** The path of the part with this id, with a `/` at its end if it is a folder. For a part that the caller may not see, its id. */
    async pathOf(id: string): Promise<string> {
      const part = await ofId(id);
      if (part === null) return id;
      byPath.set(part.materialized_path, Promise.resolve(part));
      return part.part_type === "FOLDER" ? `${part.materialized_path}/` : part.materialized_path;
    },

    at: (path: string) => at(withoutSlash(path)),

    /** The folders on the way to this path, and at it, that are missing. The topmost is first. */
    async missing(path: string): Promise<string[]> {
      const names = withoutSlash(path).split("/").slice(1);
      const paths = names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
      const found = await Promise.all(paths.map((one) => at(one)));
      return paths.filter((_, index) => found[index] === null);
    },

    async createFolder(path: string): Promise<void> {
      const parent = parentOf(path) === "" ? null : await at(parentOf(path));
      const body = { name: nameIn(path), part_type: "FOLDER" as const, parent_path_id: parent?.path_part_id ?? null };
      const part = await unwrap(client.api.POST("/v1/path-parts", { body }));
      byPath.set(path, Promise.resolve(part));
    },
  };
}
