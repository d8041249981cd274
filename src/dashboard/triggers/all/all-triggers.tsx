/** The page of all triggers: what each did last, and what it does next. */
import type { Caller } from "../../caller.ts";
import { Empty, Live, Name, Pages as PageLinks, Table, Time } from "../../components.tsx";
import { Page } from "../../layout.tsx";
import { Pages } from "../../pages.ts";
import { html } from "../../render.ts";
import { type ListQuery, ListSearch, listHref, readListQuery } from "../../search/kit/found-list.tsx";
import { Trail } from "../../trail.tsx";
import { OUTCOMES, Outcome } from "../firings.tsx";
import { Occasion, State } from "../trigger-state.tsx";
import { type ListedTrigger, viewAllTriggers } from "./view-all-triggers.ts";

export const allTriggers = new Pages();

const HREF = "/app/triggers";
const PAGE_SIZE = 50;

/** Those that fire next are first. */
const ORDERS = ["next"] as const;

allTriggers.page("/app/triggers", async (c) => {
  const query = readListQuery(c, HREF, ORDERS);
  const { words, offset } = query;
  const view = await viewAllTriggers(c.env.db, c.var.credential, { words, limit: PAGE_SIZE, offset });
  return html(c, <AllTriggersPage {...view} query={query} />);
});

type PageProps = {
  caller: Caller;
  now: string;
  triggers: readonly ListedTrigger[];
  total: number;
  query: ListQuery<(typeof ORDERS)[number]>;
};

const AllTriggersPage = ({ caller, now, triggers, total, query }: PageProps) => (
  <Page title="Triggers" section="workflows" caller={caller}>
    <Trail to={[["/app/workflows", "Workflows"]]}>Triggers</Trail>
    <div class="head">
      <h1>Triggers</h1>
      <span class="muted">of all workflows, those that fire next first</span>
    </div>
    <ListSearch query={query} label="Words of a name" />
    <Live href={listHref(query, "next")}>
      {triggers.length === 0 ? (
        <Empty title={query.words === "" ? "There is no trigger yet." : "No triggers match."}>
          <p>“Triggers”, on the page of a workflow, adds one.</p>
        </Empty>
      ) : (
        <Table kind="rows-lead" columns={["Trigger", "Fires", "Last", "Next"]}>
          {triggers.map((listed) => (
            <Row listed={listed} now={now} />
          ))}
        </Table>
      )}
      <PageLinks
        total={total}
        limit={PAGE_SIZE}
        offset={query.offset}
        href={(offset) => listHref({ ...query, offset }, "next")}
      />
    </Live>
  </Page>
);

const Row = ({ listed: { trigger, workflow_name, of_name, last }, now }: { listed: ListedTrigger; now: string }) => (
  <tr id={`trigger-${trigger.id}`}>
    <td>
      <a class="row-link" href={`/app/triggers/${trigger.id}`}>
        <Name>{trigger.name}</Name>
      </a>
      <small class="muted line">
        of{" "}
        <a href={`/app/workflows/${trigger.workflow_definition_id}`}>
          <Name>{workflow_name}</Name>
        </a>
      </small>
    </td>
    <td>
      <Occasion trigger={{ ...trigger, of_name }} />
    </td>
    <td>
      {last === null ? (
        <span class="muted">nothing yet</span>
      ) : (
        <>
          <span class={last.outcome === "FIRED" ? "" : "fault"}>{OUTCOMES[last.outcome] ?? last.outcome}</span>{" "}
          <Time at={last.at} />
          <small class="muted">
            <Outcome firing={last} />
          </small>
        </>
      )}
    </td>
    <td>
      <State trigger={trigger} now={now} />
    </td>
  </tr>
);
