/** How much of an isolate's heap a quiet stream needs. Runs in Node, with the built Worker. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { findFreePort } from "../../scripts/local/ports.ts";
import { MOST_STREAMS } from "../../src/http/live/live.ts";
import { startStack } from "../support/node/killable-stack.ts";
import { createTenant } from "../support/tenant.ts";
import { readHeap } from "./isolate-heap.ts";

const TENANTS = 4;

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

/** Opens a stream that stays open, and returns its status. */
function openStream(baseUrl: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${key}` };
    const request = get(`${baseUrl}/v1/workflow-runs/stream`, { agent: false, headers }, (response) => {
      response.on("error", () => {}).resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
    endings.push(() => request.destroy());
  });
}

it("240 quiet streams need less than 100 KiB of the heap each, with their sockets at the hubs", async () => {
  const inspectorPort = await findFreePort();
  const { baseUrl, sql } = await startStack(endings, { cronMs: 3_600_000, hasObjects: true, inspectorPort });
  const people = [];
  for (let n = 0; n < TENANTS; n++) {
    const { owner, admin, user } = await createTenant({ sql });
    people.push(owner, admin, user);
  }
  // What the first stream loads is not of each stream.
  expect(await openStream(baseUrl, people[0]?.key ?? "")).toBe(200);
  await delay(2_000);
  const before = await readHeap(baseUrl, inspectorPort);
  const statuses = [];
  for (const [n, { key }] of people.entries()) {
    const streams = Array.from({ length: n === 0 ? MOST_STREAMS - 1 : MOST_STREAMS }, () => openStream(baseUrl, key));
    statuses.push(...(await Promise.all(streams)));
  }
  expect([statuses.length, new Set(statuses)]).toEqual([239, new Set([200])]);
  // Each reads once more after it has subscribed.
  await delay(5_000);
  const kibOfEach = ((await readHeap(baseUrl, inspectorPort)) - before) / 239 / 1024;
  console.log(`A quiet stream needs ${kibOfEach.toFixed(1)} KiB of the heap.`);
  expect(kibOfEach).toBeGreaterThan(1);
  expect(kibOfEach).toBeLessThan(100);
});
