/**
 * Runs `action` with a signal that aborts it after `ms` with a `TimeoutError`. Other than that of `AbortSignal.timeout`,
 * the timer ends with the action: a Worker may have 10,000 at a time, and a sweep gets there.
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
