import { beforeEach, describe, expect, it } from "vitest";
import { reencryptSecrets } from "../../scripts/local/reencrypt.ts";
import { type KeyRing, parseKeyRing } from "../../src/base/key-ring.ts";
import { openDatabase } from "../../src/db/client.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { createTenant, type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";
import { createWebhook } from "../triggers/inbound-support.ts";

const NEW = `k2:${btoa("fedcba9876543210fedcba9876543210")}`;

const ring = (text: string): KeyRing => {
  const keys = parseKeyRing(text);
  if (!keys) throw new Error("The test's keys are no key ring.");
  return keys;
};

const [newOnly, both] = [ring(NEW), ring(`${NEW},${SETTINGS.ENCRYPTION_KEY}`)];

let service: Service;

beforeEach(async () => {
  service = await startService();
});

const reencrypt = (keys: KeyRing) =>
  reencryptSecrets(
    openDatabase({
      databaseUrl: service.database.url,
      neonFetchEndpoint: service.database.sqlEndpoint,
      databaseTimeoutSeconds: 10,
    }),
    keys,
  );

async function readSecret(tenant: TestTenant): Promise<string> {
  const [row] = await service.database.sql`
    select webhook_secret_encrypted from workflow_definitions where id = ${tenant.definitionId}`;
  return String(row?.webhook_secret_encrypted);
}

describe("npm run reencrypt-secrets", () => {
  it("makes the older key unnecessary: the newest one decrypts every secret, and nothing is left to do", async () => {
    const tenants = [];
    for (let n = 0; n < 3; n++) tenants.push(await createTenant(service.database, { runnerUrl: BUSY_RUNNER }));
    await createTenant(service.database);
    expect(await reencrypt(both)).toBe(3);
    for (const tenant of tenants) {
      const encrypted = await readSecret(tenant);
      expect(await decryptWebhookSecret(newOnly, tenant.definitionId, encrypted)).toBe(WEBHOOK_SECRET);
    }
    expect(await reencrypt(both)).toBe(0);
  });

  it("also encrypts the secrets of notification endpoints, the new and the old", async () => {
    const tenant = await createTenant(service.database);
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    const rotated = await service.send("POST", `${endpoint.path}/rotate-secret`, tenant.owner.key);
    const { secret } = await rotated.json<{ secret: string }>();
    expect(await reencrypt(both)).toBe(2);
    const [row] = await service.database.sql`select * from notification_endpoints where id = ${endpoint.id}`;
    const stored = [row?.secret_encrypted, row?.previous_secret_encrypted];
    const secrets = await Promise.all(stored.map((text) => decryptWebhookSecret(newOnly, endpoint.id, text)));
    expect(secrets).toEqual([secret, endpoint.secret]);
  });

  it("also encrypts the secrets of triggers, the new and the old", async () => {
    const tenant = await createTenant(service.database);
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const rotated = await service.send("POST", `/v1/triggers/${hook.id}/rotate-secret`, tenant.owner.key);
    const { secret } = await rotated.json<{ secret: string }>();
    expect(await reencrypt(both)).toBe(2);
    const [row] = await service.database.sql`select * from triggers where id = ${hook.id}`;
    const stored = [row?.secret_encrypted, row?.previous_secret_encrypted];
    const secrets = await Promise.all(stored.map((text) => decryptWebhookSecret(newOnly, hook.id, text)));
    expect(secrets).toEqual([secret, hook.secret]);
  });

  it("leaves a previous secret as it is once nothing reads it any more, also when its key is lost", async () => {
    const tenant = await createTenant(service.database);
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const { sql } = service.database;
    const lost = "k0.of-a-key-that-nobody-has";
    await sql`
      update notification_endpoints set previous_secret_encrypted = ${lost}, previous_secret_until = now() - interval '1 second'
      where id = ${endpoint.id}`;
    await sql`
      update triggers set previous_secret_encrypted = ${lost}, previous_secret_until = now() - interval '1 second'
      where id = ${hook.id}`;
    expect([await reencrypt(both), await reencrypt(both)]).toEqual([2, 0]);
  });

  it("handles many pages", async () => {
    const tenant = await createTenant(service.database);
    const { sql } = service.database;
    const old = ring(SETTINGS.ENCRYPTION_KEY);
    const ids = Array.from({ length: 205 }, () => crypto.randomUUID());
    const encrypted = await Promise.all(ids.map((id) => encryptWebhookSecret(old, id, WEBHOOK_SECRET)));
    await sql.transaction([
      sql`
        insert into path_parts (id, tenant_id, name, part_type, materialized_path)
        select id, ${tenant.id}, id, 'WORKFLOW_DEFINITION', '/' || id from unnest(${ids}::uuid[]) id`,
      sql`
        insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url,
          webhook_secret_encrypted, source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
        select new.id, tenant_id, new.id, name, runner_type, ${BUSY_RUNNER}, new.secret,
          source_path_part_ids, instruction_path_part_ids, output_path_part_ids
        from workflow_definitions d, unnest(${ids}::uuid[], ${encrypted}::text[]) new (id, secret)
        where d.id = ${tenant.definitionId}`,
    ]);
    expect(await reencrypt(both)).toBe(205);
    expect(await reencrypt(both)).toBe(0);
  });

  it("stops with the name of the key that is missing, and changes nothing", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const before = await readSecret(tenant);
    await expect(reencrypt(newOnly)).rejects.toThrow('no key "k1"');
    expect(await readSecret(tenant)).toBe(before);
  });
});
