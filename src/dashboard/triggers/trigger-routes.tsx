/** The triggers of a workflow: their pages, and the forms that change them. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import type { z } from "zod";
import type { TriggerKind } from "../../db/enums.ts";
import type { AppEnv } from "../../http/env.ts";
import { type Fault, Problem, ValidationFailed } from "../../http/problems.ts";
import { isPositionOfRow } from "../../http/schemas.ts";
import { checkBody, findFaults } from "../../http/validation.ts";
import { createTriggerWithSecret, inboundUrl, rotateSecret } from "../../triggers/inbound/secrets.ts";
import { RotateTriggerSecretRequestSchema } from "../../triggers/inbound/webhook-schema.ts";
import { NO_TRIGGER } from "../../triggers/refusals.ts";
import {
  CreateTriggerRequestSchema,
  PauseTriggerRequestSchema,
  TriggerRequestSchema,
} from "../../triggers/trigger-schema.ts";
import { deleteTrigger, fireTrigger, pauseTrigger, replaceTrigger, resumeTrigger } from "../../triggers/triggers.ts";
import { contentOf } from "../../triggers/triggers-routes.ts";
import { perform } from "../../verbs/perform.ts";
import { NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "../../workflows/workflow-definitions.ts";
import type { Caller } from "../caller.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { NEW_RUN_TRIGGER, RUN_WORDING, RunFormPage, readRunValues, runValuesOf, toRunBody } from "./run-form.tsx";
import { NEW_TRIGGER, readValues, ScheduleFormPage, toBody, valuesOf, WORDING } from "./schedule-form.tsx";
import { PauseForm } from "./trigger-actions.tsx";
import { TriggerPage, TriggersPage } from "./triggers-page.tsx";
import { type TriggerView, type ViewedTrigger, viewNewTrigger, viewTrigger, viewTriggers } from "./view-triggers.ts";
import {
  NEW_WEBHOOK,
  readWebhookValues,
  toWebhookBody,
  WEBHOOK_WORDING,
  WebhookFormPage,
  webhookValuesOf,
} from "./webhook-form.tsx";
import { RotateForm, WebhookAgainPage, WebhookSecretPage } from "./webhook-pages.tsx";

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

type Read = { body: object; faults: readonly Fault[] };

/**
 * What a form says, checked like the request of the API.
 * @throws ValidationFailed with all faults at once
 */
function checkForm<Schema extends z.ZodType>(schema: Schema, { body, faults }: Read): z.output<Schema> {
  if (faults.length > 0) throw new ValidationFailed([...faults, ...findFaults(schema, body)]);
  return checkBody(schema, body);
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
  return html(c, <ScheduleFormPage caller={caller} {...newForm(workflow.id)} values={NEW_TRIGGER} />);
});

triggerPages.form("/app/workflows/:id/triggers/new", async (c) => {
  const [definitionId, form] = [idOf(c), await readForm(c)];
  const values = readValues(form.values);
  return submit(
    c,
    async () => {
      const content = contentOf(checkForm(TriggerRequestSchema, toBody(values)));
      const request = { definitionId, id: readNewId(form.values), content };
      const { trigger } = await createTriggerWithSecret(c.var.services, request);
      return seeOther(c, `/app/triggers/${trigger.id}`);
    },
    (failure) => <ScheduleFormPage {...newForm(definitionId)} values={values} failure={failure} />,
    WORDING,
  );
});

const newWebhookForm = (id: string) => ({
  title: "New webhook",
  action: `/app/workflows/${id}/triggers/new-webhook`,
  back: `/app/workflows/${id}/triggers`,
  isNew: true,
});

