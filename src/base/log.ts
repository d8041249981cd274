/** Writes one line of JSON to the log. The platform adds the time. Never pass a secret in `fields`. */
export function log(level: "info" | "error", event: string, fields: Record<string, unknown>): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}

/**
 * The fields of an error that can be logged: those of its root cause. The errors around it are left out, since drizzle's error
 * contains the parameters of the statement, which may be secrets.
 */
export function describeError(error: unknown): { error: string; stack?: string } {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  if (!(root instanceof Error)) return { error: String(root) };
  return { error: `${root.name}: ${root.message}`, ...(root.stack && { stack: root.stack }) };
}
