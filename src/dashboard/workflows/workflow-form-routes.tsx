/** The form of a workflow, with which one is created, copied or changed. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import { HANDOVERS } from "../../db/enums.ts";
import { createPathPart } from "../../files/path-part-verbs.ts";
import { CreatePathPartRequestSchema } from "../../files/path-parts-routes.ts";
import type { AppEnv } from "../../http/env.ts";
import { type Fault, PROBLEMS, Problem, ValidationFailed } from "../../http/problems.ts";
import { checkBody, findFaults } from "../../http/validation.ts";
import { perform } from "../../verbs/perform.ts";
import { generateWebhookSecret } from "../../webhooks/webhook-secret.ts";
import { saveDefinition } from "../../workflows/save-definition.ts";
import { findRunnerFaults, toContent } from "../../workflows/workflow-definition-content.ts";
import { UpdateWorkflowDefinitionRequestSchema } from "../../workflows/workflow-definition-schema.ts";
import { NO_CREATION_OF_DEFINITIONS, NO_WRITE_ON_DEFINITION } from "../../workflows/workflow-definitions.ts";
import { createDefinition } from "../../workflows/workflow-verbs.ts";
import { BROWSED, formatChoice, type Making, type Opened, parseMake, parsePlace } from "../files/kit/part-picker.tsx";
import { viewFolder } from "../files/kit/view-folder.ts";
import { RESUMED_FIELD, readForm, submit } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { inWords } from "../wording.ts";
import { findWorkflow } from "./find-workflow.ts";
import { baseOf, begun, submitMerged } from "./merge.tsx";
import { fieldsOf, withFields } from "./merged-fields.ts";
import { SecretAgainPage, SecretPage } from "./secret.tsx";
import {
  copyOf,
  EMPTY_FORM,
  formOf,
  pathOfPicker,
  toBody,
  WORDING,
  WorkflowFormPage,
  type WorkflowFormState,
  withChosen,
} from "./workflow-form.tsx";

export const workflowForms = new Pages();

workflowForms.page("/app/workflows/new", async (c) => {
  const copied = c.req.query("from");
  if (copied !== undefined) return openCopy(c, readId(copied));
  const view = await viewFolder(c.env.db, c.var.credential, { id: null, limit: BROWSED, offset: 0 });
  if (!view?.caller.is_administrator) throw new Problem("forbidden", NO_CREATION_OF_DEFINITIONS);
  return html(c, <WorkflowFormPage caller={view.caller} id={null} state={EMPTY_FORM} />);
});

async function openCopy(c: Context<AppEnv>, id: string): Promise<Response> {
  const { workflow, caller } = await findWorkflow(c, id);
  if (!caller.is_administrator) throw new Problem("forbidden", NO_CREATION_OF_DEFINITIONS);
  return html(c, <WorkflowFormPage caller={caller} id={null} state={copyOf(workflow)} />);
}

workflowForms.page("/app/workflows/:id/edit", async (c) => {
  const { workflow, caller } = await findWorkflow(c, idOf(c));
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  const state = formOf(workflow);
  const merging = begun(await baseOf(workflow.etag, fieldsOf(state)));
  return html(c, <WorkflowFormPage caller={caller} id={workflow.id} state={state} merging={merging} />);
});

workflowForms.form("/app/workflows/new", async (c) => {
  const state = await readWorkflowForm(c);
  const id = readNewId(state.values);
  return (
    (await browse(c, null, state)) ??
    submit(
      c,
      async () => {
        const { content, secret } = await contentOf(c, id, state, false);
        const policyOf = state.values.policy_of ? readId(state.values.policy_of) : null;
        const handover = HANDOVERS.find((one) => one === state.values.handover) ?? null;
        const request = { ...content, policyOf, handover };
        const created = (await perform(c.var.services, createDefinition, request)).result;
        if (!created.is_new && secret !== null) return html(c, <SecretAgainPage {...created} />);
        return saved(c, { id, name: content.name, secret });
      },
      (failure) => <WorkflowFormPage id={null} state={state} failure={failure} />,
      WORDING,
    )
  );
});

workflowForms.form("/app/workflows/:id/edit", async (c) => {
  const [id, state] = [idOf(c), await readWorkflowForm(c)];
  return (
    (await browse(c, id, state)) ??
    submitMerged(c, {
      values: state.values,
      mine: fieldsOf(state),
      read: async () => {
        const { workflow } = await findWorkflow(c, id);
        return { etag: workflow.etag, fields: fieldsOf(formOf(workflow)), by: workflow.changes[0] ?? null };
      },
      save: async (fields, ifMatch) => {
        const { content, secret } = await contentOf(c, id, withFields(state, fields), true);
        await saveDefinition(c.var.services, { ...content, ifMatch });
        return saved(c, { id, name: content.name, secret });
      },
      page: (fields, merging, failure) => (
        <WorkflowFormPage id={id} state={withFields(state, fields)} merging={merging} failure={failure} />
      ),
      wording: WORDING,
      // A form that was sent again must not replace the secret that the first one has shown.
      isMergedAlone: !state.values.new_secret && !state.values.webhook_secret,
    })
  );
});

async function readWorkflowForm(c: Context<AppEnv>): Promise<WorkflowFormState> {
  const { values, all } = await readForm(c);
  const picks = {
    source: all("source"),
    instruction: all("instruction"),
    output: all("output"),
    template: all("template").slice(-1),
  };
  return { values, picks };
}

/**
 * Answers a button of a part picker: the same form with a folder opened, or with a new part chosen. Null when another button
 * was pressed.
 */
