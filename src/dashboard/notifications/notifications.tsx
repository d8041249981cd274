/** The pages of Settings → Notifications. */
import type { Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import { LastChanges } from "../activity/kit/changes.tsx";
import type { Caller } from "../caller.ts";
import { Ask, Command, Copy, Empty, Fact, Id, Live, Send, Time } from "../components.tsx";
import { plural } from "../format.ts";
import { NO_FAILURE } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { SentAgainPage } from "../new-id.tsx";
import { Trail } from "../trail.tsx";
import { Deliveries } from "./deliveries.tsx";
import { EndpointForm, EVENT_WORDS, FORMAT_WORDS, NEW_ENDPOINT, TURN_WORDS, valuesOf } from "./endpoint-form.tsx";
import { SNIPPETS } from "./snippets.ts";
import { type EndpointView, MAX_DELIVERIES } from "./view-notifications.ts";

export const HREF = "/app/settings/notifications";

/** The state of an endpoint in a few words. */
function healthOf({ is_active, disabled_reason, failures, next_probe_at }: Endpoint, hasDelivered: boolean): string {
  if (!is_active) return `Disabled. ${disabled_reason ?? ""}`;
  if (next_probe_at !== null)
    return `Fails: ${plural(failures, "try", "tries")} in a row. Its notifications are now sent one at a time.`;
  return failures > 0
    ? `${plural(failures, "failed try", "failed tries")} recently`
    : hasDelivered
      ? "Works"
      : "Nothing was delivered yet";
}

const Health = ({ endpoint, hasDelivered }: { endpoint: Endpoint; hasDelivered: boolean }) => {
  const isGood = endpoint.is_active && endpoint.failures === 0;
  return <span class={isGood ? "" : "fault"}>{healthOf(endpoint, hasDelivered)}</span>;
};

type EndpointsPageProps = {
  caller: Caller;
  endpoints: Endpoint[] | null;
  /** The ids of those to which something was delivered. */
  delivered: readonly string[];
};

export const EndpointsPage = ({ caller, endpoints, delivered }: EndpointsPageProps) => (
  <Page title="Notifications" section="settings" caller={caller}>
    <div class="head">
      <h1>Notifications</h1>
      {endpoints !== null && (
        <div class="actions">
          <a class="button" href="/app/settings/use">
            What the tenant uses
          </a>
          <Ask id="ask-endpoint" label="Add an endpoint" title="Add an endpoint" kind="primary">
            <EndpointForm action={`${HREF}/new`} label="Add" values={NEW_ENDPOINT} failure={NO_FAILURE} isNew />
          </Ask>
        </div>
      )}
    </div>
    {endpoints === null ? (
      <Empty title="An OWNER or ADMIN manages notifications." />
    ) : (
      <Live href={HREF}>
        {endpoints.length === 0 ? (
          <Empty title="Nobody is notified yet.">
            <p>
              An endpoint is a URL of yours that is notified, by a signed webhook, when a run completes or fails. It can
              also be a channel in Slack or Microsoft Teams, which gets a message.
            </p>
          </Empty>
        ) : (
          <ul class="items">
            {endpoints.map((endpoint) => (
              <li>
                <span class="item-name">
                  <a href={`${HREF}/${endpoint.id}`}>
                    <bdi>{endpoint.description ?? endpoint.url}</bdi>
                  </a>
                </span>
                <Health endpoint={endpoint} hasDelivered={delivered.includes(endpoint.id)} />
                <p class="wrap muted">
                  {endpoint.format !== "standard" && `${FORMAT_WORDS[endpoint.format]}, `}
                  <bdi>{endpoint.url}</bdi>
                </p>
              </li>
            ))}
          </ul>
        )}
      </Live>
    )}
  </Page>
);

export const EndpointPage = ({ caller, now, endpoint, deliveries, changes }: EndpointView) => {
  const href = `${HREF}/${endpoint.id}`;
  return (
    <Page title="Notification endpoint" section="settings" caller={caller}>
      <Trail to={[[HREF, "Notifications"]]}>
        <Id id={endpoint.id} />
      </Trail>
      <div class="head">
        <h1>
          <bdi>{endpoint.description ?? "Notification endpoint"}</bdi>
        </h1>
        <div class="actions">
          {endpoint.is_active && <Send action={`${href}/test`} label="Send a test" kind="primary" />}
          <Ask id="ask-change" label="Change" title="Change the endpoint">
            <EndpointForm action={`${href}/change`} label="Save" values={valuesOf(endpoint)} failure={NO_FAILURE} />
          </Ask>
          {endpoint.format === "standard" && (
            <Ask id="ask-rotate" label="New secret" title="Give it a new secret">
              <p>
                For 24 hours, notifications are signed with both secrets, so that none is lost while you replace it.
              </p>
              <RotateSecret endpoint={endpoint} label="Make a new secret" />
            </Ask>
          )}
          <Send
            action={`${href}/${endpoint.is_active ? "disable" : "enable"}`}
            label={endpoint.is_active ? "Disable" : "Enable"}
            kind={endpoint.is_active ? "" : "primary"}
          />
          <Ask id="ask-delete" label="Delete" title={`Delete “${endpoint.description ?? endpoint.url}”?`} kind="danger">
            <p>
              Nothing more is sent to it, and its deliveries
              {deliveries.length > 0 &&
                ` (${deliveries.length === MAX_DELIVERIES ? "at least " : ""}${deliveries.length})`}{" "}
              are deleted.
            </p>
            <Send action={`${href}/delete`} label="Delete it" kind="danger" />
          </Ask>
        </div>
      </div>
      <Live href={href}>
        <section class="card">
          <dl class="facts">
            <Fact name="State">
              <Health endpoint={endpoint} hasDelivered={deliveries.some(({ state }) => state === "DELIVERED")} />
            </Fact>
            <Fact name="What is sent">{FORMAT_WORDS[endpoint.format]}</Fact>
            <Fact name={endpoint.format === "standard" ? "URL" : "Server"}>
              <bdi class="wrap">{endpoint.url}</bdi>
            </Fact>
            <Fact name="Notified when">
              {endpoint.event_types.map((type) => EVENT_WORDS[type] ?? type).join(" · ")}
            </Fact>
            {endpoint.on !== null && (
              <Fact name="Of the ends of runs, only">{endpoint.on.map((turn) => TURN_WORDS[turn]).join(" · ")}</Fact>
            )}
            {endpoint.labels !== null && (
              <Fact name="Labels">
                <bdi class="wrap">{endpoint.labels.join(" · ")}</bdi>
              </Fact>
            )}
            <Fact name="Workflows">
              {endpoint.workflow_definition_ids === null
                ? "all"
                : plural(endpoint.workflow_definition_ids.length, "workflow")}
            </Fact>
            {endpoint.next_probe_at !== null && (
              <Fact name="Next try">
                <Time at={endpoint.next_probe_at} withSeconds />
              </Fact>
            )}
            {endpoint.old_secret_until !== null && (
              <Fact name="Old secret signs until">
                <Time at={endpoint.old_secret_until} />
              </Fact>
            )}
          </dl>
        </section>
        <section class="card">
          <h2>Last deliveries</h2>
          <Deliveries href={href} now={now} deliveries={deliveries} endpoint={endpoint} />
        </section>
        <LastChanges events={changes} id={endpoint.id} />
      </Live>
    </Page>
  );
};

/** A form that is sent again must not replace the secret that the first one has shown, so it says what its sender has seen. */
const RotateSecret = ({ endpoint, label }: { endpoint: Endpoint; label: string }) => (
  <Send action={`${HREF}/${endpoint.id}/rotate`} label={label} kind="primary">
    <input type="hidden" name="seen_at" value={endpoint.updated_at} />
  </Send>
);

/** Answers the form of a new endpoint that was sent again. */
export const SecretAgainPage = ({ endpoint }: { endpoint: Endpoint }) => (
  <SentAgainPage title="The endpoint is added already" section="settings" heading="The endpoint is added already">
    <p class="wrap">
      <bdi>{endpoint.description ?? endpoint.url}</bdi>
    </p>
    <p>
      Its secret was shown once, and cannot be shown again. If you do not have it, rotate it: for 24 hours,
      notifications are signed with both secrets.
    </p>
    <div class="actions">
      <a class="button" href={`${HREF}/${endpoint.id}`}>
        To the endpoint
      </a>
      <RotateSecret endpoint={endpoint} label="Rotate the secret" />
    </div>
  </SentAgainPage>
);

/** Why an endpoint has a new secret: the heading of its page, and what that means for the old one. */
const SECRET_WORDING = {
  created: { heading: "The endpoint is added", note: "" },
  rotated: { heading: "The new secret", note: " For 24 hours they are also signed with the old one." },
  moved: { heading: "The new secret", note: " Since the URL has changed, the old one signs nothing any more." },
};

type SecretPageProps = { id: string; secret: string; reason: keyof typeof SECRET_WORDING };

/** Shows the secret of an endpoint. No other page ever does. */
export const SecretPage = ({ id, secret, reason }: SecretPageProps) => (
  <Page title="The secret of the endpoint" section="settings">
    <div class="narrow">
      <h1>{SECRET_WORDING[reason].heading}</h1>
      <div class="card stack">
        <p>
          Notifications are signed with this secret. Copy it now: it is shown only once.
          {SECRET_WORDING[reason].note}
        </p>
        <Command text={secret} label="Copy the secret" />
        <div class="actions">
          <Copy text={secret} label="Copy the secret">
            Copy the secret
          </Copy>
          <a class="button" href={`${HREF}/${id}`}>
            Done
          </a>
        </div>
      </div>
      <h2>Check the signature</h2>
      <p>
        The commands with curl send your endpoint a message that is signed as ours are. Your code must take it, and
        refuse it with another secret.
      </p>
      {SNIPPETS.map(({ language, text }) => (
        <section class="card stack" aria-label={language}>
          <h3>{language}</h3>
          <Command text={text(secret)} label={`Copy the ${language} snippet`} />
        </section>
      ))}
    </div>
  </Page>
);
