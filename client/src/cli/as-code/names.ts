/**
 * The paths by which workflows and triggers are known in the file. All workflows are in one folder of the tree, so the path of one is
 * `/workflows/` and its name. Names are not unique: one that several have, or that looks like an id, does not say which is meant, and then
 * the id stands in its place.
 */
import { isId } from "../names.ts";

const WORKFLOWS = "/workflows";

/** What is after the folder: the name or the id of a workflow. */
export const keyOf = (path: string): string => path.slice(WORKFLOWS.length + 1);

export const pathOfName = (name: string): string => `${WORKFLOWS}/${name}`;

/** True for a path that is below another one. */
export const isBelow = (root: string, path: string): boolean => path.startsWith(`${root}/`);

/** The name of a part of the tree without the `/` that marks a folder. */
export const withoutSlash = (path: string): string => path.replace(/\/+$/, "");

type Named = { id: string; name: string };

/** The key of each in the file: its name, or its id if the name does not say which is meant. */
export function keysOf(all: readonly Named[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(all.map(({ id, name }) => [id, name === "" || isId(name) || counts.get(name) !== 1 ? id : name]));
}
