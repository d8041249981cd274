/** When the clients of streams come back, so that they do not all come at the same moment: after a deployment, all streams have ended. */

/**
 * So many may come back in a second. Each takes two or three requests to the database, of which Neon's proxy lets a project have 200 a
 * second.
 */
const BACK_PER_SECOND = 20;
const LONGEST_MS = 60_000;
const LEAST_RETRY_MS = 1_000;
/** The time over which few streams come back. */
const FEW_MS = 15_000;
/** The time over which the requests that wait ask the database when they have lost their hub together. */
const LOST_MS = 3_000;
/** The first pause after a read that the database did not answer, and which is doubled each time. */
const OUTAGE_MS = 5_000;

/** Counts the open streams of an isolate. A tenant may have more in others, which its hub knows. */
export class Crowd {
  #open = 0;

  /** Counts a stream until the returned function is called. */
  enter(): () => void {
    this.#open += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#open -= 1;
      isIn = false;
    };
  }

  /** A random time after which a client comes back: within 15 to 60 seconds, the more streams are open. `others` is how many the hub knows. */
  retryMs(others: number): number {
    const mostMs = Math.min(Math.max(this.#timeFor(others), FEW_MS), LONGEST_MS);
    return Math.round(LEAST_RETRY_MS + Math.random() * (mostMs - LEAST_RETRY_MS));
  }

  /** A random time until a stream reads again that the database has not answered so many times in succession. */
  outageMs(times: number): number {
    const mostMs = Math.min(Math.max(OUTAGE_MS * 2 ** (times - 1), this.#timeFor(0)), LONGEST_MS);
    return mostMs * (1 - Math.random() / 2);
  }

  #timeFor(others: number): number {
    return (1_000 * Math.max(this.#open, others)) / BACK_PER_SECOND;
  }
}

/** The streams of this isolate. */
export const crowd = new Crowd();

/** Pauses a request that has lost its hub, and may wait for `leftMs` more: when a hub restarts, all that wait lose it at the same moment. */
export const pauseAfterLoss = (leftMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(Math.max(leftMs, 0), LOST_MS)));
