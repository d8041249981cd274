/** What somebody does with the address and the secret of a webhook. The page that shows the secret has it, and so does docs/triggers.md. */
import type { WebhookConfig } from "../../triggers/inbound/receiver.ts";

export type Paste = { title: string; text: string };

type Shown = { webhook: WebhookConfig; url: string; secret: string };

/** Quotes a text for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The parts of an event, such as `pull_request.opened:main`. Only GitHub names branches, and only GitLab and GitHub actions. */
const PARTS = /^([^.:]*)(?:\.([^:]*))?(?::(.*))?$/s;

/** A message that the trigger takes: of the first event of its `when`. `event` is what GitHub says in a header. */
function exampleOf({ scheme, when }: WebhookConfig): { event: string; body: string } {
  const wanted = when?.[0];
  const [, event = "push", action, branch] = PARTS.exec(wanted ?? "push") ?? [];
  // JSON leaves out what is undefined.
  const ofGithub = { action, ref: branch === undefined ? undefined : `refs/heads/${branch}` };
  const ofGitlab = { object_kind: event, object_attributes: { action } };
  const fields = scheme === "github" ? ofGithub : scheme === "gitlab" ? ofGitlab : { type: wanted };
  return { event, body: JSON.stringify({ type: "test", data: {}, ...(wanted !== undefined && fields) }) };
}

/** A signature of the body by openssl, as the scheme writes it. The secret of Standard Webhooks is `whsec_` and base64, or a text. */
function curlOf({ webhook, url, secret }: Shown): string {
  const { event, body } = exampleOf(webhook);
  const begin = `URL=${url} SECRET=${quoted(secret)}\nBODY=${quoted(body)}\n`;
  const send = (...headers: string[]) =>
    `curl -sS -i "$URL" -H 'Content-Type: application/json' ${headers.map((header) => `-H "${header}" `).join("")}-d "$BODY"\n`;
  const hex = `openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //'`;
  const timestamped = (header: string) =>
    `NOW=$(date +%s)\nSIGNATURE=$(printf %s "$NOW.$BODY" | ${hex})\n${send(`${header}: t=$NOW,v1=$SIGNATURE`)}`;
  switch (webhook.scheme) {
    case "standard-webhooks":
      return (
        `${begin}ID=msg_$RANDOM NOW=$(date +%s)\n` +
        (secret.startsWith("whsec_")
          ? `KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \\n')\n`
          : `KEY=$(printf %s "$SECRET" | od -An -vtx1 | tr -d ' \\n')\n`) +
        `SIGNATURE=$(printf %s "$ID.$NOW.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)\n` +
        send("webhook-id: $ID", "webhook-timestamp: $NOW", "webhook-signature: v1,$SIGNATURE")
      );
    case "github":
      return (
        `${begin}EVENT=${quoted(event)} SIGNATURE=$(printf %s "$BODY" | ${hex})\n` +
        send("X-GitHub-Event: $EVENT", "X-GitHub-Delivery: $RANDOM", "X-Hub-Signature-256: sha256=$SIGNATURE")
      );
    case "stripe":
      return `${begin}${timestamped("Stripe-Signature")}`;
    case "slack":
      return (
        `${begin}NOW=$(date +%s)\nSIGNATURE=$(printf %s "v0:$NOW:$BODY" | ${hex})\n` +
        send("X-Slack-Request-Timestamp: $NOW", "X-Slack-Signature: v0=$SIGNATURE")
      );
    case "gitlab":
      return `${begin}${send("X-Gitlab-Token: $SECRET")}`;
    case "hmac-sha256": {
      if (webhook.signature_encoding === "timestamped") return `${begin}${timestamped(`${webhook.signature_header}`)}`;
      const sign = webhook.signature_encoding === "hex" ? hex : `openssl dgst -sha256 -hmac "$SECRET" -binary | base64`;
      return `${begin}SIGNATURE=$(printf %s "$BODY" | ${sign})\n${send(`${webhook.signature_header}: $SIGNATURE`)}`;
    }
    default:
      return `curl -sS -i ${url}/${secret} -H 'Content-Type: application/json' -d ${quoted(body)}\n`;
  }
}

/** What to paste where, so that messages come. */
export function pastesOf(shown: Shown): Paste[] {
  const { webhook, url, secret } = shown;
  const curl = { title: "curl", text: curlOf(shown) };
  if (webhook.scheme === "github") {
    const events = (webhook.when ?? ["push"]).map((event) => event.replace(/[.:].*$/s, ""));
    const fields = [`config[url]=${url}`, "config[content_type]=json", `config[secret]=${secret}`];
    const lines = [
      "gh api repos/OWNER/REPOSITORY/hooks -f name=web",
      ...[...new Set(events)].map((event) => `-f ${quoted(`events[]=${event}`)}`),
      ...fields.map((field) => `-f ${quoted(field)}`),
    ];
    return [{ title: "GitHub", text: `${lines.join(" \\\n  ")}\n` }, curl];
  }
  if (webhook.scheme === "stripe") {
    const events = webhook.when ?? ["*"];
    const lines = [
      "stripe webhook_endpoints create",
      `--url ${quoted(url)}`,
      ...events.map((event) => `-d ${quoted(`enabled_events[]=${event}`)}`),
    ];
    return [{ title: "Stripe", text: `${lines.join(" \\\n  ")}\n` }, curl];
  }
  return [curl];
}
