import type { LeaseWork } from "../verbs/effects.ts";

/** The tag of the sockets of runners that wait for a run. */
const TAG = "lease";

/** How long a woken runner has to take the work before the next one is woken. */
const NEXT_AFTER_MS = 1_000;

/** How long a runner that has waited counts as one that may come back. */
const REMEMBERED_MS = 60_000;

/**
 * The data that is stored with a socket: the runner's session, and the ids of the definitions whose runs it waits for, separated
 * by spaces; null for all. Its tags are separated in the same way; they are missing when it is not known which it has.
 */
type Waiting = { session: string; lease: string | null; tags?: string };

/** True for the data of a runner's socket, and false for that of a stream. */
const isWaiting = (attachment: unknown): attachment is Waiting =>
  typeof attachment === "object" && attachment !== null && "lease" in attachment;

/**
 * The runners of a tenant that wait for a run to lease. Each has a WebSocket, which does not keep the hub awake.
 *
 * What the hub knows has a version, which changes whenever there may be new work. A runner that names the current version need
 * not ask the database. The version is stored, so it survives a restart of the hub. A hub that has lost its storage has another
 * version.
 *
 * For each definition with work, as many runners are woken as there are runs to lease, and as many others each second, until a
 * change says that the work was taken or until all runners were woken. The database decides which run a runner gets, and whether it
 * gets one.
 *
 * A timer keeps the hub awake, which is billed. So there is none but the one for work that waiting runners were not woken for yet. Who left
 * when is kept in memory and compared when it is read. After a sleep of the hub, the database's `last_seen_at` counts.
 */
export class WaitingRunners {
  readonly #context: DurableObjectState;
  /**
   * The definitions with work that nobody has taken yet. `eventId` is the event after which there was work, `count` is how many runs
   * there were then, `tags` are those that a runner needs, and `woken` are the runners that were woken for it.
   */
  #work = new Map<string, { eventId: number; count: number; tags: readonly string[]; woken: Set<WebSocket> }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the sessions left that waited and do not wait now, the first ones first. */
  #left = new Map<string, number>();
  readonly #onPresenceChange: () => void;

  /**
   * `onPresenceChange` is called when a new session begins to wait, and when it shows, by a later call, that one has not waited for
   * {@link REMEMBERED_MS}.
   */
  constructor(context: DurableObjectState, onPresenceChange: () => void) {
    this.#context = context;
    this.#onPresenceChange = onPresenceChange;
  }

