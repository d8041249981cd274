import { Code } from "./code.tsx";
import type { Answer, Field, Operation, Parameter } from "./examples.ts";
import { choiceOf } from "./languages.tsx";
import { Text } from "./layout.tsx";
import { LANGUAGES, MARKDOWN_NAMES, snippetOf } from "./snippets.ts";
import { TryIt } from "./try-it.tsx";

const CREDENTIALS = {
  key: null,
  "run token": "Takes the run token of the attempt, not an API key.",
  "runner session": "Takes the token of the runner's session, not an API key.",
  code: "Takes the code of a sign-in, not an API key.",
  none: "Needs no credential.",
} as const satisfies Record<Operation["credential"], string | null>;

/** The errors that any operation can have. The section on errors explains them once for all operations. */
const COMMON = new Set(["400", "401", "413", "414", "415", "421", "422", "429", "431", "500", "503"]);

type OperationSectionProps = {
  operation: Operation;
  isSignedIn: boolean;
  /** The address of the page. */
  here: string;
};

/** The section of one operation: its description, parameters, body and answers, and an example request in each language. */
export const OperationSection = ({ operation, isSignedIn, here }: OperationSectionProps) => {
  const { id, method, path, summary, description, credential, parameters, fields, answers, mayTry } = operation;
  const own = answers.filter(({ status }) => !COMMON.has(status));
  return (
    <section class="operation" id={id}>
      <h2>
        <a href={`#${id}`}>{summary}</a>
      </h2>
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
      {LANGUAGES.map((language) => (
        <Code text={snippetOf(language, operation)} language={MARKDOWN_NAMES[language]} choice={choiceOf(language)} />
      ))}
      {mayTry && <TryIt operation={operation} isSignedIn={isSignedIn} here={here} />}
      <h3>Answers</h3>
      <ul class="answers-of">
        {own.map((answer) => (
          <AnswerItem answer={answer} />
        ))}
      </ul>
    </section>
  );
};

const AnswerItem = ({ answer: { status, description, codes, example } }: { answer: Answer }) => (
  <li>
    <b>{status}</b> <Text text={description} />
    {codes.map((code) => (
      <>
        {" "}
        <a href={`/docs#error-${code}`}>
          <code>{code}</code>
        </a>
      </>
    ))}
    {example !== null && codes.length === 0 && <Code text={textOf(example.value)} language="json" />}
  </li>
);

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const Given = ({ title, given }: { title: string; given: readonly (Parameter | Field)[] }) =>
  given.length > 0 && (
    <>
      <h3>{title}</h3>
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
