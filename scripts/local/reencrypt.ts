import type { Database } from "../../src/db/client.ts";
import type { KeyRing } from "../../src/key-ring.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/runners/secret-box.ts";
import { listSecretsOfOtherKeys, replaceSecret } from "../../src/workflows/webhook-secrets.ts";

const PAGE = 100;

/**
 * Encrypts with the newest key every webhook secret that was encrypted with another key, and returns how many these were. A
 * secret that is changed at the same time is skipped, since the change encrypts it with the newest key.
 */
export async function reencryptSecrets(db: Database, keys: KeyRing): Promise<number> {
  let count = 0;
  let afterId: string | null = null;
  for (;;) {
    const page = await listSecretsOfOtherKeys(db, { keyId: keys.newest.id, afterId, limit: PAGE });
    for (const stored of page) {
      const secret = await decryptWebhookSecret(keys, stored.id, stored.encrypted);
      if (await replaceSecret(db, stored, await encryptWebhookSecret(keys, stored.id, secret))) count += 1;
      afterId = stored.id;
    }
    if (page.length < PAGE) return count;
  }
}
