import { and, eq, sql } from "drizzle-orm";
import type { KeyRing } from "../../src/base/key-ring.ts";
import type { Database } from "../../src/db/client.ts";
import { workflowDefinitions } from "../../src/db/tables.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";

/** The port of the example runner, its webhook secret, and the keys with which that is encrypted. */
export type ExampleRunner = { runnerPort: number; webhookSecret: string; encryptionKeys: KeyRing };

type RunnerColumns = { runnerUrl: string; webhookSecretEncrypted: string };

/**
 * Points the definition to the example runner again, when the example runner had another port at an earlier start, or when the
 * key that encrypted its secret is gone. A definition to which somebody gave another runner is not changed.
 */
export async function followExampleRunner(db: Database, runner: ExampleRunner, definitionId: string): Promise<void> {
  const { id, runnerUrl, webhookSecretEncrypted } = workflowDefinitions;
  const columns = await runnerColumns(runner, definitionId);
  const [known] = await db
    .select({ url: runnerUrl, encrypted: webhookSecretEncrypted })
    .from(workflowDefinitions)
    .where(eq(id, definitionId));
  if (!known?.url || !known.encrypted || !/^http:\/\/localhost:\d+$/.test(known.url)) return;
  const secret = await decryptWebhookSecret(runner.encryptionKeys, definitionId, known.encrypted).catch(() => null);
  const isOurs = secret === null || secret === runner.webhookSecret;
  const isRight = secret !== null && known.url === columns.runnerUrl;
  if (!isOurs || isRight) return;
  await db
    .update(workflowDefinitions)
    .set({ ...columns, updatedAt: sql`statement_timestamp()` })
    .where(and(eq(id, definitionId), eq(webhookSecretEncrypted, known.encrypted)));
}

/** The columns of a definition with the example runner. */
export async function runnerColumns(
  { runnerPort, encryptionKeys, webhookSecret }: ExampleRunner,
  definitionId: string,
): Promise<RunnerColumns> {
  return {
    runnerUrl: `http://localhost:${runnerPort}`,
    webhookSecretEncrypted: await encryptWebhookSecret(encryptionKeys, definitionId, webhookSecret),
  };
}
