/** The form with which a person answers a question of a suspended run. */
import { Problem } from "../../../http/problems.ts";
import { checkBody } from "../../../http/validation.ts";
import { AnswerRequestSchema, waitKey } from "../../../runs/suspensions/suspension-schema.ts";
import { answerWait } from "../../../runs/suspensions/suspension-verbs.ts";
import { perform } from "../../../verbs/perform.ts";
import { Failures, FormPage, RESUMED_FIELD, readForm, submit } from "../../forms.tsx";
import { linesOf } from "../../invoke/kit/read-fields.ts";
import { hrefWithin, listOf } from "../../list-context.ts";
import { Pages } from "../../pages.ts";
import { seeOther } from "../../render.ts";
import { idOf } from "../../signed-in.tsx";
import { AnswerForm } from "./answer-form.tsx";

export const answers = new Pages();

answers.form("/app/runs/:id/waits/:key/answer", async (c) => {
  const [runId, { data: key }] = [idOf(c), waitKey().safeParse(c.req.param("key"))];
  if (key === undefined) throw new Problem("not_found");
  const { values, all } = await readForm(c);
  const [choices, given, comment] = [all("choice"), linesOf(values, "value"), linesOf(values, "comment").trim()];
  // A choice is sent back as it was asked, also with blanks around it.
  const value = choices.length === 0 ? given.trim() : given;
  return submit(
    c,
    async () => {
      const answer = checkBody(AnswerRequestSchema, { value, ...(comment !== "" && { comment }) });
      await perform(c.var.services, answerWait, { runId, key, value: answer.value, comment: answer.comment ?? null });
      return seeOther(c, hrefWithin(listOf(c), runId));
    },
    (failure) => {
      const question = { key, prompt: linesOf(values, "prompt"), choices: choices.length === 0 ? null : choices };
      // Somebody else has answered, or the run has ended.
      const isOver = failure.faults.length === 0 && values[RESUMED_FIELD] === undefined;
      return (
        <FormPage
          title={isOver ? "This was not recorded" : "Answer"}
          section="waits"
          back={hrefWithin(listOf(c), runId)}
        >
          <p class="wrap pre">
            <bdi>{question.prompt}</bdi>
          </p>
          {isOver ? (
            <Failures failure={failure} />
          ) : (
            <AnswerForm runId={runId} attempt={0} question={question} values={{ value, comment }} failure={failure} />
          )}
        </FormPage>
      );
    },
  );
});
