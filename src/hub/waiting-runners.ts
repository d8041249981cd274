import type { LeaseWork } from "../db/changes.ts";

/** The tag of the sockets of runners that wait for a run. */
const TAG = "lease";

/** How long a runner that was woken has before the next one is. */
const NEXT_AFTER_MS = 1_000;

/** What is kept with a socket: the definitions whose runs it waits for, joined by blanks; null for all. */
type Waiting = { lease: string | null };

/** True for what is kept with the socket of a runner, and not of a stream. */
export const isWaiting = (attachment: unknown): attachment is Waiting =>
  typeof attachment === "object" && attachment !== null && "lease" in attachment;

/**
 * The runners of a tenant that wait for a run to lease. Each is a WebSocket that does not keep the hub awake.
 *
 * What the hub knows has a version: it changes whenever there may be new work. It is stored, so it survives a pause of the hub. A
 * runner that names the version of today needs not ask the database; a hub that has lost its storage has another one.
 *
 * For each definition with work one runner is woken, and the next one a second later, until a change says that the work was
 * taken, or all of them have been woken. Which run it gets, and whether it may, the database decides.
 */
export class WaitingRunners {
  readonly #context: DurableObjectState;
  /** The definitions with work that nobody has taken yet: as of which event, and who was woken for it. */
  #work = new Map<string, { eventId: number; woken: Set<WebSocket> }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: DurableObjectState) {
    this.#context = context;
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

  /** Adds a runner, and tells it the version of now. `definitions`: ids joined by blanks, or null for all. */
  add(socket: WebSocket, definitions: string | null): void {
    this.#context.acceptWebSocket(socket, [TAG]);
    socket.serializeAttachment({ lease: definitions } satisfies Waiting);
    this.#tell(socket);
  }

  /** There is, or no longer is, work. */
  hear(work: readonly LeaseWork[]): void {
    const isNew = (definitionId: string) => !this.#work.has(definitionId);
    const found = work.filter(({ is_leasable, workflow_definition_id: id }) => is_leasable && isNew(id));
    if (found.length > 0) this.#changeVersion();
    for (const { workflow_definition_id: id, is_leasable: isLeasable, event_id: eventId } of work) {
      const known = this.#work.get(id);
      if (isLeasable) this.#work.set(id, { eventId, woken: known?.woken ?? new Set() });
      // An announcement may arrive after one that was made later.
      else if (known && known.eventId <= eventId) this.#work.delete(id);
    }
    for (const { workflow_definition_id: id } of found) this.#wakeOne(id);
    this.#goOn();
  }

  /** Has each runner ask the database, since a credential has ended. */
  wakeAll(): void {
    this.#changeVersion();
    for (const socket of this.#sockets()) this.#tell(socket);
  }

  #sockets(): WebSocket[] {
    return this.#context.getWebSockets(TAG).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  /** Wakes a runner that waits for runs of this definition and was not woken for it. When there is none, all know of it. */
  #wakeOne(definitionId: string): void {
    const woken = this.#work.get(definitionId)?.woken;
    const next = this.#sockets().find((socket) => !woken?.has(socket) && waitsFor(socket, definitionId));
    if (next === undefined) {
      this.#work.delete(definitionId);
      return;
    }
    woken?.add(next);
    this.#tell(next);
  }

  #goOn(): void {
    if (this.#timer !== undefined || this.#work.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const definitionId of [...this.#work.keys()]) this.#wakeOne(definitionId);
      this.#goOn();
    }, NEXT_AFTER_MS);
  }

  #tell(socket: WebSocket): void {
    socket.send(JSON.stringify({ version: this.#version }));
  }
}

function waitsFor(socket: WebSocket, definitionId: string): boolean {
  const attachment: unknown = socket.deserializeAttachment();
  return isWaiting(attachment) && (attachment.lease === null || attachment.lease.split(" ").includes(definitionId));
}
