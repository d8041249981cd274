/** The Worker of the recorded release through the whole table of operations, with today's tables and functions. */
import { neon, neonConfig } from "@neondatabase/serverless";
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { readReleasedWorker } from "../../scripts/local/release.ts";
import { credentialFor, SESSION_SETTINGS } from "../support/callers.ts";
import { callOf, OPERATIONS, statusWithHubs } from "../support/operations.ts";
import { SETTINGS } from "../support/settings.ts";
import { createStage, type Stage, type StageService } from "../support/stage.ts";
import { RELEASE, useWorkers } from "./world.ts";

const startWorker = useWorkers();
let worker: BuiltWorker;
let stage: Stage;

let addresses = 0;

/** Sends a request, each from another address, since all that comes from one has a limit. A stream is not read before it is asked for. */
const send = (...[method, path, key, body, headers]: Parameters<StageService["send"]>) =>
  fetch(`${worker.url}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...{ "CF-Connecting-IP": `198.51.100.${++addresses % 256}`, Authorization: `Bearer ${key}` },
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

type Schema = { $ref?: string; properties?: Record<string, unknown>; additionalProperties?: unknown };
type Described = {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type ReleasedDocument = {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
};

/** The body as a client of that release sends it: without the fields that are newer, which the release refuses. */
function bodyFor({ components }: ReleasedDocument, { requestBody }: Described, body: unknown): unknown {
  const named = requestBody?.content["application/json"]?.schema;
  const schema = named?.$ref === undefined ? named : components.schemas[named.$ref.split("/").at(-1) ?? ""];
  const properties = schema?.properties;
  if (properties === undefined || schema?.additionalProperties !== false) return body;
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in properties));
}

/** The path as a client of that release sends it: without the query parameters that are newer, which the release refuses. */
function pathFor({ parameters = [] }: Described, path: string): string {
  const url = new URL(path, worker.url);
  const known = parameters.filter((one) => one.in === "query").map(({ name }) => name);
  for (const name of [...url.searchParams.keys()]) if (!known.includes(name)) url.searchParams.delete(name);
  return url.pathname + url.search;
}

beforeAll(async () => {
  // The Worker is asked over http, as in the local stack.
  const { PUBLIC_URL: _, ...settings } = SETTINGS;
  worker = await startWorker(readReleasedWorker(), { vars: { ...settings, ...SESSION_SETTINGS }, hasBucket: true });
  const { DATABASE_URL = "", NEON_FETCH_ENDPOINT = "" } = worker.vars;
  neonConfig.fetchEndpoint = NEON_FETCH_ENDPOINT;
  // The readiness check looks at the last sweep.
  await worker.sweep();
  stage = await createStage({ database: { sql: neon(DATABASE_URL) }, send }, "release");
});

describe(`the Worker of ${RELEASE}, with today's tables and functions`, () => {
  it("answers each operation that it has as the table of operations says", async () => {
    const { body } = await worker.request("GET", "/openapi.json");
    const document: ReleasedDocument = JSON.parse(body);
    const described = Object.values(document.paths).flatMap((path) => Object.values(path));
    const ids = described.map(({ operationId }) => operationId);
    expect(ids.length).toBeGreaterThan(90);
    expect(ids.filter((id) => !(id in OPERATIONS))).toEqual([]);
    const answered: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const known of described) {
      const id = known.operationId;
      const operation = OPERATIONS[id];
      if (operation === undefined) continue;
      const call = await callOf(id, stage);
      const credential = await credentialFor(stage.tenant, call);
      const answer = await send(
        ...([call.method, pathFor(known, call.path), credential] as const),
        ...([bodyFor(document, known, call.body), call.headers] as const),
      );
      expected[id] = statusWithHubs(operation, call.invitedEmail !== undefined);
      answered[id] = answer.ok || answer.status === expected[id] ? answer.status : await answer.text();
      // A stream would go on.
      if (!answer.bodyUsed) await answer.body?.cancel();
    }
    expect(answered).toEqual(expected);
  });
});
