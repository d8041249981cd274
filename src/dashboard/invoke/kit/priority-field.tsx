import { MAX_PRIORITY } from "../../../db/enums.ts";
import { Choices, choicesOf, type Failure, Field } from "../../forms.tsx";

const PRIORITIES = Array.from({ length: MAX_PRIORITY }, (_, index) => String(index + 1));

/** A field for the priority of a run. `value` is empty for 0. */
export const PriorityField = ({ value, failure }: { value: string; failure: Failure }) => (
  <Field
    name="priority"
    label="Priority"
    failure={failure}
    hint={`Of those that wait, runs of priority ${MAX_PRIORITY} start first, and runs of 0 last.`}
    control={(a) => <Choices attributes={a} none="0" choices={choicesOf(PRIORITIES)} chosen={value} />}
  />
);
