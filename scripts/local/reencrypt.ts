import type { Database } from "../../src/db/client.ts";
import type { KeyRing } from "../../src/key-ring.ts";
import { listEndpointSecretsOfOtherKeys, replaceEndpointSecret, SECRET_COLUMNS } from "../../src/notify/secrets.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { listSecretsOfOtherKeys, replaceSecret } from "../../src/workflows/webhook-secrets.ts";

const PAGE = 100;

type Stored = { id: string; encrypted: string };
type Page = { keyId: string; afterId: string | null; limit: number };

/** Where secrets are stored: the webhook secrets of definitions, and those of notification endpoints. */
const PLACES: {
  list(db: Database, page: Page): Promise<Stored[]>;
  replace(db: Database, stored: Stored, by: string): Promise<boolean>;
}[] = [
  { list: listSecretsOfOtherKeys, replace: replaceSecret },
  ...SECRET_COLUMNS.map((column) => ({
    list: (db: Database, page: Page) => listEndpointSecretsOfOtherKeys(db, column, page),
    replace: (db: Database, stored: Stored, by: string) => replaceEndpointSecret(db, column, stored, by),
  })),
];

/**
 * Encrypts every secret with the newest key that is encrypted with another key. Returns the number of these secrets. A secret
 * that is changed at the same time is skipped, since the change encrypts it with the newest key.
 */
export async function reencryptSecrets(db: Database, keys: KeyRing): Promise<number> {
  let count = 0;
  for (const { list, replace } of PLACES) {
    let page: Stored[] = [];
    do {
      page = await list(db, { keyId: keys.newest.id, afterId: page.at(-1)?.id ?? null, limit: PAGE });
      for (const stored of page) {
        const secret = await decryptWebhookSecret(keys, stored.id, stored.encrypted);
        if (await replace(db, stored, await encryptWebhookSecret(keys, stored.id, secret))) count += 1;
      }
    } while (page.length === PAGE);
  }
  return count;
}
