import type { components } from "../types.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { type CallOptions, callService } from "./run-calls.ts";
import {
  type Assignment,
  type ChildRun,
  type ChildrenOptions,
  type ChildSpec,
  type KeptOfRun,
  type Question,
  type SignalWait,
  type WaitOutcome,
  WorkEnded,
  type WorkSteps,
} from "./types.ts";

type Schemas = components["schemas"];

/** How many children one request triggers. */
const MOST_CHILDREN = 500;

type StepsOptions = CallOptions & {
  heartbeats: Heartbeats;
  /** Aborted when no other step shall begin. */
  ending: AbortSignal;
  /** Sends the log, since that of a suspended attempt is closed. */
  flushLog(): Promise<void>;
  /** Called when the run is suspended, and the attempt is over. */
  onSuspended(reason: WorkEnded): void;
};

/** What an attempt keeps for the next ones, and what it waits for: docs/suspend.md. */
export class Steps implements WorkSteps {
  readonly #run: Assignment;
  readonly #options: StepsOptions;
  #kept: KeptOfRun | Promise<KeptOfRun> | null = null;
  /** What the service says is kept, which is asked once at most. */
  #whole: Promise<KeptOfRun> | null = null;
  /** The end of the last request to suspend the run, since only one can. */
  #suspending: Promise<unknown> = Promise.resolve();

  constructor(run: Assignment, options: StepsOptions) {
    this.#run = run;
    this.#options = options;
  }

  async step<Value>(key: string, work: () => Value | Promise<Value>): Promise<Value> {
    const { checkpoints } = await this.#findKept();
    if (!Object.hasOwn(checkpoints, key)) {
      this.#options.ending.throwIfAborted();
      // As the next attempt will get it, so that a value that is not JSON is noticed in the first one.
      const value: unknown = JSON.parse(JSON.stringify(await work()) ?? "null");
      const path = `checkpoints/${encodeURIComponent(key)}` as const;
      const { error } = await callService(this.#run, path, { value }, this.#options, "PUT");
      if (error !== null) throw new Error(`The step ${key} was not kept: ${error}`);
      checkpoints[key] = value;
    }
    // The same step has returned it.
    return checkpoints[key] as Value;
  }

  ask(key: string, { timeout_seconds, on_timeout, note, ...question }: Question): Promise<WaitOutcome> {
    return this.#waitFor({ key, kind: "question", ...question }, { timeout_seconds, on_timeout, note });
  }

  sleep(key: string, until: Date | number): Promise<WaitOutcome> {
    const due = typeof until === "number" ? { seconds: until } : { at: until.toISOString() };
    return this.#waitFor({ key, kind: "timer", ...due }, {});
  }

  async kept(): Promise<KeptOfRun> {
    return structuredClone(await this.#findWhole());
  }

  signal(key: string, { timeout_seconds, on_timeout, note, ...signal }: SignalWait = {}): Promise<WaitOutcome> {
    return this.#waitFor({ key, kind: "signal", name: key, ...signal }, { timeout_seconds, on_timeout, note });
  }

  async children(
    key: string,
    specs: readonly ChildSpec[],
    { fail_fast, ...limits }: ChildrenOptions = {},
  ): Promise<ChildRun[]> {
    const { outcomes } = await this.#findKept();
    // What has ended is not triggered again, also when it was deleted since.
    if (!outcomes[key]) await this.#findWhole();
    if (outcomes[key]?.kind !== "children") {
      const run_ids = await this.#triggerChildren(key, specs);
      await this.#waitFor({ key, kind: "children", run_ids, ...(fail_fast && { fail_fast }) }, limits);
    }
    const children = await this.#readChildren();
    return specs.map((spec) => children.get(placeOf(spec)) ?? deleted(spec));
  }

  async #triggerChildren(key: string, specs: readonly ChildSpec[]): Promise<string[]> {
    const ids: string[] = [];
    for (let first = 0; first < specs.length; first += MOST_CHILDREN) {
      this.#options.ending.throwIfAborted();
      const children = specs.slice(first, first + MOST_CHILDREN);
      const { body, error } = await callService(this.#run, "children", { children }, this.#options);
      if (error !== null) throw new Error(`The runs of ${key} were not triggered: ${error}`);
      ids.push(...(body as Schemas["TriggeredChildRuns"]).runs.map(({ run_id }) => run_id));
    }
    return ids;
  }

  async #readChildren(): Promise<Map<string, ChildRun>> {
    const children = new Map<string, ChildRun>();
    for (let query = ""; ; ) {
      const { body, error } = await callService(this.#run, `children${query}`, null, this.#options, "GET");
      if (error !== null) throw new Error(`The children cannot be read: ${error}`);
      const { items, next_cursor: next } = body as Schemas["ChildRunPage"];
      for (const child of items) children.set(placeOf(child), child);
      if (next === null) return children;
      query = `?cursor=${next}`;
    }
  }

  async #waitFor(
    wait: { key: string; kind: WaitOutcome["kind"]; run_ids?: string[] },
    limits: object,
  ): Promise<WaitOutcome> {
    const { outcomes } = await this.#findKept();
    const known = outcomes[wait.key];
    // The service refuses a key of the other kind.
    if (known?.kind === wait.kind) return known;
    const suspended = this.#suspending.then(() => this.#suspend({ waits: [wait], ...limits }));
    this.#suspending = suspended.catch(() => {});
    const come = (await suspended)[wait.key];
    if (!come) throw new Error(`The service has not said what has come of ${wait.key}.`);
    outcomes[wait.key] = come;
    return come;
  }

  /** @throws WorkEnded unless all has come already */
  async #suspend(suspension: object): Promise<KeptOfRun["outcomes"]> {
    const { heartbeats, flushLog, onSuspended, signal } = this.#options;
    signal.throwIfAborted();
    await flushLog();
    return heartbeats.without(async () => {
      const { body, error } = await callService(this.#run, "suspend", suspension, this.#options);
      if (error !== null) throw new Error(`The run was not suspended: ${error}`);
      const { suspended, outcomes } = body as Schemas["WorkflowRunSuspension"];
      if (!suspended) return outcomes ?? {};
      const reason = new WorkEnded("suspended", "The run is suspended, and goes on in its next attempt.");
      onSuspended(reason);
      throw reason;
    });
  }

  /** All checkpoints, and most outcomes. One that is missing came at once or has not come; in both cases the program asks again, and gets it. */
  async #findKept(): Promise<KeptOfRun> {
    this.#kept ??= keptWith(this.#run) ?? this.#readWhole();
    return this.#kept;
  }

