import { isLoopback } from "../base/loopback.ts";
import type { Config } from "../config.ts";

/**
 * Top-level names that no public server can have: the special-use names of RFC 6761, 6762, 7686 and 9476, and ICANN's
 * `internal`.
 */
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

/** Checked before parsing, since the URL parser also accepts `https:host` and `https:///host`. */
const HTTPS = /^https:\/\/(?!\/)/i;
const HTTP_OR_HTTPS = /^https?:\/\/(?!\/)/i;

/** An IP address in the form that the URL parser gives it: dotted decimal, or IPv6 in brackets. */
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;

export type RunnerUrlOptions = {
  /** When true, `http`, loopback addresses and `localhost` are also allowed. */
  allowLocal: boolean;
  /** The names of this service and of its other cells: {@link nameOf}. A runner cannot have one, since the service would call itself. */
  ownNames: ReadonlySet<string>;
};

/**
 * The name by which a URL reaches a service: its host, without a dot at its end. A service on this machine is one port, under whatever
 * name of this machine; anywhere else, each port of the name may lead to the same service.
 */
function nameOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  const name = hostname.replace(/\.+$/, "");
  return isLoopback(name) ? `localhost:${port || (protocol === "https:" ? 443 : 80)}` : name;
}

const namesOf = new WeakMap<Config, ReadonlySet<string>>();

/** Which URLs this service allows, by its settings. */
export function urlOptions(config: Config): RunnerUrlOptions {
  const { allowLocalRunners: allowLocal, publicUrl, cells, otherHosts } = config;
  const ownNames =
    namesOf.get(config) ??
    new Set([publicUrl, ...cells.values(), ...otherHosts.map((host) => `https://${host}`)].map(nameOf));
  namesOf.set(config, ownNames);
  return { allowLocal, ownNames };
}

/**
 * Checks that a runner's URL leads to the public internet. Only the text is checked: names are not resolved. Returns null when
 * the URL is allowed, otherwise a sentence that says what is wrong.
 *
 * The URL is parsed by the same parser that `fetch` uses. The parser normalises the host: octal, decimal and hexadecimal
 * addresses, full-width digits and dots, percent-encoding and capitals. So each host has to be checked in one form only.
 */
export function checkRunnerUrl(url: string, { allowLocal, ownNames }: RunnerUrlOptions): string | null {
  if (/[\s\\]|\p{Cc}/u.test(url)) return "Must not contain blanks, control characters or backslashes.";
  const parsed = URL.parse(url);
  if (parsed === null) return "Must be an absolute URL such as `https://runner.example.com/hook`.";
  if (!(allowLocal ? HTTP_OR_HTTPS : HTTPS).test(url)) return "Must begin with `https://`.";
  const { username, password, hostname } = parsed;
  if (username !== "" || password !== "") return "Must not contain a user name or password.";
  if (ownNames.has(nameOf(url))) return "Must not lead to this service itself.";
  if (allowLocal && isLoopback(hostname)) return null;
  // When a Worker requests an IP address, Cloudflare answers with error 1003, "direct IP access not allowed".
  if (ADDRESS.test(hostname)) return "The host must be a name, not an IP address: Cloudflare Workers can't reach one.";
  return checkName(hostname);
}

function checkName(hostname: string): string | null {
  const labels = hostname.split(".");
  if (labels.includes("")) return "The host must not have empty labels, nor a dot at its end.";
  if (NEVER_PUBLIC.has(labels.at(-1) ?? "")) return "The host must be a public name: this one is local or reserved.";
  return labels.length === 1 ? "The host must be a full name, with a domain." : null;
}
