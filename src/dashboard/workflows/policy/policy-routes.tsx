/** The form of a workflow's policy. */
import { Problem } from "../../../http/problems.ts";
import { perform } from "../../../verbs/perform.ts";
import { checkInputSchema } from "../../../workflows/policy.ts";
import { UpdatePolicyRequestSchema } from "../../../workflows/policy-routes.ts";
import { NO_WRITE_ON_DEFINITION } from "../../../workflows/workflow-definitions.ts";
import { replacePolicy } from "../../../workflows/workflow-verbs.ts";
import { bodyOf, readFields } from "../../form-fields.tsx";
import { readForm } from "../../forms.tsx";
import { checkForm, type FormBody, linesOf, readJsonField } from "../../invoke/kit/read-fields.ts";
import { Pages } from "../../pages.ts";
import { html, seeOther } from "../../render.ts";
import { idOf } from "../../signed-in.tsx";
import { findWorkflow } from "../find-workflow.ts";
import { baseOf, begun, submitMerged } from "../merge.tsx";
import { FIELDS, PolicyPage, type PolicyValues, valuesOf, WORDING } from "./policy-form.tsx";

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
  const mine = { ...readFields(FIELDS, form.all), input_schema: linesOf(form.values, "input_schema") };
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

/** The body of the API's request for a form. */
function toBody(values: PolicyValues): FormBody {
  const { value, faults } = readJsonField("input_schema", values.input_schema);
  return { body: { ...bodyOf(FIELDS, values), input_schema: value }, faults };
}
