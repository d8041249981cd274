/** Triggers a run of a workflow, with an input. */
import { Problem } from "../../http/problems.ts";
import { NO_RUN } from "../../runs/refusals.ts";
import { triggerRun } from "../../runs/run-verbs.ts";
import { InvokeWorkflowRequestSchema } from "../../runs/workflow-definition-runs-routes.ts";
import { perform } from "../../verbs/perform.ts";
import type { Caller } from "../caller.ts";
import { type Failure, FormPage, NO_FAILURE, readForm, submit, toWholeNumber } from "../forms.tsx";
import { hrefOfRun, hrefWithin, listOf } from "../list-context.ts";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { readInput, textOfSchema } from "./kit/input-fields.tsx";
import { type Invocation, InvokeForm, LABELS, NO_INVOCATION, takenOver, textOfInput } from "./kit/invoke-form.tsx";
import { checkForm, linesOf, readJsonField, readLabelsAndKey, readMinute } from "./kit/read-fields.ts";
import { viewFormerRun } from "./view-former-run.ts";

export const invocations = new Pages();

/** Reads the form as the API would read its request. Throws ValidationFailed with all faults at once. */
function toRequest({ input, ...given }: Invocation) {
  const [read, { labels, key, faults: faultsOfLabels }] = [readJsonField("input", input), readLabelsAndKey(given)];
  const faults = [...read.faults, ...faultsOfLabels];
  const body = {
    idempotency_key: given.idempotencyKey === "" ? null : given.idempotencyKey,
    concurrency_key: key,
    priority: toWholeNumber(given.priority || "0"),
    start_after: readMinute(given.startAfter),
    must_start_by: readMinute(given.mustStartBy),
    input: read.value,
    labels,
  };
  return checkForm(InvokeWorkflowRequestSchema, { body, faults });
}

/** The heading of the page of the form. */
function titleOf({ runId, workflow }: Invocation): string {
  const named = workflow === "" ? "" : ` “${workflow}”`;
  return runId === "" ? `Invoke${named}` : `Run${named} again`;
}

type PageProps = { caller?: Caller; id: string; given: Invocation; failure: Failure };

/** The form on a page of its own. */
const InvokePage = ({ caller, id, given, failure }: PageProps) => {
  const isAgain = given.runId !== "";
  return (
    <FormPage
      title={titleOf(given)}
      section={isAgain ? "runs" : "workflows"}
      back={isAgain ? hrefOfRun(given.runId) : `/app/workflows/${id}`}
      {...(caller && { caller })}
    >
      <InvokeForm id={id} given={given} failure={failure} />
    </FormPage>
  );
};

/** The form with the whole input of a run, to run it again. With `only=input`, the new run takes over nothing else. */
invocations.page("/app/runs/:id/again", async (c) => {
  const { caller, run } = await viewFormerRun(c.env.db, c.var.credential, idOf(c));
  if (run === null) throw new Problem("not_found", NO_RUN);
  const { workflow } = run;
  const more = c.req.query("only") === "input" ? {} : takenOver(run);
  const input = { input: textOfInput(run.input), schema: textOfSchema(workflow.input_schema) };
  const given = { ...NO_INVOCATION, ...input, ...more, workflow: workflow.name };
  return html(c, <InvokePage caller={caller} id={workflow.id} given={given} failure={NO_FAILURE} />);
});

invocations.form("/app/workflows/:id/invoke", async (c) => {
  const [definitionId, { values }] = [idOf(c), await readForm(c)];
  const given = {
    ...readInput(values),
    idempotencyKey: values.idempotency_key?.trim() ?? "",
    concurrencyKey: values.concurrency_key ?? "",
    priority: values.priority?.trim() ?? "",
    labels: linesOf(values, "labels"),
    before: values.before ?? "",
    startAfter: values.start_after?.trim() ?? "",
    mustStartBy: values.must_start_by?.trim() ?? "",
    runId: values.run ? readId(values.run) : "",
    workflow: values.workflow ?? "",
  };
  return submit(
    c,
    async () => {
      const { idempotency_key: idempotencyKey = null, input = null, labels, ...more } = toRequest(given);
      const { run } = (
        await perform(c.var.services, triggerRun, {
          ...{ id: readNewId(values), definitionId, idempotencyKey, input, traceparent: null },
          ...{
            labels: labels ?? {},
            concurrencyKey: more.concurrency_key ?? null,
            priority: more.priority ?? 0,
            startAfter: more.start_after ?? null,
            mustStartBy: more.must_start_by ?? null,
          },
        })
      ).result;
      return seeOther(c, hrefWithin(listOf(c), run.id));
    },
    (failure) => <InvokePage id={definitionId} given={given} failure={failure} />,
    { labels: LABELS },
  );
});
