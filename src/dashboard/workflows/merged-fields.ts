import type { WorkflowFormState } from "./workflow-form.tsx";

/** What of a form is merged with what others have saved meanwhile: all but the secret. */
export const fieldsOf = ({ values, picks }: WorkflowFormState) => ({
  name: values.name ?? "",
  description: values.description ?? "",
  runner_url: values.runner_url ?? "",
  max_run_duration_seconds: values.max_run_duration_seconds ?? "",
  is_active: values.is_active ?? "true",
  ...picks,
});

/** The form with the merged values. */
export const withFields = (
  { values }: WorkflowFormState,
  { source, instruction, output, template, ...fields }: ReturnType<typeof fieldsOf>,
): WorkflowFormState => ({ values: { ...values, ...fields }, picks: { source, instruction, output, template } });