  /** All checkpoints and outcomes. */
  async #findWhole(): Promise<KeptOfRun> {
    const kept = await this.#findKept();
    Object.assign(kept.outcomes, (await this.#readWhole()).outcomes);
    return kept;
  }

  #readWhole(): Promise<KeptOfRun> {
    this.#whole ??= readWhole(this.#run, this.#options);
    return this.#whole;
  }
}

/** The workflow and the key identify a child. */
const placeOf = ({ workflow_definition_id: id, key }: Pick<ChildSpec, "workflow_definition_id" | "key">) =>
  `${id.toLowerCase()} ${key}`;

const deleted = ({ workflow_definition_id, key }: ChildSpec): ChildRun => ({
  ...{ run_id: null, workflow_definition_id, key, status: "DELETED" },
  ...{ output: null, summary: null, error: null, failure_code: null },
});

/**
 * What the dispatch or lease says of earlier attempts: the outcomes of the last suspension. Null when more may be kept than these and what came
 * at once: values of checkpoints, or the outcomes of an earlier suspension. Null also for an older service, which says nothing of it.
 */
const keptWith = ({ attempt, resume }: Assignment): KeptOfRun | null =>
  attempt === 2 && resume?.checkpoints === 0 ? { outcomes: { ...resume.outcomes }, checkpoints: {} } : null;

async function readWhole(run: Assignment, options: CallOptions): Promise<KeptOfRun> {
  if (run.attempt === 1) return { outcomes: {}, checkpoints: {} };
  const { body, error } = await callService(run, "resume", null, options, "GET");
  if (error !== null) throw new Error(`What earlier attempts have kept cannot be read: ${error}`);
  return body as KeptOfRun;
}
