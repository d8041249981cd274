/** What became of each occasion on which a trigger could have fired, in words. */
import type { FiringCause, FiringOutcome } from "../../db/enums.ts";
import type { Firing } from "../../triggers/triggers.ts";
import { Empty, Id, Name, Table, Time } from "../components.tsx";
import { formatSeconds, plural } from "../format.ts";
import { CAUSES } from "./kit/triggered-by.tsx";
import type { TriggerView } from "./view-triggers.ts";

type ViewedFiring = TriggerView["firings"][number];

export const OUTCOMES: Record<FiringOutcome, string> = {
  FIRED: "Fired",
  SKIPPED: "Skipped",
  MISSED: "Missed",
  REFUSED: "Refused",
};

/** Why a trigger was refused, and what to do about it, by the word of the API. */
const REFUSALS: Record<string, string> = {
  user_deactivated: "The user who changed it last is no longer active. Resume it, and it fires with your rights.",
  rights:
    "The user who changed it last lacks a permission on the workflow or its files. Permit that, or resume it yourself: it then fires " +
    "with your rights.",
  paused: "The workflow was paused.",
  no_runner: "The workflow had no runner.",
  path_parts: "A file of the workflow is gone, or a source folder has no document.",
  input_invalid: "The input does not fit the schema that the policy of the workflow has for it.",
  no_key:
    "The input has no concurrency key where the policy of the workflow says, or the message none where the trigger says.",
  queue_full: "As many runs waited as the policy of the workflow allows.",
  cap_reached: "As many runs waited as your tenant may have.",
  several_slots:
    "It stops what is RUNNING, but the policy of the workflow now allows several runs at the same time. Change what it does when the " +
    "workflow is busy.",
  body_unusable: "The message is not a JSON object, or has something that cannot be kept.",
  input_too_large:
    "What the message, or the run that had ended, gives to the new run has more than 32 KiB. Of a message, pick single fields.",
  of_rights:
    "The user who changed it last may no longer see the workflow after whose runs it fires. Permit that, or resume it yourself: it then " +
    "fires with your rights.",
  of_deleted: "The workflow after whose runs it fires was deleted. Change the trigger, or delete it.",
  depth:
    "Ten runs before it had triggered each other already, so the chain ends here. Do the workflows trigger each other?",
  descendants:
    "A thousand runs have followed from the first run of the chain already, so no more of them are triggered. Do many triggers fire after each " +
    "other’s workflows?",
  no_correlation:
    "There is no correlation for its signal: the message has none where the trigger looks for it, or it was fired by hand, without a message.",
  too_many_signals:
    "No run waits for its signal, and a thousand are kept for the workflow already. The sender was asked to send it again later.",
  snapshot_too_large: "The paths of the workflow’s files are too long together.",
};

/** What several occasions that were MISSED are called. */
const missed = (cause: FiringCause, count: number): string => {
  if (cause === "webhook") return `${plural(count, "message")} came`;
  return cause === "run" ? `${plural(count, "run")} ended` : `${plural(count, "instant")} passed`;
};

/** A lateness that is worth saying, in milliseconds. */
const LATE_MS = 60_000;

/** What became of it, in a sentence. A word that only the next release knows is shown as it is. */
export const Outcome = ({ firing: { outcome, cause, run_id, late_ms, reason, count, detail } }: { firing: Firing }) => {
  switch (outcome) {
    case "FIRED":
      if (detail !== null && "signal" in detail) {
        return (
          <>
            Its signal <bdi>{String(detail.signal)}</bdi> with the correlation <bdi>{String(detail.correlation)}</bdi>{" "}
            {run_id === null ? (
              "is kept for seven days, for the next run that waits for it"
            ) : (
              <>
                went to the run <Id id={run_id} href={`/app/runs/${run_id}`} />
              </>
            )}
            .
          </>
        );
      }
      return (
        <>
          It has triggered the run {run_id !== null && <Id id={run_id} href={`/app/runs/${run_id}`} />}
          {late_ms !== null && late_ms >= LATE_MS && `, ${formatSeconds(late_ms / 1000)} late`}.
        </>
      );
    case "SKIPPED":
      return (
        <>
          The run {run_id !== null && <Id id={run_id} href={`/app/runs/${run_id}`} />} was in the way, and the trigger
          does not wait.
        </>
      );
    case "MISSED":
      return (
        <>
          {missed(cause, count)}
          {reason === "paused" ? " while it was paused." : " without anybody there to fire it in time."}
        </>
      );
    default:
      return <bdi>{REFUSALS[reason ?? ""] ?? reason}</bdi>;
  }
};

/** Why the trigger was to fire: an instant, a message or the end of a run. When several were MISSED in a row: the first and the last. */
const Occasion = ({ firing }: { firing: Firing }) => {
  const { cause, scheduled_at, scheduled_until, count, delivery_id, of_run_id } = firing;
  if (of_run_id !== null && count === 1) {
    return (
      <>
        the end of the run <Id id={of_run_id} href={`/app/runs/${of_run_id}`} />
      </>
    );
  }
  if (cause === "run" && scheduled_at === null) return <span class="muted">the workflow was deleted</span>;
  if (cause === "webhook" && scheduled_at === null) {
    return delivery_id === null ? (
      <span class="muted">a message without an id</span>
    ) : (
      <>
        the message <code class="wrap">{delivery_id}</code>
      </>
    );
  }
  if (scheduled_at === null) return <span class="muted">none: it was fired by hand</span>;
  return (
    <>
      <Time at={scheduled_at} />
      {scheduled_until !== null && count > 1 && (
        <>
          {" "}
          to <Time at={scheduled_until} />
        </>
      )}
    </>
  );
};

const Row = ({ firing }: { firing: ViewedFiring }) => (
  <tr>
    <td>
      <Time at={firing.at} withSeconds />
      <small class="muted">
        {CAUSES[firing.cause] ?? firing.cause}
        {firing.user_name !== null && (
          <>
            , by <Name>{firing.user_name}</Name>
          </>
        )}
      </small>
    </td>
    <td>
      <Occasion firing={firing} />
    </td>
    <td>
      <span class={firing.outcome === "FIRED" ? "" : "fault"}>{OUTCOMES[firing.outcome] ?? firing.outcome}</span>
    </td>
    <td>
      <p class="wrap">
        <Outcome firing={firing} />
      </p>
    </td>
  </tr>
);

type Props = { href: string; firings: ViewedFiring[]; next: string | null; isFirstPage: boolean };

export const Firings = ({ href, firings, next, isFirstPage }: Props) => (
  <section class="card" id="firings">
    <h2>Firings</h2>
    {firings.length === 0 ? (
      <Empty title={isFirstPage ? "There was no occasion to fire yet." : "There are no older firings."} />
    ) : (
      <Table columns={["When", "Occasion", "Outcome", "What that means"]}>
        {firings.map((firing) => (
          <Row firing={firing} />
        ))}
      </Table>
    )}
    {(next !== null || !isFirstPage) && (
      <nav class="pages" aria-label="Pages of firings">
        {isFirstPage ? <span /> : <a href={`${href}#firings`}>← Newest</a>}
        {next !== null && <a href={`${href}?before=${next}#firings`}>Older →</a>}
      </nav>
    )}
  </section>
);
