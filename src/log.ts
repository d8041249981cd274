/** One JSON line for each thing worth knowing. The platform adds the time. Secrets never come here. */
export function log(level: "info" | "error", event: string, fields: Record<string, unknown>): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}

/**
 * What a log line may tell of an error: its root cause. The wrappers around it are left out, because
 * drizzle's holds the statement's parameters, and those may be secrets.
 */
export function describeError(error: unknown): { error: string; stack?: string } {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  if (!(root instanceof Error)) return { error: String(root) };
  return { error: `${root.name}: ${root.message}`, ...(root.stack && { stack: root.stack }) };
}
