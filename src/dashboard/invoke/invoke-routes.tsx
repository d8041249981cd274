/** Triggers a run of a workflow, with an input. */
import { v7 as newId } from "uuid";
import { type Fault, ValidationFailed } from "../../http/problems.ts";
import { checkBody, findFaults } from "../../http/validation.ts";
import { isLabel } from "../../runs/labels.ts";
import { triggerRun } from "../../runs/run-verbs.ts";
import { InvokeWorkflowRequestSchema } from "../../runs/workflow-definition-runs-routes.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { type Invocation, InvokeForm, LABELS } from "./invoke-form.tsx";
import { readJson } from "./json-text.ts";

export const invocations = new Pages();

/** The labels of some lines, and a fault for each line that is none. Blanks beside the colon are left out. */
function readLabels(lines: string): { labels: Record<string, string>; faults: Fault[] } {
  const texts = lines
    .split("\n")
    .map((line) => line.trim().replace(/\s*:\s*/, ":"))
    .filter((text) => text !== "");
  return {
    labels: Object.fromEntries(texts.filter(isLabel).map((text) => text.split(/:(.*)/s, 2))),
    faults: texts
      .filter((text) => !isLabel(text))
      .map((text) => ({
        loc: ["body", "labels"],
        type: "value_error",
        msg: `Write “${text.slice(0, 40)}” as key:value, such as customer:4711. A key has small letters, digits, _ . and -.`,
      })),
  };
}

/** A minute of a field `data-utc` as an instant. Any other text is returned as it is, so that the API's check reports the fault. */
const toInstant = (text: string) =>
  text === "" ? null : /^\d{4,}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00Z` : text;

/** Reads the form as the API would read its request. Throws ValidationFailed with all faults at once. */
function toRequest({ input, idempotencyKey, concurrencyKey, labels: lines, startAfter, mustStartBy }: Invocation) {
  const read = input.trim() === "" ? { value: null } : readJson(input);
  const { labels, faults } = readLabels(lines);
  if (!("value" in read)) faults.unshift({ loc: ["body", "input"], type: "json_invalid", msg: read.fault.msg });
  const body = {
    idempotency_key: idempotencyKey === "" ? null : idempotencyKey,
    concurrency_key: concurrencyKey === "" ? null : concurrencyKey,
    start_after: toInstant(startAfter),
    must_start_by: toInstant(mustStartBy),
    input: "value" in read ? read.value : null,
    labels,
  };
  if (faults.length > 0) throw new ValidationFailed([...faults, ...findFaults(InvokeWorkflowRequestSchema, body)]);
  return checkBody(InvokeWorkflowRequestSchema, body);
}

/** The heading of the page that answers a refused form. */
function titleOf({ runId, workflow }: Invocation): string {
  const named = workflow === "" ? "" : ` “${workflow}”`;
  return runId === "" ? `Invoke${named}` : `Run${named} again`;
}

invocations.form("/app/workflows/:id/invoke", async (c) => {
  const [definitionId, { values }] = [idOf(c), await readForm(c)];
  const given = {
    // A form sends line breaks as CR and LF.
    input: (values.input ?? "").replaceAll("\r\n", "\n"),
    idempotencyKey: values.idempotency_key?.trim() ?? "",
    concurrencyKey: values.concurrency_key?.trim() ?? "",
    labels: (values.labels ?? "").replaceAll("\r\n", "\n").trim(),
    startAfter: values.start_after?.trim() ?? "",
    mustStartBy: values.must_start_by?.trim() ?? "",
    runId: values.run ? readId(values.run) : "",
    workflow: values.workflow ?? "",
  };
  const isAgain = given.runId !== "";
  return submit(
    c,
    async () => {
      const { idempotency_key: idempotencyKey = null, input = null, labels, ...more } = toRequest(given);
      const { run } = (
        await perform(c.var.services, triggerRun, {
          ...{ id: newId(), definitionId, idempotencyKey, input, traceparent: null },
          ...{
            labels: labels ?? {},
            concurrencyKey: more.concurrency_key ?? null,
            startAfter: more.start_after ?? null,
            mustStartBy: more.must_start_by ?? null,
          },
        })
      ).result;
      return seeOther(c, `/app/runs/${run.id}`);
    },
    (failure) => (
      <FormPage
        title={titleOf(given)}
        section={isAgain ? "runs" : "workflows"}
        back={isAgain ? `/app/runs/${given.runId}` : `/app/workflows/${definitionId}`}
      >
        <InvokeForm id={definitionId} given={given} failure={failure} />
      </FormPage>
    ),
    { labels: LABELS },
  );
});
