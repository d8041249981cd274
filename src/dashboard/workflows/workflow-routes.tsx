/** The routes of the workflows: the list, one workflow, its form, and the changes that can be made to it. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { promotion } from "../../runners/dispatch-afterwards.ts";
import { triggerRun } from "../../runs/trigger-run.ts";
import { InvokeWorkflowRequestSchema } from "../../runs/workflow-definition-runs-routes.ts";
import {
  changeActivity,
  createDefinition,
  deleteDefinition,
  replaceDefinition,
} from "../../workflows/change-workflow-definition.ts";
import { toContent } from "../../workflows/workflow-definition-content.ts";
import { UpdateWorkflowDefinitionRequestSchema } from "../../workflows/workflow-definition-schema.ts";
import {
  NO_CREATION_OF_DEFINITIONS,
  NO_DEFINITION,
  NO_WRITE_ON_DEFINITION,
} from "../../workflows/workflow-definitions.ts";
import type { Caller } from "../caller.ts";
import { BROWSED, type Opened, parseOpen } from "../files/part-picker.tsx";
import { viewFolder } from "../files/view-folder.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, offsetOf, readId } from "../signed-in.tsx";
import { type ViewedWorkflow, viewWorkflow, viewWorkflows } from "./view-workflows.ts";
import { InvokeForm, WorkflowPage } from "./workflow.tsx";
import { EMPTY_FORM, formOf, toBody, WorkflowFormPage, type WorkflowFormState } from "./workflow-form.tsx";
import { WorkflowsPage } from "./workflow-list.tsx";

const PAGE_SIZE = 20;

export const workflows = new Pages();

workflows.page("/app/workflows", async (c) => {
  const page = { limit: PAGE_SIZE, offset: offsetOf(c) };
  return html(c, <WorkflowsPage view={await viewWorkflows(c.env.db, c.var.credential, page)} {...page} />);
});

workflows.page("/app/workflows/new", async (c) => {
  const view = await viewFolder(c.env.db, c.var.credential, { id: null, limit: BROWSED, offset: 0 });
  if (!view?.caller.is_administrator) {
    throw new Problem("forbidden", NO_CREATION_OF_DEFINITIONS);
  }
  return html(
    c,
    <WorkflowFormPage caller={view.caller} id={null} state={EMPTY_FORM} opened={{ field: "source", view }} />,
  );
});

async function readWorkflowForm(c: Context<AppEnv>): Promise<{ state: WorkflowFormState; open: string | undefined }> {
  const { values, all } = await readForm(c);
  const picks = {
    source: all("source"),
    instruction: all("instruction"),
    output: all("output"),
    template: all("template").slice(-1),
  };
  return { state: { values, picks }, open: values.open };
}

/** The folder that the pressed button opens in the form; null when another button was pressed. */
async function findOpened(c: Context<AppEnv>, text: string | undefined): Promise<Opened> {
  const open = parseOpen(text);
  if (open === null) return null;
  const id = open.id && readId(open.id);
  const view = await viewFolder(c.env.db, c.var.credential, { id, limit: BROWSED, offset: 0 });
  return view && { field: open.field, view };
}

/** The content of a definition as the API would read it from the form. */
function contentOf(c: Context<AppEnv>, id: string, state: WorkflowFormState, mayKeepSecret: boolean) {
  const { body, keepsSecret } = toBody(state);
  const { runner_config, ...checked } = checkBody(UpdateWorkflowDefinitionRequestSchema, body);
  const keeps = mayKeepSecret && keepsSecret && runner_config;
  return toContent(c.env.config, id, {
    ...checked,
    runner_config: keeps ? { url: runner_config.url, webhook_secret: null } : (runner_config ?? null),
  });
}

workflows.form("/app/workflows/new", async (c) => {
  const { state, open } = await readWorkflowForm(c);
  const opened = await findOpened(c, open);
  if (opened) return html(c, <WorkflowFormPage caller={opened.view.caller} id={null} state={state} opened={opened} />);
  const id = newId();
  return submit(
    c,
    async () => {
      await createDefinition(c.env.db, c.var.credential, await contentOf(c, id, state, false));
      return seeOther(c, `/app/workflows/${id}`);
    },
    (failure) => <WorkflowFormPage id={null} state={state} failure={failure} />,
  );
});

async function findWorkflow(c: Context<AppEnv>): Promise<{ caller: Caller; now: string; workflow: ViewedWorkflow }> {
  const { workflow, ...view } = await viewWorkflow(c.env.db, c.var.credential, idOf(c));
  if (workflow === null) throw new Problem("not_found", NO_DEFINITION);
  return { workflow, ...view };
}

workflows.page("/app/workflows/:id", async (c) => {
  return html(c, <WorkflowPage {...(await findWorkflow(c))} origin={c.env.config.publicUrl} />);
});

workflows.page("/app/workflows/:id/edit", async (c) => {
  const { workflow, caller } = await findWorkflow(c);
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  return html(c, <WorkflowFormPage caller={caller} id={workflow.id} state={formOf(workflow)} />);
});

workflows.form("/app/workflows/:id/edit", async (c) => {
  const [id, { state, open }] = [idOf(c), await readWorkflowForm(c)];
  const opened = await findOpened(c, open);
  if (opened) return html(c, <WorkflowFormPage caller={opened.view.caller} id={id} state={state} opened={opened} />);
  return submit(
    c,
    async () => {
      const content = await contentOf(c, id, state, true);
      await replaceDefinition(c.env.db, c.var.credential, { ...content, ...promotion(c) });
      return seeOther(c, `/app/workflows/${id}`);
    },
    (failure) => <WorkflowFormPage id={id} state={state} failure={failure} />,
  );
});

workflows.form("/app/workflows/:id/invoke", async (c) => {
  const [definitionId, { values }] = [idOf(c), await readForm(c)];
  const key = values.idempotency_key?.trim() ?? "";
  return submit(
    c,
    async () => {
      const { idempotency_key: idempotencyKey = null } = checkBody(InvokeWorkflowRequestSchema, {
        idempotency_key: key === "" ? null : key,
      });
      const request = { id: newId(), definitionId, idempotencyKey, input: null, ...promotion(c) };
      const { run } = await triggerRun(c.env.db, c.var.credential, request);
      return seeOther(c, `/app/runs/${run.id}`);
    },
    (failure) => (
      <FormPage title="Invoke" section="workflows" back={`/app/workflows/${definitionId}`}>
        <InvokeForm id={definitionId} idempotencyKey={key} failure={failure} />
      </FormPage>
    ),
  );
});

for (const [verb, isActive] of [
  ["pause", false],
  ["resume", true],
] as const) {
  workflows.form(`/app/workflows/:id/${verb}`, async (c) => {
    const id = idOf(c);
    await changeActivity(c.env.db, c.var.credential, { id, isActive, ...promotion(c) });
    return seeOther(c, `/app/workflows/${id}`);
  });
}

workflows.form("/app/workflows/:id/delete", async (c) => {
  await deleteDefinition(c.env.db, c.var.credential, { id: idOf(c), ...promotion(c) });
  return seeOther(c, "/app/workflows");
});
