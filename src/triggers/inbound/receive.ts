/**
 * Takes a message that was sent to a trigger, `POST /v1/inbound/{trigger_id}`. It is the only request whose body is not parsed first, since
 * its signature is about the bytes as they came: `signedCall` keeps them. The rate limit of its address applies only to the look-up of its
 * trigger.
 *
 * 1. Find the trigger and its sealed secret: `find_receiver`. An isolate keeps the answer for a minute, also when there is no such trigger.
 * 2. Verify the signature, by the clock of the database.
 * 3. Count the message for its trigger, and read from it what the trigger takes.
 * 4. Fire by the same rule as a schedule: `receive_webhook`. It refuses when the trigger has another version than the one that the isolate
 *    has read, and then the trigger is read again.
 */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { noteTenant } from "../../db/meter.ts";
import { Problem } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { decryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { type Firing, firingSchema } from "../triggers.ts";
import { challengeOf, type Reading, readMessage } from "./read-message.ts";
import { type Known, openReceivers, type Receiver } from "./receivers.ts";
import { type Message, verifyMessage } from "./signatures.ts";

/** The trigger was changed or deleted since the isolate has read it. */
class Outdated extends Error {}

type Taken = { triggerId: string; firingId: string; runId: string; reading: Reading };

const receiveWebhook = defineVerb({
  name: "receive_webhook",
  args: ({ firingId, runId, reading: { input, ...message } }: Taken) => ({
    message: { json: { firing_id: firingId, run_id: runId, ...message } },
    input: input && { json: input },
  }),
  inputs: ({ triggerId, reading: { input } }) => ({ of: triggerId, inputs: [input] }),
  result: z.object({ firing: firingSchema, is_duplicate: z.boolean() }),
  refusals: z.object({ refused: z.enum(["gone", "changed"]) }),
  refuse: () => new Outdated(),
  isRepeatable: true,
});

/** How many times a message is verified at most, when its trigger is changed at the same moment. */
const MOST_TRIES = 3;

type Options = {
  /** What the verb needs, once the signature has proved which trigger the message is for. */
  servicesFor: (proof: { triggerId: string; version: number }) => VerbServices;
  /** Called before the database is asked for a trigger. */
  limitLookUp: () => Promise<void>;
  /** Called once the signature was verified. */
  limit: (triggerId: string) => Promise<void>;
};

/**
 * Takes a message, and returns the firing. Null for a message that the trigger does not take. A message that only asks whether the trigger
 * is there has a challenge, which its sender wants to read in the answer. The trigger is read at most once in a while,
 * so this is at most two requests to the database, unless the trigger was changed meanwhile.
 * @throws Problem `message_unauthenticated` when the message is not signed, or there is no such trigger
 * @throws what `limitLookUp` and `limit` throw
 */
export async function receiveMessage(
  services: Pick<VerbServices, "db" | "config">,
  triggerId: string,
  message: Message,
  { servicesFor, limitLookUp, limit }: Options,
): Promise<{ firing: Firing; isDuplicate: boolean } | { challenge: string } | null> {
  const receivers = openReceivers(services.db);
  const verify = (known: Known) => verified(services, triggerId, message, known);
  const cameAt = Date.now();
  let isLimited = false;
  for (let tries = 1; ; tries++) {
    const known = await receivers.find(triggerId, limitLookUp);
    let proof = await verify(known);
    if (proof === null) {
      const newer = await receivers.findNewer(triggerId, known, cameAt, limitLookUp);
      proof = newer === known ? null : await verify(newer);
    }
    if (proof === null) throw new Problem("message_unauthenticated");
    const { receiver } = proof;
    noteTenant(receiver.tenant_id);
    if (!isLimited) await limit(triggerId);
    isLimited = true;
    const challenge = challengeOf(receiver.config, message);
    if (challenge !== null) return { challenge };
    const reading = await readMessage(receiver.config, receiver, proof.verified, message);
    if (reading === null) return null;
    try {
      const taken = { triggerId, firingId: newId(), runId: newId(), reading };
      const { result } = await perform(servicesFor({ triggerId, version: receiver.version }), receiveWebhook, taken);
      return { firing: result.firing, isDuplicate: result.is_duplicate };
    } catch (error) {
      if (!(error instanceof Outdated) || tries === MOST_TRIES) throw error;
      receivers.forget(triggerId);
    }
  }
}

async function verified(
  { config }: Pick<VerbServices, "config">,
  triggerId: string,
  message: Message,
  { receiver, aheadMs }: Known,
) {
  if (receiver === null) return null;
  const now = Date.now() + aheadMs;
  const secrets = await Promise.all(
    secretsAt(receiver, now).map((encrypted) => decryptWebhookSecret(config.encryptionKeys, triggerId, encrypted)),
  );
  const found = await verifyMessage(receiver.config, secrets, message, now);
  return found && { receiver, verified: found };
}

/** The secrets that count at this time, encrypted: also the previous one, for a day after a rotation. */
function secretsAt(receiver: Receiver, nowMs: number): string[] {
  const { secret_encrypted: newest, previous_secret_encrypted: previous, previous_secret_until: until } = receiver;
  return previous !== null && until !== null && nowMs < Date.parse(until) ? [newest, previous] : [newest];
}
