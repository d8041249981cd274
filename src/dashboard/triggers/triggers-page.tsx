/** The pages that show triggers: those of a workflow, and one with its firings. */
import type { Schedule } from "../../triggers/schedule/schedule.ts";
import { LastChanges, PausedBy } from "../activity/changes.tsx";
import type { Caller } from "../caller.ts";
import { Ask, Empty, Fact, Id, Live, Name, Send, Time } from "../components.tsx";
import { formatSeconds, plural } from "../format.ts";
import { type Failure, Failures, Field, NO_FAILURE } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { NewId } from "../new-id.tsx";
import { textsOf } from "../runs/labels/run-labels.tsx";
import { MAX_COUNTED } from "../runs/view-runs.ts";
import { WHEN_BUSY_WORDS } from "./common-fields.tsx";
import { Firings } from "./firings.tsx";
import { formatIn, NextInstants } from "./next-instants.tsx";
import type { TriggerView, ViewedTrigger, WorkflowOfTriggers } from "./view-triggers.ts";
import { RotateForm, WebhookFacts, WebhookText } from "./webhook-pages.tsx";

const ScheduleText = ({ schedule: { cron, at, time_zone } }: { schedule: Schedule }) => (
  <>
    {cron === null ? "once, at " : ""}
    <code>{cron ?? at}</code> in <bdi>{time_zone}</bdi>
  </>
);

/** What makes it fire. */
const Occasion = ({ trigger: { schedule, webhook } }: { trigger: ViewedTrigger }) => (
  <>
    {schedule !== null && <ScheduleText schedule={schedule} />}
    {webhook !== null && <WebhookText webhook={webhook} />}
  </>
);

/** Whether it is active, when it fires next, and why it is paused. */
const State = ({ trigger }: { trigger: ViewedTrigger }) => {
  const { is_active, next_at, paused_at, pause_note, schedule } = trigger;
  if (!is_active) {
    return (
      <>
        <span class="fault">Paused</span>
        {paused_at !== null && (
          <>
            {" "}
            since <Time at={paused_at} />
          </>
        )}
        {pause_note !== null && (
          <p class="wrap muted">
            <bdi>{pause_note}</bdi>
          </p>
        )}
      </>
    );
  }
  if (schedule === null) return <>Active</>;
  if (next_at === null) return <>Active, without a further instant</>;
  return (
    <>
      Next: <Time at={next_at} /> <span class="muted">({formatIn(schedule.time_zone, next_at)})</span>
    </>
  );
};

type TriggersPageProps = {
  caller: Caller;
  workflow: WorkflowOfTriggers;
  triggers: ViewedTrigger[];
};

export const TriggersPage = ({ caller, workflow, triggers }: TriggersPageProps) => {
  const href = `/app/workflows/${workflow.id}/triggers`;
  return (
    <Page title={`Triggers of ${workflow.name}`} section="workflows" caller={caller}>
      <p class="crumbs">
        <a href={`/app/workflows/${workflow.id}`}>
          ← <bdi>{workflow.name}</bdi>
        </a>
      </p>
      <div class="head">
        <h1>Triggers</h1>
        {workflow.may_write && (
          <div class="actions">
            <a class="button primary" href={`${href}/new`}>
              Add a schedule
            </a>
            <a class="button" href={`${href}/new-webhook`}>
              Add a webhook
            </a>
          </div>
        )}
      </div>
      <Live href={href} listen={`/app/changes?workflow=${workflow.id}`}>
        {triggers.length === 0 ? (
          <Empty title="Nothing triggers it by itself.">
            <p>
              A schedule triggers runs at times of a time zone, and a webhook when another service sends a message. What
              became of each is recorded.
            </p>
          </Empty>
        ) : (
          <ul class="items">
            {triggers.map((trigger) => (
              <li>
                <span class="item-name">
                  <a href={`/app/triggers/${trigger.id}`}>
                    <Name>{trigger.name}</Name>
                  </a>
                </span>
                <Occasion trigger={trigger} />
                <div>
                  <State trigger={trigger} />
                </div>
              </li>
            ))}
          </ul>
        )}
      </Live>
    </Page>
  );
};

type TriggerPageProps = {
  view: TriggerView;
  before: string | null;
  /** Where messages are sent to, if it receives webhooks. */
  url: string;
};

export const TriggerPage = ({ view, before, url }: TriggerPageProps) => {
  const { caller, now, workflow, trigger, firings, next, kept } = view;
  const href = `/app/triggers/${trigger.id}`;
  return (
    <Page title={`Trigger ${trigger.name}`} section="workflows" caller={caller}>
      <p class="crumbs">
        <a href={`/app/workflows/${workflow.id}`}>
          <bdi>{workflow.name}</bdi>
        </a>{" "}
        / <a href={`/app/workflows/${workflow.id}/triggers`}>Triggers</a> / <Id id={trigger.id} />
      </p>
      <div class="head">
        <h1>
          <Name>{trigger.name}</Name>
        </h1>
        {workflow.may_write && <Actions href={href} trigger={trigger} kept={kept} />}
      </div>
      <Live href={before === null ? href : `${href}?before=${before}`} listen={`/app/changes?workflow=${workflow.id}`}>
        <section class="card" aria-label="Current state">
          <dl class="rows">
            <Fact name="State">
              <State trigger={trigger} />
              {!trigger.is_active && <PausedBy event={view.activity_by} />}
            </Fact>
            <Fact name="Fires on">
              <Occasion trigger={trigger} />
            </Fact>
            {trigger.webhook !== null && <WebhookFacts webhook={trigger.webhook} url={url} />}
            <Content trigger={trigger} />
          </dl>
        </section>
        {trigger.schedule !== null && (
          <NextInstants schedule={trigger.schedule} now={now} isActive={trigger.is_active} />
        )}
        <Firings href={href} firings={firings} next={next} isFirstPage={before === null} />
        <LastChanges events={view.changes} id={trigger.id} />
      </Live>
    </Page>
  );
};

