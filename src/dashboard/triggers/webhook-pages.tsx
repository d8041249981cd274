/** What pages show of a trigger that receives webhooks: its address, its secret once, and how messages come. */
import type { Config } from "../../config.ts";
import { inboundUrl } from "../../triggers/inbound/secrets.ts";
import type { TriggerRow } from "../../triggers/triggers.ts";
import { Command, Copy, Fact, Time } from "../components.tsx";
import { type Failure, Failures, Field } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { SentAgainPage } from "../new-id.tsx";
import { SCHEME_WORDS } from "./webhook-form.tsx";
import { pastesOf } from "./webhook-pastes.ts";

type Webhook = NonNullable<TriggerRow["webhook"]>;

export const WebhookText = ({ webhook }: { webhook: Webhook }) => (
  <>
    a webhook, signed by {SCHEME_WORDS[webhook.scheme] ?? webhook.scheme}
    {webhook.when !== null && (
      <>
        , of <bdi class="wrap">{webhook.when.join(", ")}</bdi>
      </>
    )}
    {webhook.signal !== null && (
      <>
        , as the signal <bdi class="wrap">{webhook.signal.name}</bdi>
      </>
    )}
  </>
);

const Pointers = ({ pointers }: { pointers: Readonly<Record<string, string>> }) => (
  <>
    {Object.entries(pointers).map(([name, pointer]) => (
      <div class="wrap">
        <bdi>{name}</bdi> from <code>{pointer}</code>
      </div>
    ))}
  </>
);

/** The facts about a webhook. */
export const WebhookFacts = ({ webhook, url }: { webhook: Webhook; url: string }) => (
  <>
    <Fact name="Address">
      <span class="wrap">
        <code>{url}</code>
        {webhook.scheme === "token" && <span class="muted"> and / and the token</span>}
      </span>{" "}
      <Copy text={url} label="Copy the address" />
    </Fact>
    {webhook.signature_header !== null && (
      <Fact name="Signature">
        <code>{webhook.signature_header}</code>, in {webhook.signature_encoding}
      </Fact>
    )}
    {webhook.old_secret_until !== null && (
      <Fact name="The old secret counts until">
        <Time at={webhook.old_secret_until} />
      </Fact>
    )}
    <Fact name={webhook.signal === null ? "Input from the message" : "Payload from the message"}>
      {webhook.pick === null ? "its whole body" : <Pointers pointers={webhook.pick} />}
    </Fact>
    {webhook.key_from !== null && (
      <Fact name="Concurrency key from">
        <code>{webhook.key_from}</code>
      </Fact>
    )}
    {webhook.signal !== null && (
      <Fact name="Signal instead of a run">
        <bdi class="wrap">{webhook.signal.name}</bdi>, its correlation from{" "}
        <code class="wrap">{webhook.signal.correlation_from}</code>
      </Fact>
    )}
    {webhook.labels_from !== null && (
      <Fact name="Labels from the message">
        <Pointers pointers={webhook.labels_from} />
      </Fact>
    )}
  </>
);

type RotateProps = { href: string; seenAt: string; scheme: string; failure: Failure };

/** A form that is sent again must not replace the secret that the first one has shown, so it says what its sender has seen. */
export const RotateForm = ({ href, seenAt, scheme, failure }: RotateProps) => (
  <form method="post" action={`${href}/rotate`} class="stack">
    <Failures failure={failure} labels={{ secret: "Secret" }} />
    <p>For 24 hours, messages with the old one are taken, too. From then on the trigger fires with your rights.</p>
    <input type="hidden" name="seen_at" value={seenAt} />
    <input type="hidden" name="scheme" value={scheme} />
    {scheme !== "token" && (
      <Field
        name="secret"
        label="Secret (optional)"
        failure={failure}
        hint="Only if the sender has made it, as Stripe and Slack do. Otherwise we make one."
        control={(a) => <input {...a} type="password" autocomplete="new-password" maxlength={256} />}
      />
    )}
    <button type="submit" class="primary">
      Replace the secret
    </button>
  </form>
);

/** Answers the form of a new webhook that was sent again. */
export const WebhookAgainPage = ({ trigger }: { trigger: TriggerRow }) => (
  <SentAgainPage title="The webhook is added already" section="workflows" heading="The webhook is added already">
    <p>
      Its secret was shown once, and cannot be shown again. If you do not have it, replace it on the page of the
      trigger.
    </p>
    <div class="actions">
      <a class="button" href={`/app/triggers/${trigger.id}`}>
        To the trigger
      </a>
    </div>
  </SentAgainPage>
);

type SecretProps = { config: Config; trigger: TriggerRow; secret: string };

/** Shows the secret of a webhook. No other page ever does. */
export const WebhookSecretPage = ({ config, trigger, secret }: SecretProps) => {
  const { webhook, id } = trigger;
  if (webhook === null) return null;
  const url = inboundUrl(config, id);
  const address = webhook.scheme === "token" ? `${url}/${secret}` : url;
  return (
    <Page title="The secret of the webhook" section="workflows">
      <div class="narrow">
        <h1>Let messages come</h1>
        <div class="card stack">
          <h2>Address</h2>
          <Command text={address} label="Copy the address" />
          {webhook.scheme === "token" ? (
            <p>Whoever knows this address can trigger runs. Copy it now: it is shown only once.</p>
          ) : (
            <>
              <h2>Secret</h2>
              <p>The sender signs with this secret. Copy it now: it is shown only once.</p>
              <Command text={secret} label="Copy the secret" />
            </>
          )}
          {webhook.scheme === "slack" && (
            <p>
              Slack makes the secret of an app itself: its “Signing Secret”. Open the trigger, choose “New secret”, and
              fill that in. Then give Slack the address as the Request URL of “Event Subscriptions”.
            </p>
          )}
          {webhook.scheme === "stripe" && (
            <p>
              Stripe makes the secret of an endpoint itself. Add the endpoint there, then open the trigger, choose “New
              secret”, and fill in the one that Stripe shows.
            </p>
          )}
          <div class="actions">
            <a class="button" href={`/app/triggers/${id}`}>
              Done
            </a>
          </div>
        </div>
        <h2>Paste this</h2>
        {pastesOf({ webhook, url, secret }).map(({ title, text }) => (
          <section class="card stack" aria-label={title}>
            <h3>{title}</h3>
            <Command text={text} label={`Copy the commands for ${title}`} />
          </section>
        ))}
      </div>
    </Page>
  );
};
