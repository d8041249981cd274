/** The routes of the workflows: the list, one workflow, and the changes that can be made to it. */
import { findPresence } from "../../runs/leases/presence.ts";
import { perform } from "../../verbs/perform.ts";
import { changeActivity, deleteDefinition } from "../../workflows/workflow-verbs.ts";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { listHref, readListQuery } from "../search/kit/found-list.tsx";
import { idOf } from "../signed-in.tsx";
import { findWorkflow } from "./find-workflow.ts";
import { readShownRuns } from "./runs/its-runs.tsx";
import { viewWorkflows, WORKFLOW_ORDERS } from "./view-workflows.ts";
import { WorkflowPage } from "./workflow.tsx";
import { WorkflowsPage } from "./workflow-list.tsx";

const PAGE_SIZE = 20;

export const workflows = new Pages();

workflows.page("/app/workflows", async (c) => {
  const query = readListQuery(c, "/app/workflows", WORKFLOW_ORDERS);
  if (c.req.query("q") === "") return c.redirect(listHref(query, "newest"), 303);
  const { words, sort: order, offset } = query;
  const view = await viewWorkflows(c.env.db, c.var.credential, { limit: PAGE_SIZE, offset, order, words });
  return html(c, <WorkflowsPage view={view} limit={PAGE_SIZE} query={query} />);
});

workflows.page("/app/workflows/:id", async (c) => {
  const view = await findWorkflow(c, idOf(c), readShownRuns(new URL(c.req.url).searchParams));
  const runners = await findPresence(c.env.live, view.caller.tenant_id, view.workflow.runners, view.now);
  return html(c, <WorkflowPage {...view} runners={runners} origin={c.env.config.publicUrl} />);
});

for (const [verb, isActive] of [
  ["pause", false],
  ["resume", true],
] as const) {
  workflows.form(`/app/workflows/:id/${verb}`, async (c) => {
    const id = idOf(c);
    await perform(c.var.services, changeActivity, { id, isActive });
    return seeOther(c, `/app/workflows/${id}`);
  });
}

workflows.form("/app/workflows/:id/delete", async (c) => {
  await perform(c.var.services, deleteDefinition, idOf(c));
  return seeOther(c, "/app/workflows");
});
