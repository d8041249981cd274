import { z } from "zod";
import { LATE_SECONDS } from "../../src/sweep/sweep-state.ts";
import { Challenged, requireOwnAnswer } from "./challenge.ts";
import { missingHubLocation } from "./hub-location.ts";

/** A deployed service, and an API key of one of its tenants. */
export type Service = { origin: string; key: string };

/** A sentence about what works, or about what was not checked. */
export type Finding = string | { skipped: string };

/** `check` throws an error that says what is wrong. */
export type Check = { subject: string; check: () => Promise<Finding> };

const TIMEOUT_MS = 30_000;

const SECURE_HEADERS: Record<string, string> = {
  "content-security-policy": "default-src 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=",
  "x-content-type-options": "nosniff",
};

/** An answer of the Worker, a page, and two files that Cloudflare serves without the Worker. */
const PATHS = ["/", "/app/sign-in", "/app/style.css", "/app/docs/style.css"];

const ask = async ({ origin }: Service, path: string, init: RequestInit = {}) =>
  requireOwnAnswer(
    await fetch(`${origin}${path}`, { redirect: "manual", ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
  );

/** The checks that need no change of the service's data. */
export function listSmokeChecks(service: Service): Check[] {
  return [
    { subject: "health", check: () => checkHealth(service) },
    { subject: "headers", check: () => checkHeaders(service) },
    { subject: "plain http", check: () => checkPlainHttp(service) },
    { subject: "the cron", check: () => checkCron(service) },
    { subject: "hub location", check: () => checkHubLocation(service) },
    { subject: "the API key", check: () => checkKey(service) },
    { subject: "sign-in", check: () => checkSignIn(service) },
  ];
}

async function checkHealth(service: Service): Promise<string> {
  const began = Date.now();
  const response = await ask(service, "/healthz");
  await expectStatus("GET /healthz", response, 200);
  const [, databaseMs = "?"] = /db;dur=([\d.]+)/.exec(response.headers.get("server-timing") ?? "") ?? [];
  return `The service and its database answer: ${Date.now() - began} ms, of them ${databaseMs} ms for the database.`;
}

async function checkHeaders(service: Service): Promise<string> {
  const faults: string[] = [];
  for (const path of PATHS) {
    const response = await ask(service, path);
    if (response.status !== 200) faults.push(`${path} is ${response.status}`);
    for (const [name, start] of Object.entries(SECURE_HEADERS)) {
      if (!response.headers.get(name)?.startsWith(start)) faults.push(`${path} lacks ${name}: ${start}…`);
    }
    await response.body?.cancel();
  }
  if (faults.length > 0) throw new Error(`${faults.join("; ")}.`);
  return `${PATHS.join(", ")} have the security headers.`;
}

async function checkPlainHttp({ origin, key }: Service): Promise<Finding> {
  if (!origin.startsWith("https:")) return { skipped: "Not looked at: the service is asked over http here." };
  const plain = { origin: origin.replace(/^https:/, "http:"), key };
  const response = await ask(plain, "/v1/workflow-runs").catch((error: unknown) => {
    if (error instanceof Challenged) throw error;
    return null;
  });
  if (response === null) return "Nobody answers there.";
  if (response.status === 403) return "Refused, with 403.";
  const isRedirect = response.status >= 300 && response.status < 400;
  if (isRedirect && response.headers.get("location")?.startsWith("https:")) return "Redirected to https.";
  throw new Error(`GET /v1/workflow-runs over http is ${response.status}: is PUBLIC_URL https?`);
}

async function checkCron(service: Service): Promise<string> {
  const response = await ask(service, "/readyz");
  const body: unknown = await response.json();
  const ready = z.object({ seconds_since_sweep: z.number() }).safeParse(body);
  if (!ready.success) throw new Error(`/readyz is ${response.status}: ${describe(body)}`);
  const seconds = Math.round(ready.data.seconds_since_sweep);
  if (seconds > LATE_SECONDS) throw new Error(`The last sweep ended ${seconds} s ago; the cron fires every minute.`);
  return `The last sweep ended ${seconds} s ago.`;
}

async function checkHubLocation(service: Service): Promise<Finding> {
  const ready = z
    .object({ hub_location: z.string().nullable() })
    .safeParse(await (await ask(service, "/readyz")).json());
  if (!ready.success) return { skipped: "Not looked at, since /readyz does not answer with it." };
  const { hub_location: location } = ready.data;
  const missing = missingHubLocation(service.origin, location);
  if (missing !== null) return { skipped: `${missing} docs/operations.md, "Where it runs", says what to set.` };
  return location === null ? "On this machine." : `The Durable Objects are created in ${location}.`;
}

async function checkKey(service: Service): Promise<string> {
  await expectStatus("GET /v1/users/me without a key", await ask(service, "/v1/users/me"), 401);
  await send(service, "GET", "/v1/users/me");
  return "It is accepted, and nothing is answered without it.";
}

async function checkSignIn(service: Service): Promise<string> {
  const form = { method: "POST", headers: { Origin: service.origin } };
  const entered = await ask(service, "/app/sign-in", { ...form, body: new URLSearchParams({ key: service.key }) });
  await expectStatus("Signing in", entered, 303);
  const [cookie = "", ...attributes] = (entered.headers.get("set-cookie") ?? "").split("; ");
  for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax"]) {
    if (!attributes.includes(attribute)) throw new Error(`The session's cookie is not ${attribute}.`);
  }
  const Cookie = cookie;
  await expectStatus("The page of runs", await ask(service, "/app/runs", { headers: { Cookie } }), 200);
  const headers = { ...form.headers, Cookie };
  await expectStatus("Signing out", await ask(service, "/app/sign-out", { ...form, headers }), 303);
  await expectStatus("The page of runs without a session", await ask(service, "/app/runs"), 303);
  return "One can sign in with the key, look at the runs, and sign out.";
}

/** Sends a request with the key, and returns the body. Throws the service's explanation when the answer is an error. */
export async function send(service: Service, method: string, path: string, body?: object): Promise<unknown> {
  const headers = { Authorization: `Bearer ${service.key}`, "Content-Type": "application/json" };
  const response = await ask(service, path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (response.ok) return text === "" ? null : JSON.parse(text);
  throw new Error(`${method} ${path} is ${response.status}: ${text.slice(0, 500)}`);
}

async function expectStatus(what: string, response: Response, status: number): Promise<void> {
  const text = await response.text();
  if (response.status !== status)
    throw new Error(`${what} is ${response.status}, not ${status}: ${text.slice(0, 300)}`);
}

/** The `detail` of a problem, or the whole body. */
function describe(body: unknown): string {
  const problem = z.object({ detail: z.string() }).safeParse(body);
  return problem.success ? problem.data.detail : JSON.stringify(body).slice(0, 300);
}
