/** A run from its invoke to its callback, for which a runner gets a webhook. */
import { request } from "undici";
import type { Webhook } from "./runner.ts";
import { definitionId } from "./seed.ts";

/** A Worker that accepts invokes, and the definitions or queues that it has. */
export type Service = { invokeUrl: (n: number) => string; headers: Record<string, string> };

/** Who is told of the webhooks of each definition. */
export type Listeners = Map<string, (webhook: Webhook) => void>;

export async function sendJson(url: string, headers: Record<string, string>, body = "{}"): Promise<void> {
  const answer = await request(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body,
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`POST ${url}: ${answer.statusCode} ${text}`);
}

export const callBack = ({ callbackUrl, callbackToken }: Webhook) =>
  sendJson(callbackUrl, { authorization: `Bearer ${callbackToken}` }, '{"status":"COMPLETED"}');

/** One run of a definition whose slot is free. Returns how long it took, and how long until the runner had it, in ms. */
export async function cycle(
  { invokeUrl, headers }: Service,
  listeners: Listeners,
  n: number,
): Promise<{ ms: number; toRunnerMs: number }> {
  const began = performance.now();
  const received = new Promise<{ webhook: Webhook; toRunnerMs: number }>((resolve) =>
    listeners.set(definitionId(n), (webhook) => resolve({ webhook, toRunnerMs: performance.now() - began })),
  );
  const [{ webhook, toRunnerMs }] = await Promise.all([received, sendJson(invokeUrl(n), headers)]);
  await callBack(webhook);
  return { ms: performance.now() - began, toRunnerMs };
}
