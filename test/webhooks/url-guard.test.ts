import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { checkRunnerUrl, urlOptions } from "../../src/webhooks/url-guard.ts";
import { SETTINGS } from "../support/settings.ts";

/** What each line is about, and its spellings. */
const FORBIDDEN: Record<string, string[]> = {
  "other schemes": [
    "http://runner.example.com/",
    "ftp://runner.example.com/",
    "ws://runner.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "blob:https://runner.example.com/1",
  ],
  "what is no absolute URL, or one only to a lenient parser": [
    "",
    "runner.example.com/hook",
    "//runner.example.com/hook",
    "/hook",
    "https://",
    "https:runner.example.com",
    "https:/runner.example.com",
    "https:///runner.example.com",
    "https:\\\\runner.example.com",
    "https://runner.example.com\\@127.0.0.1/",
    " https://runner.example.com/",
    "https://runner.example.com/ ",
    "https://runner.example.com/a b",
    "https://run\tner.example.com/",
    "https://runner.example.com/\n",
    "https://runner.example.com/\u0000",
    "https://runner.example.com:99999/",
    "https://[::1/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://[fe80::1%25eth0]/",
  ],
  credentials: [
    "https://user@runner.example.com/",
    "https://user:password@runner.example.com/",
    "https://:password@runner.example.com/",
    "https://runner.example.com@127.0.0.1/",
  ],
  "loopback and unspecified": [
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/hook",
    "https://127.255.255.254/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://0.0.0.0/",
    "https://0/",
    "https://0.1.2.3/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
  ],
  "octal, decimal and hexadecimal spellings": [
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://017700000001/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7F.0.0.1/",
    "https://0x7f.1/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://0251.0376.0251.0376/",
    "https://3232235777/",
    "https://012.1/",
  ],
  "percent-encoded, full-width and otherwise disguised": [
    "https://%31%32%37.0.0.1/",
    "https://127%2E0%2E0%2E1/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://127．0．0．1/",
    "https://①②⑦.0.0.1/",
    "https://LOCALHOST/",
    "https://ｌｏｃａｌｈｏｓｔ/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://local\u00adhost/",
    "https://%6Cocalhost/",
    "https://runner。local/",
  ],
  "private, link-local, shared": [
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.127.255.255/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
  ],
  "reserved, documentation, benchmarking, multicast, broadcast": [
    "https://192.0.0.1/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://192.31.196.1/",
    "https://192.52.193.1/",
    "https://192.175.48.1/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[2001:2::1]/",
    "https://[2001:10::1]/",
    "https://[2001:20::1]/",
    "https://[2620:4f:8000::1]/",
    "https://[4000::1]/",
    "https://[8000::1]/",
  ],
  "IPv6 that embeds an IPv4 address": [
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::FFFF:10.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[::8.8.8.8]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
  ],
  "public addresses, which Workers cannot reach": [
    "https://1.1.1.1/hook",
    "https://8.8.8.8:8443/hook",
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[2a00:1450:4001:81b::200e]:8443/hook",
  ],
  "the names of the service": [
    "https://service.example.com",
    "https://service.example.com/v1/workflow-runs",
    "https://SERVICE.example.com:443/hook",
    "https://service.example.com:8443/hook",
    "https://service.example.com./hook",
    "https://service%2Eexample.com/",
    "https://two.example.com/v1/inbound/x",
    "https://Two.example.com:2053/",
    "https://workflow-runs.example.workers.dev/hook",
    "https://WORKFLOW-RUNS.example.workers.dev./hook",
  ],
  "names that are never public": [
    "https://localhost/",
    "https://localhost:8443/",
    "https://runner.localhost/",
    "https://localhost.localdomain/",
    "https://runner.local/",
    "https://RUNNER.LOCAL/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://runner.internal/",
    "https://runner.home.arpa/",
    "https://ipv4only.arpa/",
    "https://runner.test/",
    "https://runner.invalid/",
    "https://expyuzz4wqqyqhjn.onion/",
    "https://runner.alt/",
  ],
  "single labels, dots at the end, empty labels": [
    "https://runner/",
    "https://internal/",
    "https://com/",
    "https://intranet:8443/hook",
    "https://localhost./",
    "https://runner.local./",
    "https://runner.example.com./",
    "https://runner./",
    "https://runner..example.com/",
    "https://.example.com/",
    "https://./",
    "https://localhost../",
  ],
};

