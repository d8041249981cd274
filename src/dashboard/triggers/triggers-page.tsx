/** The pages that show triggers: those of a workflow, and one with its firings. */
import { LastChanges } from "../activity/kit/changes.tsx";
import type { Caller } from "../caller.ts";
import { Empty, Fact, Id, Live, Name, Time } from "../components.tsx";
import { formatSeconds } from "../format.ts";
import { Page } from "../layout.tsx";
import { textsOf } from "../runs/kit/run-labels.tsx";
import { Trail } from "../trail.tsx";
import { WHEN_BUSY_WORDS } from "./common-fields.tsx";
import { Firings } from "./firings.tsx";
import { INPUT_FROM_WORDS } from "./run-form.tsx";
import { describeSchedule } from "./schedule/cron-words.ts";
import { NextInstants } from "./schedule/next-instants.tsx";
import { Actions } from "./trigger-actions.tsx";
import { Occasion, State } from "./trigger-state.tsx";
import type { TriggerView, ViewedTrigger, WorkflowOfTriggers } from "./view-triggers.ts";
import { WebhookFacts } from "./webhook-pages.tsx";

const Unfit = ({ trigger: { is_unfit } }: { trigger: ViewedTrigger }) =>
  is_unfit && (
    <p class="fault">Its input does not fit the schema of its workflow any more: it is REFUSED when it fires.</p>
  );

type TriggersPageProps = {
  caller: Caller;
  now: string;
  workflow: WorkflowOfTriggers;
  triggers: ViewedTrigger[];
};

const toWorkflow = ({ id, name }: WorkflowOfTriggers) => [`/app/workflows/${id}`, <Name>{name}</Name>] as const;

export const TriggersPage = ({ caller, now, workflow, triggers }: TriggersPageProps) => {
  const href = `/app/workflows/${workflow.id}/triggers`;
  return (
    <Page title={`Triggers of ${workflow.name}`} section="workflows" caller={caller}>
      <Trail to={[toWorkflow(workflow)]}>Triggers</Trail>
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
            <a class="button" href={`${href}/new-run`}>
              Run it after another workflow
            </a>
          </div>
        )}
      </div>
      <Live href={href} listen={`/app/changes?workflow=${workflow.id}`}>
        {triggers.length === 0 ? (
          <Empty title="Nothing triggers it by itself.">
            <p>
              A schedule triggers runs at times of a time zone, and a webhook when another service sends a message. A
              run can also be triggered once a run of another workflow has ended. What became of each occasion is
              recorded.
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
                <span>
                  <Occasion trigger={trigger} />
                </span>
                <div>
                  <State trigger={trigger} now={now} />
                  <Unfit trigger={trigger} />
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
      <Trail to={[toWorkflow(workflow), [`/app/workflows/${workflow.id}/triggers`, "Triggers"]]}>
        <Id id={trigger.id} />
      </Trail>
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
              <State trigger={trigger} now={now} />
              <Unfit trigger={trigger} />
            </Fact>
            <Fact name={trigger.run === null ? "Fires on" : "Fires"}>
              <Occasion trigger={trigger} />
              {trigger.schedule !== null && <p class="muted">{describeSchedule(trigger.schedule)}</p>}
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
  const { schedule, run, when_busy, input, labels, concurrency_key, priority } = trigger;
  return (
    <>
      {run !== null && (
        <Fact name="The new run gets">
          {run.input_from === "fixed"
            ? "the input of the trigger"
            : (INPUT_FROM_WORDS[run.input_from] ?? run.input_from)}
        </Fact>
      )}
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
      <Fact name="If the workflow is busy">
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
      {priority > 0 && <Fact name="Priority">{priority}</Fact>}
    </>
  );
};
