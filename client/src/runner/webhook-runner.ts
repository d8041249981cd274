import { InvalidWebhook, type VerifiedWebhook, verifyWebhook } from "../verify-webhook.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import { aheadMsOfMessage } from "./clock.ts";
import { stopOf } from "./stop.ts";
import { type Assignment, WorkEnded } from "./types.ts";

export type WebhookOptions = {
  /** The `webhook_secret` of the workflow. Pass several while it is being replaced. */
  secret: string | readonly string[];
};

const MAX_BODY_BYTES = 1024 * 1024;
/** Longer than any run can last, so no message about a run can arrive so long after its dispatch. */
const FORGET_AFTER_MS = 25 * 3600 * 1000;

/** An attempt while it goes on, null when it has ended, or what a stop has said that came before the dispatch. */
type Known = { state: Attempt | WorkEnded | null; since: number };

/**
 * A runner with a URL. It remembers accepted dispatches in memory only. A runner that may restart should lease runs instead, or
 * should report the runs that it had begun.
 */
export class WebhookRunner {
  readonly #secret: string | readonly string[];
  readonly #options: AttemptOptions;
  readonly #attempts = new Map<string, Known>();
  readonly #working = new Map<Attempt, Promise<unknown>>();
  #isShutDown = false;

  constructor({ secret }: WebhookOptions, options: AttemptOptions) {
    if (secret.length === 0) throw new TypeError("Set the webhook secret of your workflow.");
    this.#secret = secret;
    this.#options = options;
  }

  /**
   * Answers a message of the service, for any server that uses the Request and Response of `fetch`. The work continues after
   * the answer.
   */
  handle = async (request: Request): Promise<Response> => {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
    if (this.#isShutDown) return new Response(null, { status: 503, headers: { "Retry-After": "5" } });
    const body = await request.text();
    if (body.length > MAX_BODY_BYTES) return new Response(null, { status: 413 });
    try {
      const message = verifyWebhook({ secret: this.#secret, headers: request.headers, body });
      // The signature covers this header, and it is read as for that.
      const sentAt = Number.parseInt(request.headers.get("webhook-timestamp") ?? "", 10);
      this.#obey(message, aheadMsOfMessage(sentAt * 1000));
      return new Response(null, { status: 202 });
    } catch (error) {
      if (!(error instanceof InvalidWebhook)) throw error;
      return new Response(`${error.message}\n`, { status: 401 });
    }
  };

  /** Ends all work, and reports it as FAILED. */
  async stop(): Promise<void> {
    this.#isShutDown = true;
    for (const attempt of this.#working.keys()) attempt.end(new WorkEnded("shut_down", "The runner was shut down."));
    await Promise.all(this.#working.values());
  }

  #obey({ type, data }: VerifiedWebhook, aheadMs: number): void {
    // Messages of an unknown type, and messages that ask for no work, are accepted and ignored.
    if (typeof data.run_id !== "string" || typeof data.attempt !== "number") return;
    this.#forgetOld();
    const id = `${data.run_id}.${data.attempt}`;
    const known = this.#attempts.get(id);
    if (type === "workflow_run.stopped" || type === "workflow_run.stopping") {
      const stop = stopOf(type === "workflow_run.stopped" ? "stopped" : "stopping", data, aheadMs);
      if (!known) this.#attempts.set(id, { state: stop, since: Date.now() });
      else if (known.state instanceof Attempt) known.state.end(stop);
      // A stop without grace, after which nothing is reported, is the last word.
      else if (known.state?.kind === "stopping") known.state = stop;
    } else if (type === "workflow_run.dispatched" && isAssignment(data)) {
      if (!known) this.#begin(id, data, aheadMs, null);
      else if (known.state instanceof WorkEnded) this.#begin(id, data, aheadMs, known.state);
    }
  }

  /** Begins an attempt, which ends before its work when its stop has come first. */
  #begin(id: string, run: Assignment, aheadMs: number, stop: WorkEnded | null): void {
    const attempt = new Attempt(run, { ...this.#options, aheadMs });
    const known: Known = { state: attempt, since: Date.now() };
    this.#attempts.set(id, known);
    if (stop !== null) attempt.end(stop);
    const done = attempt.execute().finally(() => {
      this.#working.delete(attempt);
      // The run, with its input, is not kept in memory. That it was begun is, so that a repeated dispatch does not begin it again.
      known.state = null;
    });
    this.#working.set(attempt, done);
  }

  #forgetOld(): void {
    for (const [id, { since }] of this.#attempts) {
      if (Date.now() - since < FORGET_AFTER_MS) return;
      this.#attempts.delete(id);
    }
  }
}

function isAssignment(data: object): data is Assignment {
  const texts: readonly unknown[] = ["deadline_at", "callback_url", "callback_token"].map((name) =>
    Reflect.get(data, name),
  );
  return texts.every((value) => typeof value === "string") && "run_snapshot" in data;
}