const GOOD = [
  "https://runner.example.com",
  "https://runner.example.com/",
  "https://runner.example.com/hook",
  "https://runner.example.com/hook?queue=fast&n=1",
  "https://runner.example.com/hook#fragment",
  "https://other.service.example.com/hook",
  "https://runner.example.com:8443/hook",
  "https://runner.example.com:1/hook",
  "HTTPS://Runner.Example.COM/Hook",
  "https://example.com/",
  "https://a.b.c.d.e.example.co.uk/",
  "https://bücher.example.com/hook",
  "https://xn--bcher-kva.example.com/hook",
  "https://my_runner.example.com/",
  "https://runner-1.example.com/%2e%2e/hook",
  "https://127.0.0.1.example.com/",
  "https://localhost.example.com/",
  "https://local.example.com/",
  "https://internal-runner.example.com/",
  "https://mylocalhost.com/",
  "https://test.io/",
  "https://runner.example.com/hook?next=http://127.0.0.1/@localhost",
];

const optionsOf = (settings: Record<string, string>) =>
  urlOptions(readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/main", ...settings }));

const NAMES = {
  PUBLIC_URL: "https://service.example.com/base",
  CELLS: "one=https://service.example.com,two=https://two.example.com:8443",
  OTHER_HOSTS: "workflow-runs.example.workers.dev",
};
const [STRICT, LENIENT] = ["false", "true"].map((ALLOW_LOCAL_RUNNERS) => optionsOf({ ...NAMES, ALLOW_LOCAL_RUNNERS }));
const strict = (url: string) => STRICT && checkRunnerUrl(url, STRICT);
const lenient = (url: string) => LENIENT && checkRunnerUrl(url, LENIENT);

describe("the runner URL guard", () => {
  const spellings = Object.values(FORBIDDEN).flat();

  it("is tried with at least 60 forbidden spellings and 20 good URLs, each once", () => {
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(spellings.length).toBeGreaterThanOrEqual(60);
    expect(new Set(GOOD).size).toBeGreaterThanOrEqual(20);
  });

  it.each(Object.entries(FORBIDDEN))("refuses %s, with a sentence", (_, urls) => {
    const verdicts = urls.map((url) => [url, strict(url)]);
    expect(verdicts).toEqual(urls.map((url) => [url, expect.stringMatching(/^(Must|The host must) .+\.$/)]));
  });

  it.each(GOOD)("lets %s through", (url) => {
    expect([strict(url), lenient(url)]).toEqual([null, null]);
  });

  it("says to use a name instead of an address", () => {
    expect(strict("https://8.8.8.8/")).toBe(
      "The host must be a name, not an IP address: Cloudflare Workers can't reach one.",
    );
  });

  it("says that a runner must not be the service itself, also on this machine", () => {
    const CELLS = "two=http://127.0.0.1:8797";
    const own = optionsOf({ PUBLIC_URL: "http://localhost:8787", CELLS, ALLOW_LOCAL_RUNNERS: "true" });
    for (const url of ["http://localhost:8787/hook", "http://127.0.0.1:8787/", "http://[::1]:8797/"]) {
      expect([url, checkRunnerUrl(url, own)]).toEqual([url, "Must not lead to this service itself."]);
    }
    expect(checkRunnerUrl("http://localhost:8788/hook", own)).toBeNull();
  });

  it("never repeats in its sentence what is in the URL", () => {
    expect(strict("https://user:hunter2@runner.example.com/")).not.toContain("hunter2");
  });
});

describe("the runner URL guard of the local stack", () => {
  it.each([
    "http://localhost:8788/hook",
    "https://localhost/",
    "http://127.0.0.1:8788/hook",
    "http://127.8.9.10/",
    "http://0x7f.1/",
    "http://[::1]:8788/",
    "http://runner.example.com/",
  ])("also lets %s through", (url) => {
    expect(lenient(url)).toBeNull();
  });

  it("refuses everything else that is forbidden in production", () => {
    const isLocal = (url: string) =>
      /^https?:\/\/(\[::1\]|127\.\d+\.\d+\.\d+|localhost)$/.test(URL.parse(url)?.origin.replace(/:\d+$/, "") ?? "");
    const isPlainHttp = (url: string) => url === "http://runner.example.com/";
    const others = Object.entries(FORBIDDEN)
      .filter(([what]) => what !== "credentials" && !what.startsWith("what is no absolute URL"))
      .flatMap(([, urls]) => urls)
      .filter((url) => !isLocal(url) && !isPlainHttp(url));
    const unconditional = [
      ...(FORBIDDEN.credentials ?? []),
      "https:/localhost/",
      "http:localhost",
      "http://a@localhost/",
    ];
    expect(others.length).toBeGreaterThan(80);
    expect([...others, ...unconditional].filter((url) => lenient(url) === null)).toEqual([]);
  });
});
