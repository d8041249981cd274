/**
 * A credential belongs to one cell of a service. Another cell answers 421 (RFC 9110, 15.5.20), with the URL of the right one in
 * `Location`, before it looks anything up.
 */

/** The URL of a cell in a 421; null for any other answer, and when it names none. */
export function cellUrlOf({ status, headers }: { status: number; headers: Headers }): string | null {
  const url = status === 421 ? headers.get("Location") : null;
  return url !== null && URL.canParse(url) ? url.replace(/\/+$/, "") : null;
}

const isLoopback = (hostname: string) =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);

/** The domain below which a service has its cells: `runs.example.com` for itself, and for `eu1.runs.example.com`. */
function familyOf(hostname: string): string {
  const labels = hostname.split(".");
  return labels.length > 3 ? labels.slice(1).join(".") : hostname;
}

/**
 * True when a credential that `asked` has refused may be sent to `url`: it is https, and its host is below that of `asked`, above it, or
 * beside it below a domain of at least three parts. So no list of public suffixes is needed: whoever has `b.co.uk` or
 * `b.other.workers.dev` does not get what is for `a.co.uk` or `a.mine.workers.dev`. Any other address has to be confirmed by the user.
 */
export function isSameService(asked: string, url: string): boolean {
  const [from, to] = [new URL(asked), new URL(url)];
  if (to.username !== "" || to.origin === from.origin) return false;
  if (isLoopback(from.hostname)) return isLoopback(to.hostname);
  const hasName = /\.[a-z][a-z0-9-]*$/.test(to.hostname);
  const isBelow = to.hostname.endsWith(`.${from.hostname}`);
  return to.protocol === "https:" && hasName && (isBelow || familyOf(to.hostname) === familyOf(from.hostname));
}
