import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

const MINUTE_MS = 60_000;
/** As long as Cloudflare lets a cron run. */
const LONGEST_MS = 15 * MINUTE_MS;
const POLL_MS = 100;

/** Asks the Worker by its Unix socket. Rejects when it does not answer, or with another status than 200. */
export function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LONGEST_MS);
    const asked = request({ socketPath, path, method: "POST", agent: false, signal });
    asked.once("error", reject);
    asked.once("response", (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`It answered ${response.statusCode}.`));
      }, reject);
    });
    asked.end();
  });
}

/** Waits until the Worker answers, or until `hasEnded` says that it never will. */
export async function waitForWorker(socketPath: string, hasEnded: () => boolean): Promise<void> {
  while (!hasEnded()) {
    try {
      await ask(socketPath, "/");
      return;
    } catch {
      await delay(POLL_MS);
    }
  }
}

/** Calls the cron now, and then at the beginning of each minute, unless it still runs. Returns a function that ends this. */
export function startCron(socketPath: string, onFailure: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout;
  let isOver = false;
  async function call(): Promise<void> {
    await ask(socketPath, "/cron").catch((error) => isOver || onFailure(error));
    if (!isOver) timer = setTimeout(call, MINUTE_MS - (Date.now() % MINUTE_MS));
  }
  void call();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/**
 * Lets the Worker begin nothing more that lasts, and waits until each request that waited for something has its answer, until the time is
 * over, or until the Worker has ended.
 */
export async function drain(socketPath: string, seconds: number): Promise<void> {
  const began = Date.now();
  while (Date.now() - began < seconds * 1_000) {
    const answer = await ask(socketPath, "/end").catch(() => null);
    if (answer === null || JSON.parse(answer).waiting === 0) return;
    await delay(POLL_MS);
  }
}
