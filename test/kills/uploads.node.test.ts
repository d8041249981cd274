/**
 * Kills the Worker (`kill -9`) in each step of an upload, and of the deletion of objects. At each moment, every object has a row and every
 * stored file an object. The bucket is outside of the Worker's process, and can hold a request in any step. Runs in Node, with the
 * built Worker in workerd itself.
 */
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildService } from "../../scripts/local/bundle.ts";
import { root } from "../../scripts/local/folders.ts";
import { SWEEP_PATH, sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import { startWorkerd, type Workerd } from "../../scripts/local/workerd.ts";
import { type BucketServer, type BucketStep, startBucket } from "../support/node/bucket.ts";
import { type Sql, startDatabase } from "../support/node/killable-stack.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

/** So large that it comes in many pieces. */
const CONTENT = "0123456789abcdef".repeat(256 * 1024);

const endings: (() => unknown)[] = [];
let sql: Sql;
let bucket: BucketServer;
let tenant: TestTenant;
let worker: Workerd;
let start: () => Promise<Workerd>;
/** A verb that is executed, and whose answer never comes. */
let held: { verb: string; reach: () => void } | null = null;

beforeAll(async () => {
  const database = await startDatabase(endings, async ({ statements, run }) => {
    if (held === null || !statements.some(({ query }) => query.includes(held?.verb ?? ""))) return "continue";
    await run();
    held.reach();
    return "handled";
  });
  sql = database.sql;
  bucket = await startBucket(join(database.folder, "bucket"));
  endings.push(bucket.close);
  const { modules } = await buildService(relative(root, join(database.folder, "built")));
  const vars = { ...database.vars, PUBLIC_URL: "http://localhost:8787" };
  start = () => startWorkerd({ modules, vars, wrapper: sweepWrapper, bucket: bucket.address });
  worker = await start();
  endings.push(() => worker.stop());
  tenant = await createTenant({ sql }, { runnerUrl: "http://127.0.0.1:9/" });
  await sql`update workflow_definitions set max_running = 50 where id = ${tenant.definitionId}`;
});

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

const ask = (method: string, path: string, token: string, body?: string) =>
  fetch(worker.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body }),
  });

/** A new RUNNING run with the path of a file, and how that is uploaded. */
async function newRun() {
  const invoked = await ask("POST", `/v1/workflow-definitions/${tenant.definitionId}/invoke`, tenant.owner.key, "{}");
  const { id } = (await invoked.json()) as { id: string };
  const path = `/v1/workflow-runs/${id}/artifacts/a.txt`;
  const token = await runToken(tenant, id);
  const upload = async () => (await ask("PUT", path, token, CONTENT)).status;
  const download = async () => {
    const response = await ask("GET", path, tenant.owner.key);
    const text = await response.text();
    return response.status === 200 ? text === CONTENT : response.status;
  };
  return { upload, download };
}

/** Holds what is called at a step, of the bucket or after a verb of the database, and kills the Worker there. */
async function killAt(step: BucketStep | { after: string }, action: () => Promise<unknown>): Promise<void> {
  const reached =
    typeof step === "string"
      ? bucket.holdAt(step)
      : new Promise<void>((reach) => {
          held = { verb: step.after, reach };
        });
  const ended = action().then(
    (answer) => answer,
    () => "cut",
  );
  await reached;
  await worker.stop();
  expect(await ended).toBe("cut");
  bucket.release();
  held = null;
  worker = await start();
}

async function sweep(): Promise<void> {
  expect((await fetch(worker.url + SWEEP_PATH)).status).toBe(200);
}

/** Lets an hour pass for uploads that have begun, and for deletions that were claimed. */
async function passAnHour(): Promise<void> {
  await sql`update workflow_run_artifacts set created_at = created_at - interval '1 hour'`;
  await sql`update artifact_deletions set due_at = due_at - interval '1 hour'`;
}

/** Objects without a row, and stored files without an object. */
async function findFaults(): Promise<string[]> {
  const files = await sql`
    select public.artifact_key(tenant_id, run_id, attempt, id) as key, stored_at is not null as is_stored
    from workflow_run_artifacts
    union all select key, false from artifact_deletions`;
  const [keys, known] = [bucket.keys(), new Set(files.map(({ key }) => key))];
  return [
    ...keys.filter((key) => !known.has(key)).map((key) => `an object without a row: ${key}`),
    ...files.flatMap(({ key, is_stored }) =>
      is_stored && !keys.includes(key) ? [`a file without an object: ${key}`] : [],
    ),
  ];
}

/** After an hour and a sweep, there are the stored files, their objects, and nothing else. */
async function expectOnlyFiles(count: number): Promise<void> {
  await passAnHour();
  await sweep();
  const rows = await sql`select from workflow_run_artifacts`;
  const deletions = await sql`select from artifact_deletions`;
  expect([rows.length, bucket.keys().length, deletions.length, await findFaults()]).toEqual([count, count, 0, []]);
}

let files = 0;

it.each<[string, BucketStep | { after: string }, { objects: number; isStored: boolean }]>([
  ["has reserved the row", { after: "reserve_artifact" }, { objects: 0, isStored: false }],
  ["begins to send the content to the bucket", "begun", { objects: 0, isStored: false }],
  ["has sent a part of the content", "partly", { objects: 0, isStored: false }],
  ["has stored the object", "stored", { objects: 1, isStored: false }],
  ["has recorded the object", { after: "commit_artifact" }, { objects: 1, isStored: true }],
])(
  "a Worker that is killed when it %s leaves no file in part, and the upload can be repeated",
  async (_, step, { objects, isStored }) => {
    const { upload, download } = await newRun();
    const before = bucket.keys().length;
    await killAt(step, upload);
    expect([await findFaults(), bucket.keys().length - before]).toEqual([[], objects]);
    expect(await download()).toBe(isStored ? true : 404);
    // Nobody knows yet that the upload has ended, so a sweep leaves it alone.
    await sweep();
    expect([await findFaults(), bucket.keys().length - before]).toEqual([[], objects]);
    expect([await upload(), await download(), await findFaults()]).toEqual([isStored ? 200 : 201, true, []]);
    files += 1;
    await expectOnlyFiles(files);
    expect(await download()).toBe(true);
  },
);

it("a Worker that is killed after each of those steps, and is not asked again, leaves nothing of files that were not recorded", async () => {
  for (const step of [{ after: "reserve_artifact" }, "begun", "partly", "stored"] as const) {
    const { upload, download } = await newRun();
    await killAt(step, upload);
    await expectOnlyFiles(files);
    expect(await download()).toBe(404);
  }
});

it.each<[string, BucketStep | { after: string }]>([
  ["has claimed the objects", { after: "claim_artifact_deletions" }],
  ["has deleted the objects", "deleted"],
])(
  "a Worker that is killed in a sweep when it %s leaves no object and no deletion to the next one",
  async (_, step) => {
    const { upload, download } = await newRun();
    expect([await upload(), await upload()]).toEqual([201, 200]);
    files += 1;
    expect(bucket.keys()).toHaveLength(files + 1);
    await killAt(step, sweep);
    expect([await findFaults(), await download()]).toEqual([[], true]);
    await expectOnlyFiles(files);
  },
);
