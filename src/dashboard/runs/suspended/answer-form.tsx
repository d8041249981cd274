import { DialogContext } from "../../components.tsx";
import { type Failure, Failures, Field, NO_FAILURE, type Values } from "../../forms.tsx";
import { hrefOfRun } from "../../list-context.ts";
import type { Question } from "./view-suspension.ts";

type AnswerFormProps = {
  runId: string;
  /** The attempt that is next: a refresh of the page leaves the form as it is until then, with what was typed into it. */
  attempt: number;
  question: Pick<Question, "key" | "prompt" | "choices">;
  values?: Values;
  failure?: Failure;
};

const LABELS = { value: "Answer", comment: "Comment" };

/**
 * A button for each choice, or a field for a text. The question is sent along for the page that answers a refused form. The comment has
 * several lines, so that the Enter key does not press the first button.
 */
export const AnswerForm = ({ runId, attempt, question, values = {}, failure = NO_FAILURE }: AnswerFormProps) => {
  const { key, prompt, choices } = question;
  return (
    <form
      id={`form-${attempt}-${key}`}
      method="post"
      action={hrefOfRun(runId, `/waits/${key}/answer`)}
      class="stack"
      hx-morph-skip=""
    >
      <DialogContext.Provider value={`of-${key}`}>
        <Failures failure={failure} labels={LABELS} />
        <input type="hidden" name="prompt" value={prompt} />
        {choices?.map((choice) => (
          <input type="hidden" name="choice" value={choice} />
        ))}
        {choices === null && (
          <Field
            name="value"
            label="Answer"
            failure={failure}
            control={(a) => (
              <textarea {...a} rows={2} dir="auto" maxlength={2000} required>
                {values.value}
              </textarea>
            )}
          />
        )}
        <Field
          name="comment"
          label="Comment (optional)"
          failure={failure}
          control={(a) => (
            <textarea {...a} rows={2} dir="auto" maxlength={1000}>
              {values.comment}
            </textarea>
          )}
        />
        <div class="actions">
          {choices === null && (
            <button type="submit" class="primary">
              Answer
            </button>
          )}
          {choices?.map((choice) => (
            <button type="submit" name="value" value={choice}>
              <bdi>{choice}</bdi>
            </button>
          ))}
        </div>
      </DialogContext.Provider>
    </form>
  );
};
