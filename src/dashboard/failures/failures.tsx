import type { Caller } from "../caller.ts";
import { Ago, Ask, Empty, Id, Live, Name, Table, Time, WorkflowName } from "../components.tsx";
import { type Failure, Failures, Field, NO_FAILURE, type Values } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { FAILURES } from "../runs/kit/failure-words.ts";
import { NO_QUERY, runsHref } from "../runs/kit/runs-query.ts";
import { Trail } from "../trail.tsx";
import { type AlikeFailures, DAYS, MAX_ROWS } from "./view-failures.ts";

type Props = { caller: Caller; now: string; failures: readonly AlikeFailures[] };

export const FailuresPage = ({ caller, now, failures }: Props) => (
  <Page title="Failures" section="health" caller={caller}>
    <Trail to={[["/app/health", "Health"]]}>Failures</Trail>
    <Live href="/app/failures">
      <div class="head">
        <h1>Failures that are alike</h1>
      </div>
      <p class="muted">
        Of the last {DAYS} days, by workflow, reason and error, without what differs from run to run, such as numbers
        and paths.{failures.length === MAX_ROWS && ` The last ${MAX_ROWS} are shown.`}
      </p>
      {failures.length === 0 ? (
        <Empty title={`No run has failed in the last ${DAYS} days.`} />
      ) : (
        <Table kind="alike" columns={["Runs", "Workflow", "Error", "First", "Last", "Seen"]}>
          {failures.map((alike) => (
            <Row alike={alike} now={now} />
          ))}
        </Table>
      )}
    </Live>
  </Page>
);

const Row = ({ alike, now }: { alike: AlikeFailures; now: string }) => (
  <tr id={`alike-${alike.definition_id}-${alike.failure_code}-${alike.alike}`}>
    <td class="number" data-label="Runs">
      <a
        href={runsHref({
          ...NO_QUERY,
          workflow: [alike.definition_id],
          code: [alike.failure_code],
          alike: alike.alike,
        })}
      >
        {alike.runs}
      </a>
    </td>
    <td>
      <WorkflowName id={alike.definition_id} name={alike.workflow_name} isVisible={alike.may_write} />
    </td>
    <td class="long">
      {FAILURES[alike.failure_code]}: <bdi>{alike.example_error ?? "no reason"}</bdi>{" "}
      <Id id={alike.example_id} href={`/app/runs/${alike.example_id}`} />
    </td>
    <td class="when" data-label="First">
      <Ago at={alike.first_at} now={now} />
    </td>
    <td class="when" data-label="Last">
      <Ago at={alike.last_at} now={now} />
    </td>
    <td data-label="Seen">
      {alike.seen && (
        <span class="wrap">
          <Name>{alike.seen.user_name ?? "somebody"}</Name>, <Time at={alike.seen.at} /> <bdi>{alike.seen.note}</bdi>
        </span>
      )}
      {alike.may_write && (
        <Ask
          id={`ask-${alike.definition_id}-${alike.failure_code}-${alike.alike}`}
          label={alike.seen ? "Change" : "Seen"}
          title="Say that this was seen"
        >
          <SeenForm
            values={{
              workflow: alike.definition_id,
              code: alike.failure_code,
              fingerprint: alike.fingerprint,
              note: alike.seen?.note ?? "",
            }}
          />
        </Ask>
      )}
    </td>
  </tr>
);

export const SeenForm = ({ values, failure = NO_FAILURE }: { values: Values; failure?: Failure }) => (
  <form method="post" action="/app/failures/seen" class="stack">
    <Failures failure={failure} />
    {["workflow", "code", "fingerprint"].map((name) => (
      <input type="hidden" name={name} value={values[name]} />
    ))}
    <Field
      name="note"
      label="Note (optional)"
      failure={failure}
      hint="It is shown to the others, until one like these comes again after a run of the workflow was COMPLETED."
      control={(a) => <input {...a} type="text" value={values.note} maxlength={500} />}
    />
    <button type="submit" class="primary">
      It was seen
    </button>
  </form>
);
