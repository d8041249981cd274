/**
 * Work that does what a list of actions says, such as `["step", "ocr", 1]`, so that the same cases are tried with the kits of both languages:
 * python/tests/scripted.py has the same actions. What comes of `step`, `ask` and the like is the output, unless there is a `return`.
 */
import { type Work, WorkEnded, WorkFailed } from "../src/runner/index.ts";

export type Action = [verb: string, ...args: unknown[]];

export type Hooks = {
  /** Called with a value, as soon as an action tells it. */
  tell?(value: unknown): void;
  /** Called with the kind of what an action has thrown that may be caught. */
  onCaught?(kind: string): void;
  /** Resolves at the next call of the service that has this name, or at once when one has hung. */
  nextCall?(name: string): Promise<void>;
  /** The content of a large file. */
  blob?(bytes: number): Blob;
};

const VALUED = new Set(["step", "ask", "sleep", "signal", "children"]);

export const scripted =
  (hooks: Hooks, actionsOf = (input: Record<string, unknown>) => input.do as Action[]): Work =>
  async (run, { signal, log, progress, artifact }) => {
    // biome-ignore lint/suspicious/noExplicitAny: each has the arguments that its action has in the table of cases.
    const verbs: Record<string, (...args: any[]) => unknown> = {
      log,
      progress: (percent: number, message: string) => progress({ percent, message }),
      upload: artifact,
      "upload bytes": (name: string, bytes: number) => artifact(name, hooks.blob?.(bytes) ?? ""),
      step: (key: string, value: unknown) => run.step(key, () => value),
      ask: (key: string, prompt: string, question: object) => run.ask(key, { prompt, ...question }),
      sleep: run.sleep.bind(run),
      signal: run.signal.bind(run),
      children: run.children.bind(run),
      tell: (value: unknown) => hooks.tell?.(value),
      async "progress until ended"() {
        for (; !signal.aborted; await new Promise((resolve) => setTimeout(resolve, 100)))
          progress({ message: "there" });
      },
      check: () => signal.throwIfAborted(),
      raise(text: string) {
        throw new Error(text);
      },
      fail(
        text: string,
        { retry = true, retry_after_seconds: seconds }: { retry?: boolean; retry_after_seconds?: number },
      ) {
        throw new WorkFailed(text, { retry, ...(seconds !== undefined && { retryAfterSeconds: seconds }) });
      },
      "until ended": () => signal.aborted || new Promise((resolve) => signal.addEventListener("abort", resolve)),
      "until call": (name: string) => hooks.nextCall?.(name),
      together: (...actions: Action[]) => Promise.all(actions.map(perform)),
      async caught(...action: Action) {
        const error: unknown = await perform(action).catch((one: unknown) => one);
        hooks.onCaught?.(error instanceof WorkEnded ? error.kind : String(error));
      },
    };
    const perform = async ([verb, ...args]: Action): Promise<unknown> => verbs[verb]?.(...args);

    const values: unknown[] = [];
    for (const action of actionsOf(run.input ?? {})) {
      const [verb, value] = action;
      if (verb === "return") return { output: value };
      const came = await perform(action);
      if (VALUED.has(verb)) values.push(came);
    }
    return values.length > 0 ? { output: values } : {};
  };