const Content = ({ trigger }: { trigger: ViewedTrigger }) => {
  const { schedule, when_busy, input, labels, concurrency_key } = trigger;
  return (
    <>
      {schedule !== null && schedule.starts_at !== null && (
        <Fact name="Not before">
          <Time at={schedule.starts_at} />
        </Fact>
      )}
      {schedule !== null && schedule.ends_at !== null && (
        <Fact name="Only before">
          <Time at={schedule.ends_at} />
        </Fact>
      )}
      <Fact name="When the workflow is busy">
        {when_busy === null ? "what its policy says" : (WHEN_BUSY_WORDS[when_busy] ?? when_busy)}
      </Fact>
      {schedule !== null && (
        <Fact name="After an outage">
          {schedule.catch_up === "last"
            ? `the last instant fires, up to ${formatSeconds(schedule.catch_up_window_seconds)} late`
            : "nothing is caught up"}
        </Fact>
      )}
      <Fact name="Fires with the rights of">
        <a href={`/app/people/${trigger.user_id}`}>
          <Name>{trigger.user_name}</Name>
        </a>
        <span class="muted">, who made it, changed it last or resumed it</span>
      </Fact>
      {input !== null && (
        <Fact name="Input">
          <pre class="wrap short" tabindex={0}>
            <code>{JSON.stringify(input, null, 2)}</code>
          </pre>
        </Fact>
      )}
      {Object.keys(labels).length > 0 && (
        <Fact name="Labels">
          <bdi class="wrap">{textsOf(labels).join(" · ")}</bdi>
        </Fact>
      )}
      {concurrency_key !== null && (
        <Fact name="Concurrency key">
          <bdi class="wrap">{concurrency_key}</bdi>
        </Fact>
      )}
    </>
  );
};

/** The form that pauses a trigger, with a note for others. */
export const PauseForm = ({ href, note, failure }: { href: string; note: string; failure: Failure }) => (
  <form method="post" action={`${href}/pause`} class="stack">
    <Failures failure={failure} labels={{ note: "Note" }} />
    <Field
      name="note"
      label="Note (optional)"
      failure={failure}
      hint="Why, for those who find it paused."
      control={(a) => <input {...a} type="text" value={note} maxlength={1000} dir="auto" />}
    />
    <button type="submit" class="primary">
      Pause
    </button>
  </form>
);

const Actions = ({ href, trigger, kept }: { href: string; trigger: ViewedTrigger; kept: number }) => (
  <div class="actions">
    <Ask id="ask-fire" label="Fire now" title={`Fire “${trigger.name}” now?`} kind="primary">
      <p>
        It triggers a run now, with the rights of <Name>{trigger.user_name}</Name>.
        {trigger.schedule !== null && " Its schedule goes on as before."}
      </p>
      <Send action={`${href}/fire`} label="Fire now" kind="primary">
        <NewId />
      </Send>
    </Ask>
    <a class="button" href={`${href}/change`}>
      Change
    </a>
    {trigger.is_active ? (
      <Ask id="ask-pause" label="Pause" title={`Pause “${trigger.name}”?`}>
        <p>
          It does not fire until it is resumed.
          {trigger.schedule === null
            ? " Messages are answered, and recorded as missed."
            : " The instants of the pause are then recorded as missed."}
        </p>
        <PauseForm href={href} note="" failure={NO_FAILURE} />
      </Ask>
    ) : (
      <Ask id="ask-resume" label="Resume" title={`Resume “${trigger.name}”?`}>
        <p>
          From then on it fires with your rights.
          {trigger.schedule !== null && " The instants of the pause are recorded as missed."}
        </p>
        <form method="post" action={`${href}/resume`} class="stack">
          {trigger.schedule !== null && (
            <label class="choice">
              <input type="checkbox" name="catch_up" value="1" /> Fire for the last of them now, unless it is too old to
              be caught up
            </label>
          )}
          <button type="submit" class="primary">
            Resume
          </button>
        </form>
      </Ask>
    )}
    {trigger.webhook !== null && (
      <Ask id="ask-rotate" label="New secret" title="Give it a new secret">
        <RotateForm href={href} seenAt={trigger.updated_at} scheme={trigger.webhook.scheme} failure={NO_FAILURE} />
      </Ask>
    )}
    <Ask id="ask-delete" label="Delete" title={`Delete “${trigger.name}”?`} kind="danger">
      <p>
        This deletes the trigger
        {kept === 0
          ? ", which has no firings"
          : ` and its ${kept > MAX_COUNTED ? `more than ${plural(MAX_COUNTED, "firing")}` : plural(kept, "firing")}`}
        , for good. The runs that it has triggered stay.
      </p>
      <Send action={`${href}/delete`} label="Delete" kind="danger">
        <input type="hidden" name="workflow" value={trigger.workflow_definition_id} />
      </Send>
    </Ask>
  </div>
);
