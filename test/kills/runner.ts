/** A runner that decides at random, and remembers which runs it got and which results it reported. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";

type Body = { type: string; data: { run_id: string; callback_url: string; callback_token: string } };

const RETRY_MS = 200;
const FINAL = new Set([200, 404, 409]);

/** Accepts most runs, works for a moment, and retries its callback until that is answered. */
export async function startRunner(random: Random) {
  const taken = new Set<string>();
  /** The runs whose COMPLETED was acknowledged. Nothing may undo that. */
  const completed = new Set<string>();
  let isOpen = true;

  async function work({ data }: Body): Promise<void> {
    await delay(random.integer(100));
    const status = random.chance(0.8) ? "COMPLETED" : "FAILED";
    while (isOpen) {
      const response = await fetch(data.callback_url, {
        method: "POST",
        headers: { Authorization: `Bearer ${data.callback_token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ status }),
        signal: AbortSignal.timeout(15_000),
      }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200 && status === "COMPLETED") completed.add(data.run_id);
      if (response && FINAL.has(response.status)) return;
      await delay(RETRY_MS);
    }
  }

  const server = createServer(async (request, response) => {
    const id = String(request.headers["webhook-id"]);
    const body: Body = JSON.parse(await text(request).catch(() => "{}"));
    if (random.chance(0.01)) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(202).end();
    if (body.type !== "workflow_run.dispatched" || taken.has(id)) return;
    taken.add(id);
    await work(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The runner has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    completed,
    close(): void {
      isOpen = false;
      server.closeAllConnections();
      server.close();
    },
  };
}
