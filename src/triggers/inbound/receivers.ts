/**
 * What an isolate knows about the triggers that receive webhooks. It keeps for a minute what it has read of a trigger, also that there is
 * none, so a flood of messages that nobody has signed costs the database nothing. What is kept may be older than the trigger: the verb
 * that fires judges its version.
 */
import { z } from "zod";
import { remember } from "../../base/memo.ts";
import { callFunction, jsonText } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { labelsField } from "../../runs/labels.ts";
import { webhookConfigSchema } from "./receiver.ts";

const receiverSchema = z.object({
  tenant_id: z.string(),
  version: z.int(),
  config: webhookConfigSchema,
  input: jsonText.pipe(z.record(z.string(), z.unknown())).nullable(),
  labels: labelsField,
  concurrency_key: z.string().nullable(),
  secret_encrypted: z.string(),
  previous_secret_encrypted: z.string().nullable(),
  previous_secret_until: z.string().nullable(),
});
/** A trigger that receives webhooks: `find_receiver` in SQL. Instants are RFC 3339. */
export type Receiver = z.infer<typeof receiverSchema>;

const answerSchema = z.object({ now: z.string(), receiver: receiverSchema.nullable() });

/** What was read at `readAt`, in milliseconds by the clock of the Worker. `aheadMs`: by how much the clock of the database is ahead. */
export type Known = { receiver: Receiver | null; readAt: number; aheadMs: number };

const KEPT_MS = 60_000;
const MAX_KEPT = 1_000;

/**
 * A message that is not signed with what is known lets its trigger be read again, since its secret may be a new one. Of each trigger so many
 * times at once, and then once in this time, so that a flood of wrong signatures costs the database little.
 */
const MOST_READS_AGAIN = 3;
const ONE_MORE_READ_MS = 15_000;

/** How long a request waits for another one that reads the same trigger, and between which pauses it looks. */
const MOST_WAIT_MS = 5_000;
const PAUSE_MS = 20;

export class Receivers {
  readonly #db: Database;
  readonly #known = new Map<string, Known>();
  /** Since when a request is reading a trigger. */
  readonly #reading = new Map<string, number>();
  /** How many times each trigger could be read again, at an instant. */
  readonly #readsLeft = new Map<string, { reads: number; at: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** What is known about a trigger, and was read less than a minute ago: otherwise it is read now, after `limitLookUp`. */
  async find(triggerId: string, limitLookUp: () => Promise<void>): Promise<Known> {
    const began = Date.now();
    for (;;) {
      const known = this.#known.get(triggerId);
      if (known !== undefined && began - known.readAt < KEPT_MS) return known;
      // Requests do not share a promise, since a promise belongs to the request that made it, which may be cancelled.
      const since = this.#reading.get(triggerId);
      if (since === undefined || Date.now() - since > MOST_WAIT_MS) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.#reading.set(triggerId, Date.now());
    try {
      await limitLookUp();
      return await this.#read(triggerId);
    } finally {
      this.#reading.delete(triggerId);
    }
  }

  /**
   * What is known when a message that came at `cameAt` is not signed with what was `known`: the trigger is read again, unless that was done
   * too often. That bounds it, so only the look-up of what is no trigger counts for the address.
   */
  async findNewer(triggerId: string, known: Known, cameAt: number, limitLookUp: () => Promise<void>): Promise<Known> {
    const newest = this.#known.get(triggerId);
    if (newest !== known) return newest ?? this.find(triggerId, limitLookUp);
    if (known.readAt >= cameAt || !this.#mayReadAgain(triggerId)) return known;
    this.#known.delete(triggerId);
    return this.find(triggerId, known.receiver === null ? limitLookUp : async () => {});
  }

  #mayReadAgain(triggerId: string): boolean {
    const now = Date.now();
    const { reads, at } = this.#readsLeft.get(triggerId) ?? { reads: MOST_READS_AGAIN, at: now };
    const left = Math.min(MOST_READS_AGAIN, reads + Math.max(0, now - at) / ONE_MORE_READ_MS);
    const mayRead = left >= 1;
    // Removed first, as in `#read`.
    this.#readsLeft.delete(triggerId);
    remember(this.#readsLeft, triggerId, { reads: mayRead ? left - 1 : left, at: now }, MAX_KEPT);
    return mayRead;
  }

  /** Forgets a trigger that was changed. */
  forget(triggerId: string): void {
    this.#known.delete(triggerId);
  }

  async #read(triggerId: string): Promise<Known> {
    const args = { trigger_id: triggerId };
    const { now, receiver } = await callFunction(this.#db, "find_receiver", args, answerSchema, { isRepeatable: true });
    const readAt = Date.now();
    const known = { receiver, readAt, aheadMs: Date.parse(now) - readAt };
    // Removed first, so that the oldest entry of the map is the one that was read first.
    this.#known.delete(triggerId);
    remember(this.#known, triggerId, known, MAX_KEPT);
    return known;
  }
}

const receiversOf = new WeakMap<Database, Receivers>();

/** The receivers of a database, one object for each isolate. */
export function openReceivers(db: Database): Receivers {
  const known = receiversOf.get(db) ?? new Receivers(db);
  receiversOf.set(db, known);
  return known;
}
