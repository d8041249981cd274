/** How many requests to the database each operation of the API makes, and how many bytes they send. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import { fetch } from "undici";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";
import { credentialFor, SESSION_SETTINGS } from "../../test/support/callers.ts";
import { startBucket } from "../../test/support/node/bucket.ts";
import { type Call, OPERATIONS } from "../../test/support/operations.ts";
import { SETTINGS } from "../../test/support/settings.ts";
import {
  addDefinition,
  addRunnerSession,
  createStage,
  invokeDefinition,
  type Stage,
} from "../../test/support/stage.ts";
import type { Context } from "../support/context.ts";
import { scratch } from "../support/paths.ts";
import type { Report } from "../support/report.ts";
import { startRunner } from "../support/runner.ts";
import { bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

type Count = { operation: string; status: number; requests: number; statements: number; bytes: number };

const DATABASE = "bench_round_trips";
/** Longer than anything takes that follows an answer. Acceptances are recorded after a tenth of a second. */
const QUIET_MS = 250;
/** For how long a runner waits without getting a run. */
const IDLE_SECONDS = 5;

export async function countRoundTrips(context: Context): Promise<Report> {
  const build = await buildWorker("worker");
  const server = await context.server();
  await server.createDatabase(DATABASE);
  const held: (() => void)[] = [];
  // The runner delays its answer, so that recording the dispatch is not counted for the request itself.
  const runner = await startRunner(() => new Promise((resolve) => void held.push(resolve)));
  const vars = { ...bindings(server.url(DATABASE), server.endpointUrl), ...SETTINGS, ...SESSION_SETTINGS };
  const bucketFolder = join(scratch, "buckets", DATABASE);
  const bucket = await startBucket(bucketFolder);
  const options = { vars: { ...vars, PUBLIC_URL: "http://localhost:8787" }, bucket: bucket.address };
  const worker = await startWorker(build, options);
  const sent: SqlTransaction[] = [];
  server.watch(async (request) => {
    sent.push(request);
    return "continue";
  });
  neonConfig.fetchEndpoint = server.endpointUrl;

  const send = (method: string, path: string, key: string, body?: unknown, headers?: Record<string, string>) =>
    fetch(worker.url + path, {
      method,
      headers: {
        ...headers,
        Authorization: `Bearer ${key}`,
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  /** Lets the runner answer, and waits until nothing more is sent. Returns everything that was sent meanwhile. */
  async function settle(): Promise<SqlTransaction[]> {
    sent.length = 0;
    for (const release of held.splice(0)) release();
    for (let before = -1; before !== sent.length; await delay(QUIET_MS)) before = sent.length;
    return sent.splice(0);
  }

  async function count(stage: Stage, id: string, call: Call): Promise<Count> {
    const token = await credentialFor(stage.tenant, call);
    await settle();
    const response = await send(call.method, call.path, token, call.body, call.headers);
    const text = await response.text();
    const counted = { operation: id, status: response.status, ...sumOf(sent) };
    // No sweep has ended yet, so the service is not ready; and it has no hub here, so there are no streams.
    const isUnavailable = id === "readiness_check" || id.startsWith("stream_");
    if (response.status >= 300 && !isUnavailable) throw new Error(`${id}: ${response.status} ${text}`);
    return counted;
  }

  /** Counts the requests of a runner that waits at a Worker with Durable Objects without getting a run. */
  async function countIdle(stage: Stage): Promise<Count[]> {
    const token = await addRunnerSession(stage, await addDefinition(stage));
    const live = await startWorker(build, { ...options, objects: OBJECTS });
    let after: string | null = null;
    const wait = async (operation: string): Promise<Count> => {
      await settle();
      const response = await fetch(`${live.url}/v1/leases`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ request_id: crypto.randomUUID(), wait_seconds: IDLE_SECONDS, after }),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${operation}: ${response.status} ${text}`);
      const answer: { after: string | null } = JSON.parse(text);
      after = answer.after;
      return { operation, status: response.status, ...sumOf(sent) };
    };
    try {
      return [
        await wait("create_leases, waiting, and no run comes"),
        await wait("create_leases, waiting again with `after`"),
      ];
    } finally {
      await live.stop();
    }
  }

  try {
    context.progress("calling every operation");
    const newStage = (name: string) =>
      createStage({ send, database: { sql: neon(server.url(DATABASE)) } }, name, runner.url);
    const stage = await newStage("bench");
    // After its first answer an isolate tells which credentials it has seen, and then for an hour no more.
    await (await send("GET", "/v1/users/me", stage.tenant.owner.key)).text();
    const counts: Count[] = [];
    for (const [id, { call }] of Object.entries(OPERATIONS)) {
      counts.push(await count(stage, id, await call(stage)));
    }
    const ofOperations = [...counts];
    const wrong = ofOperations.filter(
      ({ operation, requests }) => requests !== (OPERATIONS[operation]?.databaseRequests ?? 1),
    );
    const ordinary = ofOperations.filter(({ operation }) => OPERATIONS[operation]?.databaseRequests !== 2);
    await settle();
    // A tenant of its own: that of the operations has endpoints to notify by now.
    const quiet = await newStage("quiet");
    await invokeDefinition(quiet, quiet.tenant.definitionId);
    await until(() => held[0]);
    const afterwards = { operation: "after the answer: the dispatch is written down", status: 0 };
    counts.push({ ...afterwards, ...sumOf(await settle()) });
    const idle = await countIdle(stage);
    counts.push(...idle);
    const [first, again] = idle.map(({ requests }) => requests);
    return {
      goals: [
        {
          goal: "database requests for each operation: 1; for the upload of a file 2",
          figure: [
            `${Math.max(...ordinary.map(({ requests }) => requests))} at most, in ${ordinary.length} operations`,
            `2 for an upload`,
            ...wrong.map(({ operation, requests }) => `${operation}: ${requests}`),
          ].join("; "),
          met: wrong.length === 0,
        },
        {
          goal: "database requests of a runner that waits, and to which no run comes: 1 at first, then 0",
          figure: `${first}, then ${again} in ${IDLE_SECONDS} s`,
          met: first === 1 && again === 0,
        },
      ],
      tables: [
        {
          title: "Requests to the database for each operation",
          columns: ["Operation", "Answer", "Requests", "Statements", "Bytes sent"],
          rows: counts.map(({ operation, status, requests, statements, bytes }) =>
            [operation, status || "–", requests, statements, bytes].map(String),
          ),
          notes: "Counted where the database is asked. Bytes are those of the statements and their parameters as JSON.",
        },
      ],
    };
  } finally {
    server.watch(undefined);
    for (const release of held) release();
    await worker.stop();
    bucket.close();
    rmSync(bucketFolder, { recursive: true, force: true });
    runner.stop();
    await server.dropDatabase(DATABASE);
  }
}

function sumOf(sent: readonly SqlTransaction[]): Pick<Count, "requests" | "statements" | "bytes"> {
  const statements = sent.flatMap((request) => request.statements);
  const bytes = statements.map(({ query, params }) => JSON.stringify({ query, params }).length);
  return { requests: sent.length, statements: statements.length, bytes: bytes.reduce((a, b) => a + b, 0) };
}

/** Waits for something that happens after an answer. */
async function until<Value>(find: () => Value | undefined): Promise<Value> {
  for (let tries = 0; tries < 500; tries++) {
    const value = find();
    if (value !== undefined) return value;
    await delay(10);
  }
  throw new Error("The requests after the answer were not sent within 5 s.");
}
