/** The page that shows which users may run a workflow, and lets them run it. */
import { Problem } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import { NO_DEFINITION } from "../../workflows/workflow-definitions.ts";
import { permitWorkflow } from "../../workflows/workflow-verbs.ts";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, offsetOf } from "../signed-in.tsx";
import { SHARING_PAGE, SharingPage } from "./sharing.tsx";
import { viewSharing } from "./view-sharing.ts";

export const sharing = new Pages();

sharing.page("/app/workflows/:id/people", async (c) => {
  const [search, offset] = [(c.req.query("q") ?? "").replaceAll("\0", "").trim(), offsetOf(c)];
  const page = { id: idOf(c), search, limit: SHARING_PAGE, offset };
  const view = await viewSharing(c.env.db, c.var.credential, page);
  const { workflow } = view;
  if (workflow === null) throw new Problem("not_found", NO_DEFINITION);
  if (!view.caller.is_administrator) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
  return html(c, <SharingPage view={view} workflow={workflow} search={search} offset={offset} />);
});

sharing.form("/app/workflows/:id/people/:person", async (c) => {
  const definitionId = idOf(c);
  await perform(c.var.services, permitWorkflow, { definitionId, userId: idOf(c, "person") });
  return seeOther(c, `/app/workflows/${definitionId}/people`);
});
