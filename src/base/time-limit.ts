/**
 * Runs `action` with a signal that aborts it after `ms` with a `TimeoutError`. The timer is cleared when the action ends.
 * `AbortSignal.timeout` would keep its timer, and a long sweep would exceed the 10,000 timers that a Worker may have.
 */
export async function withTimeLimit<Result>(
  ms: number,
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  const timer = setTimeout(abort, ms);
  try {
    return await action(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What an invocation does after its answer begins nothing new after this time. So what it began last, which may be a webhook and takes up
 * to 15 s, ends within the 30 s that a Worker may continue.
 */
export const BEGIN_UNTIL_MS = 12_000;
