import type { KeyRing } from "../base/key-ring.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { decryptWebhookSecret } from "../webhooks/secret-box.ts";
import { definitionProblem } from "./refusals.ts";
import { type DefinitionContent, type IfMatch, replaceDefinition } from "./workflow-verbs.ts";

/**
 * Replaces a definition, and returns it with its new ETag. When it is another version than those of `ifMatch`, but has this content and this
 * secret already, it is returned as it is.
 * @throws as {@link replaceDefinition} is refused
 */
export async function saveDefinition(services: VerbServices, content: DefinitionContent & IfMatch) {
  const { stored_secret: stored, ...saved } = (await perform(services, replaceDefinition, content)).result;
  const given = content.runner?.webhookSecretEncrypted ?? null;
  if (stored !== undefined && given !== null) {
    if (!(await isSameSecret(services.config.encryptionKeys, content.id, stored, given))) {
      throw definitionProblem({ refused: "changed" }, "change");
    }
  }
  return saved;
}

async function isSameSecret(keys: KeyRing, id: string, stored: string, given: string): Promise<boolean> {
  const [one, other] = await Promise.all([stored, given].map((text) => decryptWebhookSecret(keys, id, text)));
  return one === other;
}
