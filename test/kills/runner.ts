/** A runner that decides at random, and remembers which runs it got and which results it reported. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";

type Dispatched = {
  run_id: string;
  attempt: number;
  callback_url: string;
  callback_token: string;
  run_snapshot: { workflow_definition_id: string };
};
type Body = { type: string; data: Dispatched };

const RETRY_MS = 200;
const FINAL = new Set([200, 201, 404, 409]);

/** The name of each file, and its content, as JSON. */
export const FILE_NAME = "a.json";
export const contentOf = (of: { run_id: string; attempt: number }) => ({ ...of, text: "0123456789".repeat(1_000) });

/** A run is not suspended again after so many attempts. */
const SUSPENSIONS = 3;

/**
 * Accepts most runs, works for a moment, stores a file of some of them, and retries its callback until that is answered. Of a workflow for which
 * `childOf` names a second one, it suspends most runs first: for an answer, an instant, a signal, or two children of the second workflow.
 */
export async function startRunner(random: Random) {
  const taken = new Set<string>();
  /** The runs whose COMPLETED was acknowledged. Nothing may undo that. */
  const completed = new Set<string>();
  /** The files that were acknowledged, as `run.attempt`. */
  const files = new Set<string>();
  const childOf = new Map<string, string>();
  /** The children that were acknowledged. */
  const children = new Set<string>();
  let isOpen = true;

  /** Repeats a request about a run until it is answered for good. */
  async function untilAnswered(
    { callback_url, callback_token }: Dispatched,
    verb: string,
    body: object,
    method = "POST",
  ) {
    while (isOpen) {
      const response = await fetch(callback_url.replace(/callback$/, verb), {
        method,
        headers: { Authorization: `Bearer ${callback_token}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(15_000),
      }).catch(() => undefined);
      const answer = await response?.text().catch(() => undefined);
      if (response && answer !== undefined && FINAL.has(response.status))
        return { status: response.status, body: JSON.parse(answer) };
      await delay(RETRY_MS);
    }
    return undefined;
  }

  /** Returns true when the attempt has ended by that. */
  async function suspend(data: Dispatched, childId: string): Promise<boolean> {
    const kind = random.pick(["question", "timer", "signal", "children"]);
    const key = `${kind}-${data.attempt}`;
    if (kind === "children") {
      const specs = ["a", "b"].map((name) => ({ workflow_definition_id: childId, key: `${key}-${name}` }));
      const answer = await untilAnswered(data, "children", { children: specs });
      if (answer?.status !== 200) return true;
      for (const { run_id } of answer.body.runs) children.add(run_id);
    }
    const waits = [
      {
        ...{ key, kind },
        ...(kind === "question" && { prompt: "Go on?", people_only: false }),
        ...(kind === "timer" && { seconds: 1 }),
        ...(kind === "signal" && { name: "paid" }),
      },
    ];
    const on_timeout = random.pick(["fail", "continue"]);
    const answer = await untilAnswered(data, "suspend", {
      waits,
      on_timeout,
      timeout_seconds: 2 + random.integer(8),
    });
    return answer?.status !== 200 || answer.body.suspended;
  }

  async function work({ data }: Body): Promise<void> {
    await delay(random.integer(100));
    const childId = childOf.get(data.run_snapshot.workflow_definition_id);
    if (childId !== undefined && data.attempt <= SUSPENSIONS && random.chance(0.7) && (await suspend(data, childId)))
      return;
    if (random.chance(0.3)) {
      const { run_id, attempt } = data;
      const stored = await untilAnswered(data, `artifacts/${FILE_NAME}`, contentOf({ run_id, attempt }), "PUT");
      if (stored !== undefined && stored.status < 300) files.add(`${run_id}.${attempt}`);
    }
    const status = random.chance(0.8) ? "COMPLETED" : "FAILED";
    const answer = await untilAnswered(data, "callback", { status });
    if (answer?.status === 200 && status === "COMPLETED") completed.add(data.run_id);
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
    files,
    childOf,
    children,
    close(): void {
      isOpen = false;
      server.closeAllConnections();
      server.close();
    },
  };
}
