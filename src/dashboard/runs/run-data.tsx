import { artifactsSchema } from "../../runs/details/result-schema.ts";
import { Fact } from "../components.tsx";
import { MAX_SHOWN, type ViewedRun } from "./view-run.ts";

/** The input, the result and the log of a run, as far as it has them. */
export const RunData = ({ run }: { run: ViewedRun }) => {
  const { input, output, summary, artifacts, failure_code, logged_attempts } = run;
  if (
    [input, output, summary, artifacts, failure_code].every((value) => value === null) &&
    logged_attempts.length === 0
  )
    return null;
  return (
    <section class="card" aria-label="Input and result">
      <h2>Input and result</h2>
      <dl class="rows">
        {failure_code !== null && <Fact name="Failure code">{failure_code}</Fact>}
        {input !== null && (
          <Fact name="Input">
            <Json text={input} href={`/v1/workflow-runs/${run.id}/input`} />
          </Fact>
        )}
        {summary !== null && (
          <Fact name="Summary">
            <bdi class="wrap pre">{summary}</bdi>
          </Fact>
        )}
        {output !== null && (
          <Fact name="Output">
            <Json text={output} href={`/v1/workflow-runs/${run.id}/result`} />
          </Fact>
        )}
        {artifacts !== null && (
          <Fact name="Artifacts">
            <Artifacts text={artifacts} />
          </Fact>
        )}
        {logged_attempts.length > 0 && (
          <Fact name="Log">
            {logged_attempts.map((attempt) => (
              <>
                <a href={`/app/runs/${run.id}/log?attempt=${attempt}`}>Log of attempt {attempt}</a>{" "}
              </>
            ))}
          </Fact>
        )}
      </dl>
    </section>
  );
};

const Json = ({ text, href }: { text: string; href: string }) => {
  const characters = [...text];
  const isCut = characters.length > MAX_SHOWN;
  return (
    <>
      <code class="wrap pre">
        {isCut ? `${characters.slice(0, MAX_SHOWN).join("")}…` : JSON.stringify(JSON.parse(text), null, 2)}
      </code>
      {isCut && (
        <>
          {" "}
          <a href={href}>All of it</a>
        </>
      )}
    </>
  );
};

const Artifacts = ({ text }: { text: string }) => (
  <ul>
    {artifactsSchema.parse(JSON.parse(text)).map(({ name, url, path_part_id }) => (
      <li>
        {url !== null || path_part_id !== null ? (
          <a href={url ?? `/app/files/${path_part_id}`} rel="noreferrer">
            <bdi class="wrap">{name}</bdi>
          </a>
        ) : (
          <bdi class="wrap">{name}</bdi>
        )}
      </li>
    ))}
  </ul>
);
