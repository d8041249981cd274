import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { type Finding, type Service, send } from "./smoke-checks.ts";

/** The time limit for the first dispatch, which is sent at once and may take 15 seconds. */
const DISPATCH_LIMIT_MS = 30_000;
const RESULT_LIMIT_MS = 30_000;
const POLL_MS = 300;

const identified = z.object({ id: z.string() });
const part = z.object({ path_part_id: z.string() });
const dispatched = z.object({ run_id: z.string(), callback_url: z.url(), callback_token: z.string() });
const message = z.object({ type: z.string(), data: dispatched.partial() });
const state = z.object({ status: z.string(), error: z.string().nullish() });
const events = z.object({
  items: z.array(z.object({ type: z.string(), detail: z.object({ reason: z.string().optional() }).nullish() })),
});

type Dispatch = z.infer<typeof dispatched>;

/**
 * A port of this machine (0: any free one), and the URL at which the service reaches it (null: the service is on this machine).
 */
export type Runner = { port: number; url: string | null };

/**
 * Creates a workflow, tries one run from invoke to callback, and removes everything again. Without a runner, which a run needs,
 * it only creates and removes the workflow.
 */
export async function tryWorkflow(service: Service, runner: Runner | null): Promise<Finding> {
  const secret = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;
  const listener = runner && (await listen(runner.port, secret));
  let folderId: string | undefined;
  let definitionId: string | undefined;
  try {
    const add = async (name: string, part_type: string, parent_path_id: string | null) =>
      part.parse(await send(service, "POST", "/v1/path-parts", { name, part_type, parent_path_id })).path_part_id;
    folderId = await add(`smoke-test-${crypto.randomUUID()}`, "FOLDER", null);
    const [input, instructions, output] = [
      await add("numbers.csv", "DOCUMENT", folderId),
      await add("how-to.md", "DOCUMENT", folderId),
      await add("out", "FOLDER", folderId),
    ];
    const definition = {
      name: `Smoke test ${crypto.randomUUID()}`,
      runner_type: "SELF_HOSTED",
      ...(listener && {
        runner_config: { url: runner?.url ?? `http://127.0.0.1:${listener.port}/`, webhook_secret: secret },
      }),
      max_run_duration_seconds: 120,
      source_path_part_ids: [input],
      instruction_path_part_ids: [instructions],
      output_path_part_ids: [output],
    };
    definitionId = identified.parse(await send(service, "POST", "/v1/workflow-definitions", definition)).id;
    if (listener === null) {
      return { skipped: "A workflow was made and removed. For a run, say with --runner-url where a runner can be." };
    }
    const began = Date.now();
    const invoked = await send(service, "POST", `/v1/workflow-definitions/${definitionId}/invoke`, {});
    const runId = identified.parse(invoked).id;
    const dispatch = await Promise.race([listener.dispatch, untilDispatchFails(service, runId)]);
    const dispatchMs = Date.now() - began;
    if (dispatch.run_id !== runId) throw new Error(`The dispatch is for the run ${dispatch.run_id}, not ${runId}.`);
    await callBack(service, dispatch);
    await untilStatus(service, runId, "COMPLETED");
    return `Invoked, dispatched after ${dispatchMs} ms with the right signature, called back, and COMPLETED.`;
  } finally {
    listener?.close();
    await cleanUp(service, definitionId, folderId);
  }
}

/** Throws the reason as soon as the run's events say that the dispatch failed; or that no dispatch arrived. */
async function untilDispatchFails(service: Service, runId: string): Promise<never> {
  const limit = Date.now() + DISPATCH_LIMIT_MS;
  while (Date.now() < limit) {
    await delay(POLL_MS);
    const { items } = events.parse(await send(service, "GET", `/v1/workflow-runs/${runId}/events`));
    const failure = items.find(({ type }) => type === "DISPATCH_FAILED");
    if (failure) throw new Error(`The dispatch did not arrive. ${failure.detail?.reason ?? ""}`);
  }
  throw new Error(`No dispatch came within ${DISPATCH_LIMIT_MS / 1000} s. Does --runner-url lead to this machine?`);
}

async function callBack(service: Service, { callback_url, callback_token }: Dispatch): Promise<void> {
  if (new URL(callback_url).origin !== service.origin) {
    throw new Error(`The callback goes to ${new URL(callback_url).origin}: is PUBLIC_URL right?`);
  }
  const path = new URL(callback_url).pathname;
  await send({ ...service, key: callback_token }, "POST", path, { status: "COMPLETED" });
}

async function untilStatus(service: Service, runId: string, wanted: string): Promise<void> {
  const limit = Date.now() + RESULT_LIMIT_MS;
  for (;;) {
    const { status, error } = state.parse(await send(service, "GET", `/v1/workflow-runs/${runId}`));
    if (status === wanted) return;
    if (status === "FAILED" || status === "COMPLETED" || Date.now() > limit) {
      throw new Error(`The run is ${status}, not ${wanted}. ${error ?? ""}`);
    }
    await delay(POLL_MS);
  }
}

/** Removes everything that was created. A RUNNING run would prevent the deletion of its definition, so it is stopped first. */
async function cleanUp(service: Service, definitionId?: string, folderId?: string): Promise<void> {
  if (definitionId !== undefined) {
    const path = `/v1/workflow-definitions/${definitionId}`;
    const { items } = z
      .object({ items: z.array(identified.extend(state.shape)) })
      .parse(await send(service, "GET", `${path}/runs`));
    for (const { id, status } of items) {
      if (status === "RUNNING") await send(service, "POST", `/v1/workflow-runs/${id}/stop`, {});
    }
    await send(service, "DELETE", path);
  }
  if (folderId !== undefined) await send(service, "DELETE", `/v1/path-parts/${folderId}`);
}

/** A runner that accepts the first dispatch with the right signature, and refuses everything else. */
async function listen(port: number, secret: string) {
  const webhook = new Webhook(secret);
  const { promise, resolve } = Promise.withResolvers<Dispatch>();
  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      const { type, data } = message.parse(webhook.verify(body, Object.fromEntries(headers)));
      if (type === "workflow_run.dispatched") resolve(dispatched.parse(data));
      response.writeHead(202).end();
    } catch {
      // The refusal is also the answer to the service, which records it as an event.
      response.writeHead(401).end();
    }
  });
  await new Promise<void>((ready, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", ready);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    dispatch: promise,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
