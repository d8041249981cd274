import { artifactsSchema } from "../../runs/details/result-schema.ts";
import { Fact } from "../components.tsx";
import { MAX_SHOWN, type ViewedRun } from "./kit/view-run.ts";
import { RunFiles } from "./run-files.tsx";

/** The result of a run and its input, as far as it has them. */
export const RunData = ({ run }: { run: ViewedRun }) => (
  <>
    <Result run={run} />
    {run.input !== null && (
      <section class="card" aria-label="Input">
        <Json
          id={`input-${run.attempt}`}
          title="Input"
          text={run.input}
          href={`/v1/workflow-runs/${run.id}/input`}
          field="input"
        />
      </section>
    )}
  </>
);

const Result = ({ run }: { run: ViewedRun }) => {
  const { output, summary, artifacts, failure_code, files } = run;
  const isEmpty = [output, summary, artifacts, failure_code].every((value) => value === null);
  // Of a run that has ended, an empty card would say nothing. Until then it keeps the room, so that nothing moves at the end.
  if (isEmpty && files.length === 0 && run.completed_at !== null) return null;
  return (
    <section class="card result" id="result" aria-label="Result">
      {output === null && <h2>Result</h2>}
      {output !== null && (
        <Json
          id={`output-${run.attempt}`}
          title="Result"
          text={output}
          href={`/v1/workflow-runs/${run.id}/result`}
          field="output"
        />
      )}
      {/* A run may store files before it has ended. */}
      {isEmpty && run.completed_at === null && (
        <p class="muted">{files.length === 0 ? "It" : "The rest"} comes when the run has ended.</p>
      )}
      <dl class="rows">
        {failure_code !== null && <Fact name="Failure code">{failure_code}</Fact>}
        {summary !== null && run.status !== "COMPLETED" && (
          <Fact name="Summary">
            <bdi class="wrap pre">{summary}</bdi>
          </Fact>
        )}
        {artifacts !== null && (
          <Fact name="Artifacts">
            <Artifacts text={artifacts} />
          </Fact>
        )}
        {files.length > 0 && (
          <Fact name="Files">
            <RunFiles run={run} />
          </Fact>
        )}
      </dl>
    </section>
  );
};

type JsonProps = { id: string; title: string; text: string; href: string; field: string };

/**
 * A JSON value in a box that scrolls. `json.js` makes it foldable and searchable, and copies it. The page has only the beginning of a
 * long value. `json.js` then requests `href`, whose answer has the whole value as `field`. A refresh of the page leaves the box alone,
 * so what the reader has unfolded stays unfolded.
 */
const Json = ({ id, title, text, href, field }: JsonProps) => {
  const characters = [...text];
  const isCut = characters.length > MAX_SHOWN;
  return (
    <div class="json" id={id} data-href={isCut ? href : null} data-field={field} hx-morph-skip="">
      <div class="head">
        <h2>{title}</h2>
        <div class="json-tools" hidden>
          <input
            type="search"
            aria-label={`Find in the ${title.toLowerCase()}`}
            placeholder="Find"
            autocomplete="off"
          />
          <output class="muted" />
          <button type="button" class="copy">
            Copy
          </button>
        </div>
        {isCut && <a href={href}>All of it</a>}
      </div>
      <section class="json-box" tabindex={0} aria-label={`${title} as JSON`}>
        {isCut ? `${characters.slice(0, MAX_SHOWN).join("")}…` : JSON.stringify(JSON.parse(text), null, 2)}
      </section>
    </div>
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