  get #version(): string {
    const { kv } = this.#context.storage;
    const known = kv.get<string>("leaseEpoch");
    const epoch = known ?? crypto.randomUUID();
    if (known === undefined) kv.put("leaseEpoch", epoch);
    return `${epoch}.${kv.get<number>("leaseCount") ?? 0}`;
  }

  #changeVersion(): void {
    const { kv } = this.#context.storage;
    kv.put("leaseCount", (kv.get<number>("leaseCount") ?? 0) + 1);
  }

  /** Adds a runner, and sends it the current version. */
  add(socket: WebSocket, waiting: Waiting): void {
    const isKnown = this.#left.delete(waiting.session) || this.#isWaiting(waiting.session);
    const hasForgotten = this.#forgetSilent();
    this.#context.acceptWebSocket(socket, [TAG, ofSession(waiting.session)]);
    socket.serializeAttachment(waiting);
    this.#tell(socket);
    if (!isKnown || hasForgotten) this.#onPresenceChange();
  }

  /**
   * Called when a socket was closed; one that is not of a runner is ignored. A live runner waits again at once, unless it got work.
   */
  remove(socket: WebSocket): void {
    const waiting: unknown = socket.deserializeAttachment();
    if (!isWaiting(waiting) || this.#isWaiting(waiting.session)) return;
    this.#left.delete(waiting.session);
    this.#left.set(waiting.session, Date.now());
    if (this.#forgetSilent()) this.#onPresenceChange();
    if (this.count() > 0) return;
    // Whoever comes next asks the database before it waits, since the version was changed when there was work.
    this.#work.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Forgets the sessions that left {@link REMEMBERED_MS} ago. True when there were some. */
  #forgetSilent(): boolean {
    const now = Date.now();
    const silent = [...this.#left].filter(([, at]) => now - at >= REMEMBERED_MS);
    for (const [session] of silent) this.#left.delete(session);
    return silent.length > 0;
  }

  /** How many milliseconds ago each session was heard of: 0 for one that waits now. */
  heardOf(): Record<string, number> {
    if (this.#forgetSilent()) this.#onPresenceChange();
    const now = Date.now();
    const left = [...this.#left].map(([session, at]) => [session, now - at] as const);
    return Object.fromEntries([...left, ...this.#sockets().map((socket) => [sessionOf(socket), 0] as const)]);
  }

  /** How many requests of all sessions wait now. */
  count(): number {
    return this.#sockets().length;
  }

  /** How many requests of a session wait now. */
  countOf(session: string): number {
    return this.#sockets(ofSession(session)).length;
  }

  #isWaiting(session: string): boolean {
    return this.countOf(session) > 0;
  }

  /** Called when definitions have work, or no longer have any. */
  hear(work: readonly LeaseWork[]): void {
    const missing = work.map(
      ({ workflow_definition_id: id, is_leasable: isLeasable, count = 1, event_id: eventId, tags }) => {
        const known = this.#work.get(id);
        // Messages can arrive in another order than the changes were made. So one that is older than what is known changes nothing.
        if (known && known.eventId > eventId) return { id, count: 0 };
        if (isLeasable) {
          this.#work.set(id, { eventId, count, tags: tags ?? [], woken: known?.woken ?? new Set() });
          return { id, count: count - (known?.count ?? 0) };
        }
        this.#work.delete(id);
        return { id, count: 0 };
      },
    );
    if (missing.some(({ count }) => count > 0)) this.#changeVersion();
    for (const { id, count } of missing) this.#wake(id, count);
    this.#goOn();
  }

  /** Wakes all runners, so that each asks the database again. Called when a credential has ended. */
  wakeAll(): void {
    this.#changeVersion();
    for (const socket of this.#sockets()) this.#tell(socket);
  }

  #sockets(tag = TAG): WebSocket[] {
    return this.#context.getWebSockets(tag).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  /**
   * Wakes up to `count` runners that wait for runs of this definition and were not woken for this work yet. If there are fewer, all
   * know of the work, and it is forgotten.
   */
  #wake(definitionId: string, count: number): void {
    const work = this.#work.get(definitionId);
    if (work === undefined || count <= 0) return;
    // An iterator, so that no more attachments are deserialized than are needed: there may be thousands of runners.
    const waiting = this.#sockets()
      .values()
      .filter((socket) => !work.woken.has(socket) && waitsFor(socket, definitionId, work.tags));
    const chosen = [...waiting.take(count)];
    for (const socket of chosen) {
      work.woken.add(socket);
      this.#tell(socket);
    }
    if (chosen.length < count) this.#work.delete(definitionId);
  }

  #goOn(): void {
    if (this.#timer !== undefined || this.#work.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const [definitionId, { count }] of [...this.#work]) this.#wake(definitionId, count);
      this.#goOn();
    }, NEXT_AFTER_MS);
  }

  #tell(socket: WebSocket): void {
    socket.send(JSON.stringify({ version: this.#version }));
  }
}

/** The tag of the sockets of one session, so that they are found without a look at all others. */
const ofSession = (session: string): string => `session ${session}`;

function sessionOf(socket: WebSocket): string {
  const attachment: unknown = socket.deserializeAttachment();
  return isWaiting(attachment) ? attachment.session : "";
}

function waitsFor(socket: WebSocket, definitionId: string, tags: readonly string[]): boolean {
  const attachment: unknown = socket.deserializeAttachment();
  if (!isWaiting(attachment)) return false;
  const has = attachment.tags?.split(" ");
  return (
    (attachment.lease === null || attachment.lease.split(" ").includes(definitionId)) &&
    (has === undefined || tags.every((tag) => has.includes(tag)))
  );
}
