/** The form of a workflow's policy. */
import { Problem } from "../../../http/problems.ts";
import { perform } from "../../../verbs/perform.ts";
import { checkInputSchema } from "../../../workflows/policy.ts";
import { UpdatePolicyRequestSchema } from "../../../workflows/policy-routes.ts";
import { NO_WRITE_ON_DEFINITION } from "../../../workflows/workflow-definitions.ts";
import { replacePolicy } from "../../../workflows/workflow-verbs.ts";
import { readForm, toWholeNumber } from "../../forms.tsx";
import { checkForm, type FormBody, linesOf, readJsonField } from "../../invoke/kit/read-fields.ts";
import { Pages } from "../../pages.ts";
import { html, seeOther } from "../../render.ts";
import { idOf } from "../../signed-in.tsx";
import { findWorkflow } from "../find-workflow.ts";
import { baseOf, begun, submitMerged } from "../merge.tsx";
import { PolicyPage, type PolicyValues, valuesOf, WORDING } from "./policy-form.tsx";

export const policyForm = new Pages();

policyForm.page("/app/workflows/:id/policy", async (c) => {
  const { caller, workflow } = await findWorkflow(c, idOf(c));
  if (!workflow.may_write) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  const values = valuesOf(workflow.policy);
  const merging = begun(await baseOf(workflow.policy_etag, values));
  return html(
    c,
    <PolicyPage caller={caller} id={workflow.id} name={workflow.name} values={values} merging={merging} />,
  );
});

policyForm.form("/app/workflows/:id/policy", async (c) => {
  const [id, form] = [idOf(c), await readForm(c)];
  const given = (name: string) => form.values[name]?.trim() ?? "";
  const mine: PolicyValues = {
    handover: given("handover"),
    lease_seconds: given("lease_seconds"),
    max_attempts: given("max_attempts"),
    retry_on: form.all("retry_on"),
    max_running: given("max_running"),
    max_running_per_key: given("max_running_per_key"),
    key_from: given("key_from"),
    when_busy: given("when_busy"),
    replace_grace_seconds: given("replace_grace_seconds"),
    max_queued: given("max_queued"),
    run_needs: given("run_needs"),
    runner_tags: given("runner_tags"),
    may_trigger: linesOf(form.values, "may_trigger"),
    input_schema: linesOf(form.values, "input_schema"),
  };
  return submitMerged(c, {
    values: form.values,
    mine,
    read: async () => {
      const { workflow } = await findWorkflow(c, id);
      return { etag: workflow.policy_etag, fields: valuesOf(workflow.policy), by: workflow.policy_by };
    },
    save: async (values, ifMatch) => {
      const policy = checkForm(UpdatePolicyRequestSchema, toBody(values));
      await checkInputSchema(policy.input_schema);
      await perform(c.var.services, replacePolicy, { definitionId: id, policy, ifMatch });
      return seeOther(c, `/app/workflows/${id}`);
    },
    page: (values, merging, failure) => <PolicyPage id={id} values={values} merging={merging} failure={failure} />,
    wording: WORDING,
  });
});

/** What is separated by spaces, lines or commas. */
const wordsOf = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");

/** The body of the API's request for a form. */
function toBody(values: PolicyValues): FormBody {
  const { value: inputSchema, faults } = readJsonField("input_schema", values.input_schema);
  const body = {
    ...values,
    input_schema: inputSchema,
    lease_seconds: toWholeNumber(values.lease_seconds),
    max_attempts: toWholeNumber(values.max_attempts),
    max_running: toWholeNumber(values.max_running),
    max_running_per_key: values.max_running_per_key === "" ? null : toWholeNumber(values.max_running_per_key),
    key_from: values.key_from || null,
    when_busy: values.when_busy || undefined,
    replace_grace_seconds: values.replace_grace_seconds === "" ? 0 : toWholeNumber(values.replace_grace_seconds),
    run_needs: values.run_needs || undefined,
    runner_tags: wordsOf(values.runner_tags),
    may_trigger: wordsOf(values.may_trigger),
    max_queued: values.max_queued === "" ? null : toWholeNumber(values.max_queued),
  };
  return { body, faults };
}
