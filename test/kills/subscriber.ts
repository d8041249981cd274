/** A subscriber to the ends of runs. It remembers its notifications, and sometimes fails. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Random } from "../support/random.ts";

/** The content of a notification. `attempt` is `<run id>.<attempt>`. */
export type Told = { attempt: string; status: string };

type Body = { data: { run_id: string; attempt: number; status: string } };

export async function startSubscriber(random: Random) {
  /** The content by `webhook-id`. When the same id comes with another content, it is added to `strange`. */
  const told = new Map<string, Told>();
  const strange: string[] = [];

  const server = createServer(async (request, response) => {
    const id = String(request.headers["webhook-id"]);
    const raw = await text(request).catch(() => "");
    if (raw === "" || random.chance(0.05)) {
      response.writeHead(500).end();
      return;
    }
    const { data }: Body = JSON.parse(raw);
    const now = { attempt: `${data.run_id}.${data.attempt}`, status: data.status };
    const before = told.get(id);
    if (before && (before.attempt !== now.attempt || before.status !== now.status)) {
      strange.push(`the notification ${id} told ${JSON.stringify(before)} and then ${JSON.stringify(now)}`);
    }
    told.set(id, now);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The subscriber has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    told,
    strange,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
