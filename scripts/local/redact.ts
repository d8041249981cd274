/** The parts of an error that a terminal may show: its cause, but no password. */

/** True for a URL that the Neon driver accepts: postgres://, with a user, a host and a database. */
export function isPostgresUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined &&
    /^postgres(ql)?:$/.test(url.protocol) &&
    url.username !== "" &&
    url.hostname !== "" &&
    url.pathname.length > 1
  );
}

/** The message of the innermost cause. The errors around it are drizzle's, and contain the SQL and its parameters. */
export function rootMessage(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root instanceof Error ? root.message : String(root);
}

/** The text without the user and password of any URL in it. */
export function redact(text: string): string {
  return text.replaceAll(/\b(postgres(?:ql)?:\/*)\S+@/g, "$1…@").replaceAll(/:\/\/[^\s/@]+@/g, "://…@");
}
