/** The triggers of a workflow: their pages, and the forms that change them. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import { TRIGGER_KINDS, type TriggerKind } from "../../db/enums.ts";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { isPositionOfRow } from "../../http/schemas.ts";
import { checkBody } from "../../http/validation.ts";
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
import { FormPage, readForm, submit, type Values } from "../forms.tsx";
import { textOfSchema } from "../invoke/kit/input-fields.tsx";
import { checkForm } from "../invoke/kit/read-fields.ts";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import type { KindForm } from "./common-fields.tsx";
import { runForm } from "./run-form.tsx";
import { SchedulePreview } from "./schedule/preview.tsx";
import { scheduleForm } from "./schedule/schedule-form.tsx";
import { PauseForm } from "./trigger-actions.tsx";
import { TriggerPage, TriggersPage } from "./triggers-page.tsx";
import {
  type TriggerView,
  viewNewTrigger,
  viewTrigger,
  viewTriggers,
  type WorkflowOfTriggers,
} from "./view-triggers.ts";
import { webhookForm } from "./webhook-form.tsx";
import { RotateForm, WebhookAgainPage, WebhookSecretPage } from "./webhook-pages.tsx";

export const triggerPages = new Pages();

/** @throws Problem `not_found` */
async function findTrigger(c: Context<AppEnv>, before: string | null = null): Promise<TriggerView> {
  const view = await viewTrigger(c.env.db, c.var.credential, idOf(c), before);
  if (view === null) throw new Problem("not_found", NO_TRIGGER);
  return view;
}

triggerPages.page("/app/workflows/:id/triggers", async (c) => {
  const view = await viewTriggers(c.env.db, c.var.credential, idOf(c));
  if (view === null) throw new Problem("not_found", NO_DEFINITION);
  return html(c, <TriggersPage {...view} />);
});

triggerPages.page("/app/triggers/preview", (c) =>
  html(c, <SchedulePreview values={c.req.query()} wording={scheduleForm.wording} />),
);

triggerPages.page("/app/triggers/:id", async (c) => {
  const position = c.req.query("before") ?? "";
  const before = isPositionOfRow(position) ? position : null;
  return html(
    c,
    <TriggerPage view={await findTrigger(c, before)} before={before} url={inboundUrl(c.env.config, idOf(c))} />,
  );
});

const hrefOf = (c: Context<AppEnv>) => `/app/triggers/${idOf(c)}`;

const FORMS: Record<TriggerKind, KindForm> = { schedule: scheduleForm, webhook: webhookForm, run: runForm };

/** The end of the paths of a kind's forms: `/new-webhook`, and `/new` for a schedule. */
const endOf = (kind: TriggerKind) => (kind === "schedule" ? "" : `-${kind}`);

/** The values with which the form of a kind begins: it has a field for each value of a simple input schema. */
const withSchema = (kind: TriggerKind, values: Values, { input_schema }: WorkflowOfTriggers): Values =>
  FORMS[kind].hasFixedInput ? { ...values, schema: textOfSchema(input_schema) } : values;

const changeForm = (c: Context<AppEnv>, kind: TriggerKind) => ({
  title: FORMS[kind].titles.change,
  action: `${hrefOf(c)}/change${endOf(kind)}`,
  back: hrefOf(c),
});

triggerPages.page("/app/triggers/:id/change", async (c) => {
  const { caller, workflow, trigger } = await findTrigger(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  const kind = TRIGGER_KINDS.find((one) => one === trigger.kind);
  const values = kind === undefined ? null : FORMS[kind].valuesOf(trigger);
  if (kind === undefined || values === null) throw new Problem("not_found", NO_TRIGGER);
  const { Form } = FORMS[kind];
  return html(c, <Form caller={caller} {...changeForm(c, kind)} values={withSchema(kind, values, workflow)} />);
});

for (const kind of TRIGGER_KINDS) {
  const { titles, initial, read, toBody, wording, Form } = FORMS[kind];
  const end = endOf(kind);
  const newForm = (id: string) => ({
    title: titles.create,
    action: `/app/workflows/${id}/triggers/new${end}`,
    back: `/app/workflows/${id}/triggers`,
    isNew: true,
  });

  triggerPages.page(`/app/workflows/:id/triggers/new${end}`, async (c) => {
    const view = await viewNewTrigger(c.env.db, c.var.credential, idOf(c));
    if (view === null) throw new Problem("not_found", NO_DEFINITION);
    const { caller, workflow, choices } = view;
    if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
    return html(
      c,
      <Form caller={caller} {...newForm(workflow.id)} values={withSchema(kind, initial, workflow)} choices={choices} />,
    );
  });

  triggerPages.form(`/app/workflows/:id/triggers/new${end}`, async (c) => {
    const [definitionId, form] = [idOf(c), await readForm(c)];
    const values = read(form.values);
    return submit(
      c,
      async () => {
        const { body, faults } = toBody(values);
        const secret = values.secret || null;
        const checked = checkForm(CreateTriggerRequestSchema, { body: { ...body, secret }, faults });
        const request = { definitionId, id: readNewId(form.values), content: contentOf(checked) };
        return answerNew(c, await createTriggerWithSecret(c.var.services, request, secret));
      },
      (failure) => <Form {...newForm(definitionId)} values={values} failure={failure} />,
      wording,
    );
  });

  triggerPages.form(`/app/triggers/:id/change${end}`, async (c) => {
    const values = read((await readForm(c)).values);
    return submit(
      c,
      async () => {
        // Somebody may have paused or resumed it since the form was opened.
        const { isActive: _, ...content } = contentOf(checkForm(TriggerRequestSchema, toBody(values)));
        await perform(c.var.services, replaceTrigger, { id: idOf(c), content });
        return seeOther(c, hrefOf(c));
      },
      (failure) => <Form {...changeForm(c, kind)} values={values} failure={failure} />,
      wording,
    );
  });
}

/** The page of a new trigger. For a webhook, it is first the page with its secret, which is shown only once. */
function answerNew(c: Context<AppEnv>, { trigger, secret }: Awaited<ReturnType<typeof createTriggerWithSecret>>) {
  if (trigger.webhook === null) return seeOther(c, `/app/triggers/${trigger.id}`);
  if (secret === undefined) return html(c, <WebhookAgainPage trigger={trigger} />);
  c.header("Cache-Control", "no-store");
  return html(c, <WebhookSecretPage config={c.env.config} trigger={trigger} secret={secret} />, 201);
}

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
