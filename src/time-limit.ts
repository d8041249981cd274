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
