import type { Child } from "hono/jsx";
import type { BulkPreview } from "../../../runs/bulk/change-runs.ts";
import { Fact, Name } from "../../components.tsx";
import { shortId } from "../../format.ts";
import { wordOf } from "../../run-state.tsx";
import type { RunsQuery } from "../kit/runs-query.ts";
import { chosenOf, kindsOf } from "./menu-filter.tsx";
import { Chosen } from "./time-filter.tsx";

/** What a filter asks for, in words. It has the names of what the runs that match have in common, so it needs no read of its own. */
export const QueryInWords = ({ query, preview }: { query: RunsQuery; preview: BulkPreview }) => {
  const kinds = kindsOf({ ...preview, triggers: [] }, query);
  const [run] = preview.runs;
  const person = query.mine ? "Me" : query.user && (run?.user_name ?? shortId(query.user));
  const isTimed = query.range !== undefined || query.from !== undefined || query.to !== undefined;
  const facts: [name: string, value: Child][] = [
    ["State", query.status.map(wordOf).join(" or ")],
    ...kinds.map((kind): [string, Child] => [
      kind.title,
      chosenOf([kind], query)
        .map(({ name }) => name)
        .join(" or "),
    ]),
    ["Person", person],
    ["Batch", query.batch && shortId(query.batch)],
    ["Children of", query.parent && shortId(query.parent)],
    ["Labels", query.label.join(" and ")],
    ["Words of the error", query.error],
    ["Failures", query.alike && "those that are alike"],
    ["Triggered", isTimed && <Chosen query={query} />],
  ];
  return (
    <dl class="rows">
      {facts.map(
        ([name, value]) => value && <Fact name={name}>{typeof value === "string" ? <Name>{value}</Name> : value}</Fact>,
      )}
    </dl>
  );
};
