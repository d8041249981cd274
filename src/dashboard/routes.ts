/** The dashboard: pages for people, below `/app`, with the same verbs and access rules as the API. */
import { Hono } from "hono";
import type { AppEnv } from "../http/env.ts";
import { noSuchRoute } from "../http/no-such-route.ts";
import { activity } from "./activity/activity-routes.tsx";
import { batches } from "./batches/batch-routes.tsx";
import { failures } from "./failures/failures-routes.tsx";
import { files } from "./files/files-routes.tsx";
import { healthPage } from "./health/health.tsx";
import { invocations } from "./invoke/invoke-routes.tsx";
import { changes } from "./live/changes-routes.ts";
import { notifications } from "./notifications/notification-routes.tsx";
import { openInvites } from "./people/invite-routes.tsx";
import { people } from "./people/people-routes.tsx";
import { runners } from "./runners/runner-routes.tsx";
import { bulk } from "./runs/bulk-routes.tsx";
import { runLog } from "./runs/log/run-log.tsx";
import { run } from "./runs/run-routes.tsx";
import { runs } from "./runs/runs.tsx";
import { answers } from "./runs/suspended/answer-routes.tsx";
import { search } from "./search/search.tsx";
import { agentAgreement } from "./sign-in/agent/agent-routes.tsx";
import { commandLine } from "./sign-in/command-line/command-line-routes.tsx";
import { logins } from "./sign-in/login/login-routes.tsx";
import { signIn } from "./sign-in/sign-in-routes.tsx";
import { answerErrorPage } from "./signed-in.tsx";
import { themes } from "./theme-routes.ts";
import { allTriggers } from "./triggers/all/all-triggers.tsx";
import { backfills } from "./triggers/schedule/backfill.tsx";
import { triggerPages } from "./triggers/trigger-routes.tsx";
import { use } from "./use/use.tsx";
import { waits } from "./waits/waits-routes.tsx";
import { policyForm } from "./workflows/policy/policy-routes.tsx";
import { sharing } from "./workflows/sharing-routes.tsx";
import { runnerTests } from "./workflows/test-runner-routes.tsx";
import { workflowForms } from "./workflows/workflow-form-routes.tsx";
import { workflows } from "./workflows/workflow-routes.tsx";

export const pages = new Hono<AppEnv>();

const sections = new Hono<AppEnv>();
sections.onError(answerErrorPage);
sections.get("/app", (c) => c.redirect("/app/runs"));
// A page of another release names a folder of scripts and styles that this one does not have.
sections.get("/app/assets/:folder/:name{.+}", (c) => c.redirect(`/app/${c.req.param("name")}`));
for (const section of [
  signIn,
  logins,
  agentAgreement,
  commandLine,
  themes,
  openInvites,
  runs,
  bulk,
  run,
  answers,
  runLog,
  waits,
  batches,
  workflowForms,
  workflows,
  invocations,
  sharing,
  runnerTests,
  policyForm,
  allTriggers,
  triggerPages,
  backfills,
  runners,
  files,
  people,
  notifications,
  use,
  activity,
  failures,
  healthPage,
  search,
  changes,
])
  sections.route("/", section.routes);
sections.all("/app/*", (c) => {
  throw noSuchRoute(sections, c.req.path, "There is no such page.");
});

pages.route("/", sections);
