/** Sends a test message to a workflow's runner. */
import { v7 as newId } from "uuid";
import { sendTest } from "../../dispatches/send.ts";
import { decryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { urlOptions } from "../../webhooks/url-guard.ts";
import { findRunner } from "../../workflows/find-runner.ts";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { idOf } from "../signed-in.tsx";
import { TestedPage } from "./test-runner.tsx";

export const runnerTests = new Pages();

runnerTests.form("/app/workflows/:id/test", async (c) => {
  const id = idOf(c);
  const { name, url, webhookSecretEncrypted, at } = await findRunner(c.env.db, c.var.credential, id);
  const webhookSecret = await decryptWebhookSecret(c.env.config.encryptionKeys, id, webhookSecretEncrypted);
  const message = { id: newId(), definitionId: id, url, webhookSecret, at };
  const verdict = await sendTest(message, urlOptions(c.env.config));
  const isAccepted = verdict.kind === "accepted";
  const answer = isAccepted ? `It answered ${verdict.status}, so it is reached and knows the secret.` : verdict.reason;
  return html(c, <TestedPage id={id} name={name} url={url} isAccepted={isAccepted} answer={answer} />);
});
