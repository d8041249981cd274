/** The routes that change many runs at once: first a page that asks for confirmation, then the change. */
import type { Context } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { BULK_ACTIONS, type BulkOutcome, type Chosen, changeRuns } from "../../runs/bulk/change-runs.ts";
import { parseCursor } from "../../runs/run-schema.ts";
import { readForm } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { type BulkForm, ConfirmPage, DonePage, lacksCount, listAfter, NOTHING_CHOSEN } from "./bulk.tsx";
import { filterOf, firstPageOf, formatRunsQuery, readRunsQuery } from "./kit/runs-query.ts";

export const bulk = new Pages();

const actionSchema = z.enum(BULK_ACTIONS);

/** Reads the form. Values that are not valid ids are ignored. */
async function readBulkForm(c: Context<AppEnv>): Promise<BulkForm> {
  const { values, all } = await readForm(c);
  const action = actionSchema.safeParse(values.action);
  if (!action.success) throw new Problem("not_found", "There is no such change of runs.");
  return {
    action: action.data,
    runIds: values.all === "1" ? null : all("run").filter((id) => z.guid().safeParse(id).success),
    filter: formatRunsQuery(firstPageOf(readRunsQuery(new URLSearchParams(values.filter)))),
    cursor: values.cursor ?? null,
    count: values.count ?? "",
    typed: values.typed?.trim() ?? "",
  };
}

/** The runs that a form names; null when it names none. An empty filter is refused, since it would match all runs. */
function chosenBy(c: Context<AppEnv>, { runIds, filter, cursor }: BulkForm): Chosen | null {
  if (runIds !== null) return runIds.length === 0 ? null : { runIds };
  if (filter === "") return null;
  const query = readRunsQuery(new URLSearchParams(filter));
  return { filter: filterOf(query, c.var.session.userId), cursor: (cursor && parseCursor(cursor)) || undefined };
}

async function change(c: Context<AppEnv>, form: BulkForm, isDryRun: boolean): Promise<BulkOutcome> {
  const chosen = chosenBy(c, form);
  if (chosen === null) return NOTHING_CHOSEN;
  const { action } = form;
  // Somebody has confirmed this number of runs, so no more than that are changed.
  const atMost = /^\d{1,4}$/.test(form.count) ? Number(form.count) : null;
  return changeRuns(c.var.services, { credential: c.var.credential, action, chosen, isDryRun, atMost });
}

bulk.form("/app/runs/bulk", async (c) => {
  const form = await readBulkForm(c);
  return html(c, <ConfirmPage form={form} outcome={await change(c, form, true)} />);
});

bulk.form("/app/runs/bulk/confirmed", async (c) => {
  const form = await readBulkForm(c);
  if (lacksCount(form)) return html(c, <ConfirmPage form={form} outcome={await change(c, form, true)} />, 422);
  const outcome = await change(c, form, false);
  if (outcome.preview !== undefined)
    return html(c, <ConfirmPage form={{ ...form, typed: "" }} outcome={outcome} />, 409);
  if (outcome.matched === 0) return html(c, <ConfirmPage form={form} outcome={outcome} />);
  if (outcome.next === null && outcome.refused.length === 0) {
    return seeOther(c, listAfter(readRunsQuery(new URLSearchParams(form.filter)), form.action, outcome.done));
  }
  return html(c, <DonePage form={form} outcome={outcome} />);
});
