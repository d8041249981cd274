import { beforeEach, describe, expect, it } from "vitest";
import { DEMO, seedDemo } from "../../scripts/local/demo.ts";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { readConfig } from "../../src/config.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";

let service: Service;

beforeEach(async () => {
  service = await startService();
});

const { encryptionKeys } = readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused" });

const seed = (runnerPort: number, keys = encryptionKeys) =>
  seedDemo({
    databaseUrl: service.database.url,
    neonFetchEndpoint: service.database.sqlEndpoint,
    encryptionKeys: keys,
    runnerPort,
  });

async function readDefinition() {
  const [row] = await service.database.sql`
    select runner_url as url, webhook_secret_encrypted as secret
    from workflow_definitions where id = ${DEMO.quarterlyReportId}`;
  return { url: String(row?.url), secret: String(row?.secret) };
}

const put = async (url: string, secret: string) => service.database.sql`
  update workflow_definitions set runner_url = ${url},
    webhook_secret_encrypted = ${await encryptWebhookSecret(encryptionKeys, DEMO.quarterlyReportId, secret)}
  where id = ${DEMO.quarterlyReportId}`;

describe("the demo data", () => {
  it("has a definition that can be invoked, and a RUNNING run with a time limit of 24 hours", async () => {
    const runner = await startFakeRunner();
    await seed(Number(new URL(runner.url).port));
    const path = `/v1/workflow-definitions/${DEMO.quarterlyReportId}/invoke`;
    expect((await service.send("POST", path, DEMO.owner.key)).status).toBe(202);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
    const run = await service.get(`/v1/workflow-runs/${DEMO.runs.running}`, DEMO.owner.key);
    expect(await run.json()).toMatchObject({ status: "RUNNING" });
  });

  it("has no workflow without a runner and no run without a template, which some generated clients cannot read", async () => {
    await seed(8788);
    const read = async (path: string) => {
      const response = await service.get(`/v1/${path}?limit=100`, DEMO.owner.key);
      const { items } = await response.json<{ items: Record<string, unknown>[] }>();
      return items;
    };
    const definitions = await read("workflow-definitions");
    expect(definitions).toHaveLength(5);
    for (const definition of definitions) {
      expect(definition).toMatchObject({ runner_config: { url: "http://localhost:8788" } });
      expect(definition.template_path_part_id).toEqual(expect.any(String));
    }
    const { sql } = service.database;
    const [counts] = await sql`
      select count(*)::int as runs, count(*) filter (where run_snapshot ->> 'template' is not null)::int as templates
      from workflow_runs`;
    expect(counts?.runs).toBeGreaterThan(100);
    expect(counts?.templates).toBe(counts?.runs);
  });

  it("is the same after it was loaded again", async () => {
    const { sql } = service.database;
    const read = async () => [
      await sql`select * from workflow_definitions order by id`,
      await sql`select * from workflow_runs order by id`,
      await sql`select * from workflow_run_events order by id`,
      await sql`select * from path_parts order by id`,
    ];
    await seed(8788);
    const before = await read();
    await seed(8788);
    expect(await read()).toEqual(before);
  });

  it("follows the example runner to another port, and to another key when its own is gone", async () => {
    await seed(8788);
    await seed(9999);
    const { url, secret } = await readDefinition();
    expect(url).toBe("http://localhost:9999");
    expect(await decryptWebhookSecret(encryptionKeys, DEMO.quarterlyReportId, secret)).toBe(DEMO.webhookSecret);

    const other = parseKeyRing(`other:${btoa("fedcba9876543210fedcba9876543210")}`);
    if (!other) throw new Error("The key of the test is not a key ring.");
    await seed(9999, other);
    const { secret: encrypted } = await readDefinition();
    expect(await decryptWebhookSecret(other, DEMO.quarterlyReportId, encrypted)).toBe(DEMO.webhookSecret);
  });

  it.each([
    ["https://runner.example.com/hook", DEMO.webhookSecret],
    ["http://localhost:8788/hook", DEMO.webhookSecret],
    ["http://localhost:8788", "a secret of their own"],
  ])("keeps the runner that somebody has given it: %s, %s", async (url, secret) => {
    await seed(8788);
    await put(url, secret);
    const before = await readDefinition();
    await seed(9999);
    expect(await readDefinition()).toEqual(before);
  });

  it("keeps its definition without a runner when somebody has removed the runner", async () => {
    await seed(8788);
    await service.database.sql`
      update workflow_definitions set runner_url = null, webhook_secret_encrypted = null
      where id = ${DEMO.quarterlyReportId}`;
    await seed(8788);
    expect((await readDefinition()).url).toBe("null");
  });
});