async function browse(c: Context<AppEnv>, id: string | null, state: WorkflowFormState): Promise<Response | null> {
  const making = parseMake(state.values);
  if (making !== null && state.values[RESUMED_FIELD] === undefined) return make(c, id, state, making);
  const opened = await findOpened(c, state.values.open);
  return opened && html(c, <WorkflowFormPage caller={opened.view.caller} id={id} state={state} opened={opened} />);
}

/** The folder that the pressed button opens in the form; null when another button was pressed. */
async function findOpened(c: Context<AppEnv>, text: string | undefined): Promise<Opened> {
  const open = parsePlace(text);
  if (open === null) return null;
  const id = open.id && readId(open.id);
  const view = await viewFolder(c.env.db, c.var.credential, { id, limit: BROWSED, offset: 0 });
  return view && { field: open.field, view };
}

/** Creates a folder or a document, and chooses it in the form. When that is refused, the picker of the form says why. */
async function make(c: Context<AppEnv>, id: string | null, state: WorkflowFormState, making: Making) {
  const { field, parentId, name } = making;
  try {
    const body = { name, part_type: making.type, parent_path_id: parentId };
    const { part_type: partType } = checkBody(CreatePathPartRequestSchema, body);
    const request = { id: newId(), name, partType, parentId };
    const { part } = (await perform(c.var.services, createPathPart, request)).result;
    const choice = formatChoice({ id: part.id, type: part.partType, path: part.materializedPath });
    return html(c, <WorkflowFormPage id={id} state={withChosen(state, field, choice)} />);
  } catch (error) {
    const faults = faultsOfMaking(error, pathOfPicker(field));
    if (faults === null) throw error;
    const failure = { faults, detail: null };
    const status = error instanceof Problem ? PROBLEMS[error.code].status : 422;
    return html(c, <WorkflowFormPage id={id} state={state} refused={making} failure={failure} />, status);
  }
}

/** Why a part could not be created, as faults of the picker. Null for an error that the form cannot explain. */
function faultsOfMaking(error: unknown, path: string): Fault[] | null {
  const at = (msg: string): Fault => ({ loc: ["body", path], type: "value_error", msg: `The new one: ${msg}` });
  if (error instanceof ValidationFailed) return error.faults.map((fault) => at(inWords(fault, {}).msg));
  const isOfForm = error instanceof Problem && (error.code === "conflict" || error.code === "forbidden");
  return isOfForm ? [at(error.onPages)] : null;
}

/**
 * The definition in the form, as the API would read it, and the webhook secret if a new one was generated.
 * @throws ValidationFailed with all faults at once
 */
async function contentOf(c: Context<AppEnv>, id: string, state: WorkflowFormState, mayKeepSecret: boolean) {
  const { body, keepsSecret } = toBody(state);
  const isMade = keepsSecret && (!mayKeepSecret || state.values.new_secret === "1");
  const secret = isMade ? generateWebhookSecret() : null;
  const { config } = c.env;
  const given = body.runner_config;
  // A null secret keeps the stored one.
  const runner = given && { url: given.url, webhook_secret: keepsSecret ? secret : given.webhook_secret };
  const { runner_config: _, ...checked } = checkAll(body, [
    ...(body.name.trim() === "" ? [NAMELESS] : []),
    ...(runner === null || runner.url === "" ? [] : findRunnerFaults(config, runner)),
  ]);
  return { content: await toContent(config, id, { ...checked, runner_config: runner }), secret };
}

/** The API accepts a workflow without a name. The form does not, since a person would not find it again. */
const NAMELESS: Fault = { loc: ["body", "name"], type: "string_too_short", msg: "Must have a name." };

/** Checks the body by its schema and adds `others`, so that the user sees all faults at once. */
function checkAll(body: unknown, others: Fault[]) {
  const faults = findFaults(UpdateWorkflowDefinitionRequestSchema, body);
  const isKnown = (other: Fault) => faults.some(({ loc }) => loc.join(".") === other.loc.join("."));
  const all = [...faults, ...others.filter((other) => !isKnown(other))];
  if (all.length > 0) throw new ValidationFailed(all);
  return checkBody(UpdateWorkflowDefinitionRequestSchema, body);
}

/** Redirects to the workflow. If a secret was generated, the answer is instead the page that shows it, once. */
function saved(c: Context<AppEnv>, { id, name, secret }: { id: string; name: string; secret: string | null }) {
  if (secret === null) return seeOther(c, `/app/workflows/${id}`);
  c.header("Cache-Control", "no-store");
  return html(c, <SecretPage id={id} name={name} secret={secret} />, 201);
}
