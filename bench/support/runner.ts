/** A runner on loopback. `onWebhook` decides what it does with a webhook, and when. */
import { createServer } from "node:http";

export type Webhook = { runId: string; definitionId: string; callbackUrl: string; callbackToken: string };

export type Runner = { url: string; stop(): void };

/** Answers 202 to a webhook once `onWebhook` has ended. */
export async function startRunner(onWebhook: (webhook: Webhook) => Promise<void> | void): Promise<Runner> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { type, data } = JSON.parse(Buffer.concat(chunks).toString());
    if (type === "workflow_run.dispatched") {
      await onWebhook({
        runId: data.run_id,
        definitionId: data.run_snapshot.workflow_definition_id,
        callbackUrl: data.callback_url,
        callbackToken: data.callback_token,
      });
    }
    response.writeHead(202).end();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The runner has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
