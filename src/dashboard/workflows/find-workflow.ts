import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { NO_DEFINITION } from "../../workflows/workflow-definitions.ts";
import type { Caller } from "../caller.ts";
import { readRange } from "../statistics/kit/range.ts";
import { type ViewedWorkflow, viewWorkflow } from "./kit/view-workflow.ts";
import { AS_NOW, type Shown } from "./runs/view-its-runs.ts";

/**
 * A workflow for a page. `shown`: the runs that an open page shows.
 * @throws Problem `not_found`
 */
export async function findWorkflow(
  c: Context<AppEnv>,
  id: string,
  shown: Shown = AS_NOW,
): Promise<{ caller: Caller; now: string; workflow: ViewedWorkflow }> {
  const range = readRange(new URL(c.req.url).searchParams);
  const { workflow, ...view } = await viewWorkflow(c.env.db, c.var.credential, id, range, shown);
  if (workflow === null) throw new Problem("not_found", NO_DEFINITION);
  return { workflow, ...view };
}
