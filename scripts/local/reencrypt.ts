import type { KeyRing } from "../../src/base/key-ring.ts";
import type { Database } from "../../src/db/client.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import {
  listSecretsOfOtherKeys,
  replaceSecret,
  SECRET_PLACES,
  type StoredSecret,
} from "../../src/webhooks/stored-secrets.ts";

const PAGE = 100;

/**
 * Encrypts every secret that is in use and not encrypted with the newest key. Returns the number of these secrets. A secret
 * that is changed at the same time is skipped, since the change encrypts it with the newest key.
 */
export async function reencryptSecrets(db: Database, keys: KeyRing): Promise<number> {
  let count = 0;
  for (const place of SECRET_PLACES) {
    let page: StoredSecret[] = [];
    do {
      page = await listSecretsOfOtherKeys(db, place, {
        keyId: keys.newest.id,
        afterId: page.at(-1)?.id ?? null,
        limit: PAGE,
      });
      for (const stored of page) {
        const secret = await decryptWebhookSecret(keys, stored.id, stored.encrypted);
        if (await replaceSecret(db, place, stored, await encryptWebhookSecret(keys, stored.id, secret))) count += 1;
      }
    } while (page.length === PAGE);
  }
  return count;
}