triggerPages.page("/app/workflows/:id/triggers/new-webhook", async (c) => {
  const { caller, workflow } = await findTriggers(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  return html(c, <WebhookFormPage caller={caller} {...newWebhookForm(workflow.id)} values={NEW_WEBHOOK} />);
});

triggerPages.form("/app/workflows/:id/triggers/new-webhook", async (c) => {
  const [definitionId, form] = [idOf(c), await readForm(c)];
  const values = readWebhookValues(form.values);
  return submit(
    c,
    async () => {
      const { body, faults } = toWebhookBody(values);
      const given = values.secret || null;
      const checked = checkForm(CreateTriggerRequestSchema, { body: { ...body, secret: given }, faults });
      const request = { definitionId, id: readNewId(form.values), content: contentOf(checked) };
      const { trigger, secret } = await createTriggerWithSecret(c.var.services, request, given);
      if (secret === undefined) return html(c, <WebhookAgainPage trigger={trigger} />);
      c.header("Cache-Control", "no-store");
      return html(c, <WebhookSecretPage config={c.env.config} trigger={trigger} secret={secret} />, 201);
    },
    (failure) => <WebhookFormPage {...newWebhookForm(definitionId)} values={values} failure={failure} />,
    WEBHOOK_WORDING,
  );
});

const newRunForm = (id: string) => ({
  title: "New trigger after another workflow",
  action: `/app/workflows/${id}/triggers/new-run`,
  back: `/app/workflows/${id}/triggers`,
});

triggerPages.page("/app/workflows/:id/triggers/new-run", async (c) => {
  const view = await viewNewTrigger(c.env.db, c.var.credential, idOf(c));
  if (view === null) throw new Problem("not_found", NO_DEFINITION);
  const { caller, workflow, choices } = view;
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  const form = { ...newRunForm(workflow.id), values: NEW_RUN_TRIGGER, choices };
  return html(c, <RunFormPage caller={caller} {...form} />);
});

triggerPages.form("/app/workflows/:id/triggers/new-run", async (c) => {
  const [definitionId, form] = [idOf(c), await readForm(c)];
  const values = readRunValues(form.values);
  return submit(
    c,
    async () => {
      const content = contentOf(checkForm(TriggerRequestSchema, toRunBody(values)));
      const request = { definitionId, id: readNewId(form.values), content };
      const { trigger } = await createTriggerWithSecret(c.var.services, request);
      return seeOther(c, `/app/triggers/${trigger.id}`);
    },
    (failure) => <RunFormPage {...newRunForm(definitionId)} values={values} failure={failure} />,
    RUN_WORDING,
  );
});

triggerPages.page("/app/triggers/:id", async (c) => {
  const position = c.req.query("before") ?? "";
  const before = isPositionOfRow(position) ? position : null;
  return html(
    c,
    <TriggerPage view={await findTrigger(c, before)} before={before} url={inboundUrl(c.env.config, idOf(c))} />,
  );
});

const hrefOf = (c: Context<AppEnv>) => `/app/triggers/${idOf(c)}`;

const changeForm = (c: Context<AppEnv>, kind: TriggerKind) => ({
  title: `Change the ${kind === "run" ? "trigger" : kind}`,
  action: `${hrefOf(c)}/change${kind === "schedule" ? "" : `-${kind}`}`,
  back: hrefOf(c),
});

/** The form of a trigger, as its kind has it. */
function changePage(c: Context<AppEnv>, caller: Caller, trigger: ViewedTrigger) {
  const { schedule, webhook, run } = trigger;
  if (schedule !== null) {
    return <ScheduleFormPage caller={caller} {...changeForm(c, "schedule")} values={valuesOf(trigger, schedule)} />;
  }
  if (run !== null) {
    return <RunFormPage caller={caller} {...changeForm(c, "run")} values={runValuesOf(trigger, run)} />;
  }
  if (webhook === null) throw new Problem("not_found", NO_TRIGGER);
  return <WebhookFormPage caller={caller} {...changeForm(c, "webhook")} values={webhookValuesOf(trigger, webhook)} />;
}

triggerPages.page("/app/triggers/:id/change", async (c) => {
  const { caller, workflow, trigger } = await findTrigger(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  return html(c, changePage(c, caller, trigger));
});

triggerPages.form("/app/triggers/:id/change", async (c) => {
  const values = readValues((await readForm(c)).values);
  return submit(
    c,
    async () => {
      const content = contentOf(checkForm(TriggerRequestSchema, toBody(values)));
      await perform(c.var.services, replaceTrigger, { id: idOf(c), content });
      return seeOther(c, hrefOf(c));
    },
    (failure) => <ScheduleFormPage {...changeForm(c, "schedule")} values={values} failure={failure} />,
    WORDING,
  );
});

triggerPages.form("/app/triggers/:id/change-webhook", async (c) => {
  const values = readWebhookValues((await readForm(c)).values);
  return submit(
    c,
    async () => {
      const content = contentOf(checkForm(TriggerRequestSchema, toWebhookBody(values)));
      await perform(c.var.services, replaceTrigger, { id: idOf(c), content });
      return seeOther(c, hrefOf(c));
    },
    (failure) => <WebhookFormPage {...changeForm(c, "webhook")} values={values} failure={failure} />,
    WEBHOOK_WORDING,
  );
});

triggerPages.form("/app/triggers/:id/change-run", async (c) => {
  const values = readRunValues((await readForm(c)).values);
  return submit(
    c,
    async () => {
      const content = contentOf(checkForm(TriggerRequestSchema, toRunBody(values)));
      await perform(c.var.services, replaceTrigger, { id: idOf(c), content });
      return seeOther(c, hrefOf(c));
    },
    (failure) => <RunFormPage {...changeForm(c, "run")} values={values} failure={failure} />,
    RUN_WORDING,
  );
});

triggerPages.form("/app/triggers/:id/rotate", async (c) => {
  const { values } = await readForm(c);
  return submit(
    c,
    async () => {
      const { secret: given = null } = checkBody(RotateTriggerSecretRequestSchema, { secret: values.secret || null });
      const request = { given, seenAt: values.seen_at ?? null };
      const { trigger, secret } = await rotateSecret(c.var.services, idOf(c), request);
      c.header("Cache-Control", "no-store");
      return html(c, <WebhookSecretPage config={c.env.config} trigger={trigger} secret={secret} />);
    },
    (failure) => (
      <FormPage title="A new secret" section="workflows" back={hrefOf(c)}>
        <RotateForm href={hrefOf(c)} seenAt={values.seen_at ?? ""} scheme={values.scheme ?? ""} failure={failure} />
      </FormPage>
    ),
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
