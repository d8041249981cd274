import type { Field, Operation, Parameter } from "./examples.ts";
import { Code, Text } from "./layout.tsx";
import { LANGUAGES, snippetOf } from "./snippets.ts";

const CREDENTIALS = {
  key: null,
  "run token": "Takes the run token of the attempt, not an API key.",
  none: "Needs no credential.",
} as const satisfies Record<Operation["credential"], string | null>;

/** The errors that any operation can have. The section on errors explains them once for all operations. */
const COMMON = new Set(["400", "401", "413", "414", "415", "421", "422", "429", "431", "500", "503"]);

/** The section of one operation: its description, parameters, body and answers, and an example request in each language. */
export const OperationSection = ({ operation }: { operation: Operation }) => {
  const { id, method, path, summary, description, credential, parameters, fields, responses } = operation;
  const [first, ...others] = LANGUAGES;
  const own = responses.filter(({ status }) => !COMMON.has(status));
  return (
    <section class="operation" id={id}>
      <h4>{summary}</h4>
      <p>
        <code class="request">
          <b>{method}</b> {path}
        </code>
      </p>
      {description !== "" && (
        <p>
          <Text text={description} />
        </p>
      )}
      {CREDENTIALS[credential] !== null && <p>{CREDENTIALS[credential]}</p>}
      <Given title="Parameters" given={parameters} />
      <Given title="Body, as JSON" given={fields} />
      <Code text={snippetOf(first, operation)} />
      {others.map((language) => (
        <details>
          <summary>{language}</summary>
          <Code text={snippetOf(language, operation)} />
        </details>
      ))}
      <details>
        <summary>Answers: {own.map(({ status }) => status).join(", ")}</summary>
        <ul>
          {own.map((response) => (
            <li>
              <b>{response.status}</b> <Text text={response.description} />
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
};

const Given = ({ title, given }: { title: string; given: readonly (Parameter | Field)[] }) =>
  given.length > 0 && (
    <>
      <p class="label">{title}</p>
      <ul class="given">
        {given.map((one) => (
          <li>
            <code>{one.name}</code> <i>{one.type}</i>
            {one.isRequired && " required"}
            {"in" in one && one.in === "header" && " header"}
            {one.description !== "" && ". "}
            <Text text={one.description} />
          </li>
        ))}
      </ul>
    </>
  );
