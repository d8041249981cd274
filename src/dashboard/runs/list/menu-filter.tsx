/** The filters of the list of runs of which several may be ticked, in menus. */
import { FAILURE_CODES } from "../../../db/enums.ts";
import { BY_A_PERSON, FILTERED_WAITS } from "../../../runs/run-filter.ts";
import { Name } from "../../components.tsx";
import { plural, shortId } from "../../format.ts";
import type { Choice } from "../../forms.tsx";
import { FAILURES } from "../kit/failure-words.ts";
import type { RunsQuery } from "../kit/runs-query.ts";

const WAITS: Record<(typeof FILTERED_WAITS)[number], string> = {
  suspended: "Suspended",
  paused: "Workflow paused",
  no_runner: "Workflow without a runner",
  delayed: "Starts later",
  back_off: "Tried again later",
  queue: "In the queue",
};

/** Conditions of one kind. `name` is that of the parameter. */
export type Kind = { name: "workflow" | "code" | "waits" | "trigger"; title: string; choices: readonly Choice[] };

const choicesFrom = <Value extends string>(values: readonly Value[], words: Record<Value, string>): Choice[] =>
  values.map((id) => ({ id, name: words[id] }));

/** What the names of conditions are known from. */
type Named = {
  workflows: readonly Choice[];
  triggers: readonly Choice[];
  runs: readonly { workflow_name: string; trigger_name: string | null }[];
};

/** The kinds of conditions, with what may be chosen. What was chosen and is not among the choices is one, too. */
export function kindsOf(view: Named, query: RunsQuery): Kind[] {
  const kinds: Kind[] = [
    { name: "workflow", title: "Workflow", choices: view.workflows },
    { name: "code", title: "Failed because", choices: choicesFrom(FAILURE_CODES, FAILURES) },
    { name: "waits", title: "Waits because", choices: choicesFrom(FILTERED_WAITS, WAITS) },
    {
      name: "trigger",
      title: "Triggered by",
      choices: [{ id: BY_A_PERSON, name: "No trigger" }, ...view.triggers],
    },
  ];
  return kinds.map((kind) => {
    const known = new Set(kind.choices.map(({ id }) => id));
    const others = query[kind.name].filter((id) => !known.has(id)).map((id) => ({ id, name: nameOf(kind, id, view) }));
    return { ...kind, choices: [...others, ...kind.choices] };
  });
}

/** The name of what is not among the choices, if each run of the page is of it. */
function nameOf({ name }: Kind, id: string, { runs: [run] }: Named): string {
  const known = name === "workflow" ? run?.workflow_name : run?.trigger_name;
  return known ?? shortId(id);
}

export const chosenOf = (kinds: readonly Kind[], query: RunsQuery): Choice[] =>
  kinds.flatMap(({ name, choices }) => choices.filter(({ id }) => query[name].some((chosen) => chosen === id)));

type Props = { kinds: readonly Kind[]; query: RunsQuery; label: string; none: string };

/** A menu with what can be ticked. It says what is chosen: one in words, or how many. A refresh leaves it as it is. */
export const MenuFilter = ({ kinds, query, label, none }: Props) => {
  const chosen = chosenOf(kinds, query);
  const [only] = chosen;
  return (
    <details class="menu" hx-morph-skip="">
      <summary class="button">
        <span class="visually-hidden">{label}: </span>
        {only === undefined ? none : chosen.length === 1 ? <Name>{only.name}</Name> : plural(chosen.length, "filter")}
      </summary>
      <div class="panel ticks">
        {kinds.map(({ name, title, choices }) => (
          <fieldset>
            <legend>{title}</legend>
            {choices.map(({ id, name: words }) => (
              <label class="choice">
                <input type="checkbox" name={name} value={id} checked={query[name].some((ticked) => ticked === id)} />
                <Name>{words}</Name>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
};
