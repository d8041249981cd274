/** Shows a plan: what would change, field by field. */
import { harmless, paint, plural } from "../output.ts";
import type { Action, Change } from "./changes.ts";
import type { Difference } from "./differences.ts";
import type { Plan } from "./plan.ts";

const MARKS = { create: "+", change: "~", replace: "±", rotate: "↻", delete: "-" } as const;
const COLORS = { create: "green", change: "yellow", replace: "red", rotate: "yellow", delete: "red" } as const;

/** How many characters of a value are shown. A longer one is cut so that the first difference is shown. */
const MOST_SHOWN = 100;

const textOf = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

/** Shortens texts to {@link MOST_SHOWN} characters. Two texts begin a little before the first character in which they differ. */
function cut(texts: readonly string[]): string[] {
  const [one = "", other = ""] = texts;
  let first = 0;
  while (first < one.length && one[first] === other[first]) first += 1;
  const from = texts.every(({ length }) => length <= MOST_SHOWN) || texts.length < 2 ? 0 : Math.max(0, first - 20);
  return texts.map((text) => {
    const shown = text.slice(from, from + MOST_SHOWN);
    return harmless(`${from > 0 ? "…" : ""}${shown}${from + MOST_SHOWN < text.length ? "…" : ""}`);
  });
}

function differenceLine({ field, before, after }: Difference, action: Action): string {
  const name = harmless(field);
  if (action === "create") return `    ${name}: ${cut([textOf(after)])}`;
  const [one, other] = cut([textOf(before), textOf(after)]);
  return `    ${name}: ${one} → ${other}`;
}

const REASONS: Partial<Record<Action, string>> = {
  replace: ": it is deleted and created anew, since its kind cannot be changed",
  rotate: ": its secret is set anew",
};

function headOf({ action, kind, path, name, runs }: Change): string {
  const what =
    kind === "trigger" ? `trigger "${harmless(name ?? "")}" of ${harmless(path)}` : `${kind} ${harmless(path)}`;
  const more = REASONS[action] ?? (runs > 0 ? `, with ${plural(runs, "run")}` : "");
  return paint(COLORS[action], `${MARKS[action]} ${action} ${what}${more}`);
}

/** The lines of a plan, for people. The changes of one path stand together. */
export function planLines({ changes }: Plan): string[] {
  const paths = [...new Set(changes.map(({ path }) => path))];
  return paths
    .flatMap((path) => changes.filter((change) => change.path === path))
    .flatMap((change) => [headOf(change), ...change.differences.map((one) => differenceLine(one, change.action))]);
}

/** A plan for programs. It has no secret, since no difference has one. */
export const planJson = ({ changes, left }: Plan, isDone: boolean) => ({
  changes: changes.map(({ steps: _, runs, ...change }) => ({ ...change, ...(change.action === "delete" && { runs }) })),
  left,
  done: isDone,
});

const DONE = {
  create: "created",
  change: "changed",
  replace: "replaced",
  rotate: "rotated",
  delete: "deleted",
} as const;

/** How many changes there are of each kind: "2 to create, 1 to change." or, when they were made, "2 created, 1 changed." */
export function summaryOf({ changes }: Plan, isDone: boolean): string {
  const counted = (Object.keys(DONE) as Action[]).flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [isDone ? `${count} ${DONE[action]}` : `${count} to ${action}`];
  });
  return `${counted.join(", ")}.`;
}

/** What a plan deletes, as a sentence. Null when it deletes nothing. */
export function deletionOf({ changes }: Plan): string | null {
  const doomed = changes.filter(({ action }) => action === "delete" || action === "replace");
  if (doomed.length === 0) return null;
  const of = (kind: Change["kind"]) => doomed.filter((change) => change.kind === kind);
  const [workflows, triggers] = [of("workflow"), of("trigger")];
  const runs = workflows.reduce((sum, change) => sum + change.runs, 0);
  const parts = [
    ...(workflows.length > 0 ? [`${plural(workflows.length, "workflow")} with ${plural(runs, "run")}`] : []),
    ...(triggers.length > 0 ? [`${plural(triggers.length, "trigger")} with what became of each occasion`] : []),
  ];
  return `This deletes ${parts.join(", and ")}.`;
}
