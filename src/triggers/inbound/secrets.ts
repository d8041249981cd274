/** The secrets of triggers that receive webhooks, and their addresses. */
import type { Config } from "../../config.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { encryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { checkWebhookSecret, generatePlainSecret } from "../../webhooks/webhook-secret.ts";
import { createTrigger, type NewTrigger, TRIGGER_VERB, type TriggerRow } from "../triggers.ts";
import { openReceivers } from "./receivers.ts";

/** Where a sender posts its messages. Of the scheme `token`, `/` and the token stand behind it. */
export const inboundUrl = ({ publicUrl }: Config, triggerId: string): string => `${publicUrl}/v1/inbound/${triggerId}`;

type WithSecret = { id: string; secretEncrypted: string; isGiven: boolean; isStandard: boolean; seenAt: string | null };

const rotateTriggerSecret = defineVerb({
  ...TRIGGER_VERB,
  name: "rotate_trigger_secret",
  args: ({ id, secretEncrypted, isGiven, isStandard, seenAt }: WithSecret) => ({
    trigger_id: id,
    secret_encrypted: secretEncrypted,
    is_given: isGiven,
    is_standard: isStandard,
    seen_at: seenAt,
  }),
});

const seal = ({ config }: VerbServices, id: string, secret: string): Promise<string> =>
  encryptWebhookSecret(config.encryptionKeys, id, secret);

/**
 * Creates a trigger, with a secret if it receives webhooks: the given one, or a new one. The secret cannot be read again later. `secret` is
 * undefined for a trigger of another kind, and when an earlier request with this id has created the trigger.
 * @throws as `createTrigger`
 */
export async function createTriggerWithSecret(
  services: VerbServices,
  request: Omit<NewTrigger, "secretEncrypted">,
  given: string | null = null,
): Promise<{ trigger: TriggerRow; secret: string | undefined }> {
  const secret = request.content.webhook === null ? null : (given ?? generatePlainSecret());
  const secretEncrypted = secret === null ? null : await seal(services, request.id, secret);
  const { result } = await perform(services, createTrigger, { ...request, secretEncrypted });
  return { trigger: result.trigger, secret: result.is_new && secret !== null ? secret : undefined };
}

/**
 * Gives a trigger the given secret, or a new one, and returns it. For 24 hours, messages with the old one are taken, too. With `seenAt`,
 * the `updated_at` that somebody has seen, a request that is sent again changes nothing.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, `not_found`, or `conflict` when it receives no webhooks, or was changed since `seenAt`
 * @throws ValidationFailed for a secret that the scheme does not allow
 */
export async function rotateSecret(
  services: VerbServices,
  id: string,
  { given = null, seenAt = null }: { given?: string | null; seenAt?: string | null } = {},
): Promise<{ trigger: TriggerRow; secret: string }> {
  const secret = given ?? generatePlainSecret();
  const request = { isGiven: given !== null, isStandard: checkWebhookSecret(secret) === null, seenAt };
  const secretEncrypted = await seal(services, id, secret);
  const { result } = await perform(services, rotateTriggerSecret, { id, secretEncrypted, ...request });
  openReceivers(services.db).forget(id);
  return { trigger: result.trigger, secret };
}
