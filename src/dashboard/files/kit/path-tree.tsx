import type { Child } from "hono/jsx";
import { Id } from "../../components.tsx";
import type { NamedPart } from "../../workflows/kit/view-workflow.ts";

/** A part, or a folder above one. */
type Branch = { name: string; part: NamedPart | null; below: Branch[] };

function branchNamed(name: string, branches: Branch[]): Branch {
  const known = branches.find((branch) => branch.name === name);
  if (known) return known;
  const branch = { name, part: null, below: [] };
  branches.push(branch);
  return branch;
}

function grow(parts: readonly NamedPart[]): Branch {
  const root: Branch = { name: "", part: null, below: [] };
  for (const part of parts) {
    let branch = root;
    for (const name of part.path?.split("/").slice(1) ?? []) branch = branchNamed(name, branch.below);
    if (branch !== root) branch.part = part;
  }
  return root;
}

/** Merges folders that contain only one thing into one branch, such as `shared/reports`. */
function shorten({ name, part, below }: Branch): Branch {
  const [only, ...others] = below;
  if (part !== null || only === undefined || others.length > 0 || only.part !== null) {
    return { name, part, below: below.map(shorten) };
  }
  return shorten({ ...only, name: `${name}/${only.name}` });
}

/** Shows parts as a tree of their paths. Parts that the caller may not see are listed below the tree by their ids. */
export const PathTree = ({ parts }: { parts: readonly NamedPart[] }) => {
  if (parts.length === 0) return <p class="muted">none</p>;
  const tops = grow(parts).below.map((top) => shorten({ ...top, name: `/${top.name}` }));
  const hidden = parts.filter(({ path }) => path === null);
  return (
    <ul class="tree">
      {tops.map((top) => (
        <Node {...top} />
      ))}
      {hidden.map(({ id }) => (
        <li>
          <Id id={id} /> <span class="muted">not yours to see</span>
        </li>
      ))}
    </ul>
  );
};

const Node = ({ name, part, below }: Branch): Child => (
  <li>
    {part === null ? (
      <bdi class="path muted">{name}</bdi>
    ) : (
      <a href={`/app/files/${part.id}`} title={part.path ?? ""}>
        <bdi class="path">{name}</bdi>
      </a>
    )}
    {below.length > 0 && (
      <ul>
        {below.map((branch) => (
          <Node {...branch} />
        ))}
      </ul>
    )}
  </li>
);
