/** The triggers of a workflow: their pages, and the forms that change them. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import type { AppEnv } from "../../http/env.ts";
import { Problem, ValidationFailed } from "../../http/problems.ts";
import { isPositionOfRow } from "../../http/schemas.ts";
import { checkBody, findFaults } from "../../http/validation.ts";
import { NO_TRIGGER } from "../../triggers/refusals.ts";
import { PauseTriggerRequestSchema, TriggerRequestSchema } from "../../triggers/trigger-schema.ts";
import {
  createTrigger,
  deleteTrigger,
  fireTrigger,
  pauseTrigger,
  replaceTrigger,
  resumeTrigger,
} from "../../triggers/triggers.ts";
import { contentOf } from "../../triggers/triggers-routes.ts";
import { perform } from "../../verbs/perform.ts";
import { NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "../../workflows/workflow-definitions.ts";
import { FormPage, readForm, submit, type Values } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { NEW_TRIGGER, readValues, TriggerFormPage, toBody, valuesOf, WORDING } from "./trigger-form.tsx";
import { PauseForm, TriggerPage, TriggersPage } from "./triggers-page.tsx";
import { type TriggerView, viewTrigger, viewTriggers } from "./view-triggers.ts";

export const triggerPages = new Pages();

/** @throws Problem `not_found` */
async function findTriggers(c: Context<AppEnv>) {
  const view = await viewTriggers(c.env.db, c.var.credential, idOf(c));
  if (view === null) throw new Problem("not_found", NO_DEFINITION);
  return view;
}

/** @throws Problem `not_found` */
async function findTrigger(c: Context<AppEnv>, before: string | null = null): Promise<TriggerView> {
  const view = await viewTrigger(c.env.db, c.var.credential, idOf(c), before);
  if (view === null) throw new Problem("not_found", NO_TRIGGER);
  return view;
}

/**
 * The trigger in a form.
 * @throws ValidationFailed with all faults at once
 */
function readContent(values: Values) {
  const { body, faults } = toBody(values);
  if (faults.length > 0) throw new ValidationFailed([...faults, ...findFaults(TriggerRequestSchema, body)]);
  return contentOf(checkBody(TriggerRequestSchema, body));
}

triggerPages.page("/app/workflows/:id/triggers", async (c) => html(c, <TriggersPage {...(await findTriggers(c))} />));

const newForm = (id: string) => ({
  title: "New schedule",
  action: `/app/workflows/${id}/triggers/new`,
  back: `/app/workflows/${id}/triggers`,
});

triggerPages.page("/app/workflows/:id/triggers/new", async (c) => {
  const { caller, workflow } = await findTriggers(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  return html(c, <TriggerFormPage caller={caller} {...newForm(workflow.id)} values={NEW_TRIGGER} />);
});

triggerPages.form("/app/workflows/:id/triggers/new", async (c) => {
  const [definitionId, form] = [idOf(c), await readForm(c)];
  const values = readValues(form.values);
  return submit(
    c,
    async () => {
      const request = { definitionId, id: readNewId(form.values), content: readContent(values) };
      const { trigger } = (await perform(c.var.services, createTrigger, request)).result;
      return seeOther(c, `/app/triggers/${trigger.id}`);
    },
    (failure) => <TriggerFormPage {...newForm(definitionId)} values={values} failure={failure} />,
    WORDING,
  );
});

triggerPages.page("/app/triggers/:id", async (c) => {
  const position = c.req.query("before") ?? "";
  const before = isPositionOfRow(position) ? position : null;
  return html(c, <TriggerPage view={await findTrigger(c, before)} before={before} />);
});

const hrefOf = (c: Context<AppEnv>) => `/app/triggers/${idOf(c)}`;

const changeForm = (c: Context<AppEnv>) => ({
  title: "Change the schedule",
  action: `${hrefOf(c)}/change`,
  back: hrefOf(c),
});

triggerPages.page("/app/triggers/:id/change", async (c) => {
  const { caller, workflow, trigger } = await findTrigger(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  return html(c, <TriggerFormPage caller={caller} {...changeForm(c)} values={valuesOf(trigger)} />);
});

triggerPages.form("/app/triggers/:id/change", async (c) => {
  const values = readValues((await readForm(c)).values);
  return submit(
    c,
    async () => {
      await perform(c.var.services, replaceTrigger, { id: idOf(c), content: readContent(values) });
      return seeOther(c, hrefOf(c));
    },
    (failure) => <TriggerFormPage {...changeForm(c)} values={values} failure={failure} />,
    WORDING,
  );
});

triggerPages.form("/app/triggers/:id/pause", async (c) => {
  const note = (await readForm(c)).values.note?.trim() ?? "";
  return submit(
    c,
    async () => {
      const checked = checkBody(PauseTriggerRequestSchema, { note: note === "" ? null : note });
      await perform(c.var.services, pauseTrigger, { id: idOf(c), note: checked.note ?? null });
      return seeOther(c, hrefOf(c));
    },
    (failure) => (
      <FormPage title="Pause the trigger" section="workflows" back={hrefOf(c)}>
        <PauseForm href={hrefOf(c)} note={note} failure={failure} />
      </FormPage>
    ),
  );
});

triggerPages.form("/app/triggers/:id/resume", async (c) => {
  const { values } = await readForm(c);
  await perform(c.var.services, resumeTrigger, { id: idOf(c), catchesUp: values.catch_up !== undefined });
  return seeOther(c, hrefOf(c));
});

triggerPages.form("/app/triggers/:id/fire", async (c) => {
  const { values } = await readForm(c);
  await perform(c.var.services, fireTrigger, { id: idOf(c), firingId: readNewId(values), runId: newId() });
  return seeOther(c, `${hrefOf(c)}#firings`);
});

triggerPages.form("/app/triggers/:id/delete", async (c) => {
  const { values } = await readForm(c);
  await perform(c.var.services, deleteTrigger, idOf(c));
  return seeOther(c, values.workflow ? `/app/workflows/${readId(values.workflow)}/triggers` : "/app/workflows");
});
