/**
 * The keys of workflows and triggers in the file. The key of a workflow is its path: `/workflows/` and its name. The key of a trigger is
 * its name. If several have the same name, or the name looks like an id, the id is written in place of the name.
 */
import { isId } from "../names.ts";

const WORKFLOWS = "/workflows";

/** The name or the id of the workflow with this path. */
export const keyOf = (path: string): string => path.slice(WORKFLOWS.length + 1);

export const pathOfName = (name: string): string => `${WORKFLOWS}/${name}`;

/** True for a path that is below another one. */
export const isBelow = (root: string, path: string): boolean => path.startsWith(`${root}/`);

/** A path without the `/` that marks a folder. */
export const withoutSlash = (path: string): string => path.replace(/\/+$/, "");

type Named = { id: string; name: string };

/** For each id, what it is called in the file: its name, or the id itself if several have that name. */
export function keysOf(all: readonly Named[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(all.map(({ id, name }) => [id, name === "" || isId(name) || counts.get(name) !== 1 ? id : name]));
}
