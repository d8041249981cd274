/**
 * A credential belongs to one cell of a service. Any other cell answers 421 (RFC 9110, 15.5.20), with the URL of the right cell in
 * `Location`.
 */

/** The URL of the right cell, from a 421. Null for any other answer, and for a 421 that has no URL. */
export function cellUrlOf({ status, headers }: { status: number; headers: Headers }): string | null {
  const url = status === 421 ? headers.get("Location") : null;
  return url !== null && URL.canParse(url) ? url.replace(/\/+$/, "") : null;
}

/** True for a host of a URL that always means this machine. */
export const isLoopback = (hostname: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** The domain below which the cells of a service are: `runs.example.com` both for itself and for `eu1.runs.example.com`. */
function familyOf(hostname: string): string {
  const labels = hostname.split(".");
  return labels.length > 3 ? labels.slice(1).join(".") : hostname;
}

/**
 * True when a credential that was refused at `asked` may be sent to `url`: it is https, and its host is below that of `asked`, above it, or
 * beside it below a domain of at least three parts. Three parts, since the owner of `b.co.uk` must not get a key for `a.co.uk`, nor the
 * owner of `b.other.workers.dev` one for `a.mine.workers.dev`; so no list of public suffixes is needed. The user has to confirm any other
 * address.
 */
export function isSameService(asked: string, url: string): boolean {
  const [from, to] = [new URL(asked), new URL(url)];
  if (to.username !== "" || to.origin === from.origin) return false;
  if (isLoopback(from.hostname)) return isLoopback(to.hostname);
  const hasName = /\.[a-z][a-z0-9-]*$/.test(to.hostname);
  const isBelow = to.hostname.endsWith(`.${from.hostname}`);
  return to.protocol === "https:" && hasName && (isBelow || familyOf(to.hostname) === familyOf(from.hostname));
}
