/** Node's `fetch` says "fetch failed" and has the reason in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const isVague = cause instanceof Error && (error.message === "fetch failed" || error.message === "terminated");
  return isVague ? cause.message || ("code" in cause ? String(cause.code) : error.message) : error.message;
}
