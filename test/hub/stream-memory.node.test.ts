/** How much of an isolate's heap an open request needs. Runs in Node, with the built Worker. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { z } from "zod";
import { findFreePort } from "../../scripts/local/ports.ts";
import { MOST_STREAMS } from "../../src/http/live/live.ts";
import { inTurn } from "../support/in-turn.ts";
import { invokePath } from "../support/lifecycle.ts";
import { startStack } from "../support/node/killable-stack.ts";
import { createTenant } from "../support/tenant.ts";
import { readHeap } from "./isolate-heap.ts";

const TENANTS = 6;

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

type Kind = { kind: string; path: (runId: string) => string; headers?: Record<string, string>; isAnsweredLater?: true };

const KINDS: Kind[] = [
  { kind: "a quiet stream of the tenant's runs", path: () => "/v1/workflow-runs/stream" },
  { kind: "a quiet stream of a run and its log", path: (runId) => `/v1/workflow-runs/${runId}/stream?log=true` },
  {
    kind: "a request that waits for the end of a run",
    path: (runId) => `/v1/workflow-runs/${runId}`,
    headers: { Prefer: "wait=60" },
    isAnsweredLater: true,
  },
];

/** Opens a request that stays open. Returns its status, as soon as it has one. */
function open(url: string, key: string, { headers, isAnsweredLater }: Kind): Promise<number | "waits"> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { Authorization: `Bearer ${key}`, ...headers } }, (response) => {
      response.on("error", () => {}).resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
    if (isAnsweredLater) request.on("finish", () => resolve("waits"));
    endings.push(() => request.destroy());
  });
}

it.each(inTurn(KINDS, 1, "memory"))(
  "$kind needs less than 100 KiB of the heap, one of 240 with their sockets at the hubs",
  async (kind) => {
    const inspectorPort = await findFreePort();
    const { baseUrl, sql } = await startStack(endings, { cronMs: 3_600_000, hasObjects: true, inspectorPort });
    const urls: { key: string; url: string }[] = [];
    for (let n = 0; n < TENANTS; n++) {
      const tenant = await createTenant({ sql });
      await sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
      for (const { key } of [tenant.owner, tenant.admin]) {
        const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
        const invoked = await fetch(baseUrl + invokePath(tenant), { method: "POST", headers, body: "{}" });
        const { id } = z.object({ id: z.string() }).parse(await invoked.json());
        urls.push({ key, url: baseUrl + kind.path(id) });
      }
    }
    // What the first one loads is not of each.
    const [first] = urls;
    await open(first?.url ?? "", first?.key ?? "", kind);
    await delay(2_000);
    const before = await readHeap(baseUrl, inspectorPort);
    const statuses = [];
    for (const [n, { url, key }] of urls.entries()) {
      const ofOne = Array.from({ length: n === 0 ? MOST_STREAMS - 1 : MOST_STREAMS }, () => open(url, key, kind));
      statuses.push(...(await Promise.all(ofOne)));
    }
    expect([statuses.length, new Set(statuses)]).toEqual([239, new Set([kind.isAnsweredLater ? "waits" : 200])]);
    // Each reads once more after it has subscribed.
    await delay(5_000);
    const kibOfEach = ((await readHeap(baseUrl, inspectorPort)) - before) / 239 / 1024;
    console.log(`Of the heap, ${kind.kind} needs ${kibOfEach.toFixed(1)} KiB.`);
    expect(kibOfEach).toBeGreaterThan(1);
    expect(kibOfEach).toBeLessThan(100);
  },
);
