import ipaddr from "ipaddr.js";

/** Top-level and special-use names that no public server has: RFC 6761, 6762, 7686 and 9476, ICANN's `internal`. */
const NEVER_PUBLIC = new Set([
  "alt",
  "arpa",
  "internal",
  "invalid",
  "local",
  "localdomain",
  "localhost",
  "onion",
  "test",
]);

/** What has been allocated to hosts at all; the rest of the address space is for something else. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** The parser would also take `https:host` and `https:///host`. */
const HTTPS = /^https:\/\/(?!\/)/i;
const HTTP_OR_HTTPS = /^https?:\/\/(?!\/)/i;

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * Whether a runner's URL leads to the public internet, as far as it tells by itself: names are not looked up.
 * Null when it does; else a sentence that says what is wrong with it. `allowLocal` also lets through `http`, and
 * this machine's loopback addresses and `localhost`.
 *
 * The URL parser is `fetch`'s own. It has already made one spelling of many: octal, decimal and hexadecimal
 * addresses, full-width digits and dots, percent-encoded hosts, capitals.
 */
export function checkRunnerUrl(url: string, options: { allowLocal: boolean }): string | null {
  if (/[\s\\]|\p{Cc}/u.test(url)) return "Must not contain blanks, control characters or backslashes.";
  const parsed = URL.parse(url);
  if (parsed === null) return "Must be an absolute URL such as `https://runner.example.com/hook`.";
  if (!(options.allowLocal ? HTTP_OR_HTTPS : HTTPS).test(url)) return "Must begin with `https://`.";
  const { username, password, hostname } = parsed;
  if (username !== "" || password !== "") return "Must not contain a user name or password.";
  if (options.allowLocal && isLoopback(hostname)) return null;
  return IPV4.test(hostname) || hostname.startsWith("[") ? checkAddress(hostname) : checkName(hostname);
}

function checkAddress(hostname: string): string | null {
  const address = parseAddress(hostname);
  const isPublic =
    address.range() === "unicast" && (address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST_V6));
  return isPublic
    ? null
    : "The host must be a public address: this one is private, reserved, or embeds another address.";
}

function checkName(hostname: string): string | null {
  const labels = hostname.split(".");
  if (labels.includes("")) return "The host must not have empty labels, nor a dot at its end.";
  if (NEVER_PUBLIC.has(labels.at(-1) ?? "")) return "The host must be a public name: this one is local or reserved.";
  return labels.length === 1 ? "The host must be a full name, with a domain." : null;
}

function isLoopback(hostname: string): boolean {
  if (hostname === "localhost") return true;
  return (IPV4.test(hostname) || hostname.startsWith("[")) && parseAddress(hostname).range() === "loopback";
}

/** The address of a host as the URL parser writes it: dotted decimal, or IPv6 in brackets. */
const parseAddress = (hostname: string) => ipaddr.parse(hostname.replace(/^\[|\]$/g, ""));
