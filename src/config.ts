import { z } from "@hono/zod-openapi";
import { type KeyRing, parseKeyRing } from "./base/key-ring.ts";
import { isLoopback } from "./base/loopback.ts";
import { type Bucket, bindingOf, type RateLimiter, type SqlService } from "./bindings.ts";
import { CLIENT_AUTH_METHODS, findLoginFaults, type LoginService, readLogin } from "./login-service.ts";

const keyRing = z.string().transform((text, context) => {
  const ring = parseKeyRing(text);
  if (ring) return ring;
  context.addIssue({ code: "custom", message: "no key ring" });
  return z.NEVER;
});

/** Keys for HS256. RFC 7518 requires that they are at least as long as the hash: 32 bytes. */
const signingKeys = keyRing.refine((ring) => [...ring.byId.values()].every(({ secret }) => secret.length >= 32));

const AES_256_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** The keys of `.dev.vars.example`. They are published, so they protect nothing. */
export const PUBLISHED_KEYS: ReadonlySet<string> = new Set([
  "b25seS1mb3ItdGhlLWxvY2FsLXN0YWNrLTAxMjM0NTY=",
  "only-for-the-local-stack-run-tokens-0123456789",
  "only-for-the-local-stack-sessions-0123456789",
]);

const rateLimiter = bindingOf<RateLimiter>();

/** Origins, separated by commas. `*` is not an origin, so it is refused. */
const origins = z.string().transform((text, context) => {
  const list = text
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
  if (list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)) return list;
  context.addIssue({ code: "custom", message: "no origins" });
  return z.NEVER;
});

/** The name of a cell: see src/http/credentials/cell.ts. */
export const CELL = /^[a-z0-9]{3}$/;

/** The URLs of cells, separated by commas: `one=https://one.example.com,two=https://two.example.com`. */
const cells = z.string().transform((text, context) => {
  const list = text.split(",").map((entry) => /^\s*(\w+)=(.+?)\/*\s*$/.exec(entry)?.slice(1) ?? []);
  if (list.every(([name = "", url = ""]) => CELL.test(name) && /^https?:/.test(url) && URL.canParse(url))) {
    return new Map(list.map(([name = "", url = ""]) => [name, url]));
  }
  context.addIssue({ code: "custom", message: "no cells" });
  return z.NEVER;
});

/** Names of hosts or domains, separated by commas. */
const domains = z.string().transform((text, context) => {
  const list = text.split(",").map((domain) => domain.trim().toLowerCase());
  if (list.every((domain) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain))) return list;
  context.addIssue({ code: "custom", message: "no domains" });
  return z.NEVER;
});

const seconds = z.coerce.number().int();

const varsSchema = z.object({
  /** Postgres connection string, as Neon shows it. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** The URL of Neon's HTTP protocol, when it is not at the host of the database. */
  NEON_FETCH_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** What is asked at that URL, in place of the internet. */
  DATABASE: bindingOf<SqlService>(),
  /** How long one request to the database may take. */
  DATABASE_TIMEOUT_SECONDS: seconds.min(1).max(60).default(10),
  /** The URL at which runners reach this service. Every callback URL begins with it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** The name of this deployment, which its keys, tokens and links have. */
  CELL: z.string().regex(CELL).default("one"),
  /** Where the other cells are. A request with a credential of one of them is answered with its address. */
  CELLS: cells.default(new Map()),
  /** Further names under which this deployment is reached, such as that of `workers.dev`. Nothing is sent to them. */
  OTHER_HOSTS: domains.default([]),
  /** Encrypts the webhook secrets of runners. Each key is 32 bytes in base64. */
  ENCRYPTION_KEY: keyRing.refine((ring) => [...ring.byId.values()].every(({ secret }) => AES_256_KEY.test(secret))),
  /** Signs run tokens. */
  RUN_TOKEN_SECRET: signingKeys,
  /** Signs the sessions of the dashboard, and verifies session tokens that are signed with HS256. */
  SESSION_SECRET: signingKeys.optional(),
  /** The URL at which an OIDC issuer publishes the keys of its session tokens. It is https, or on this machine. */
  SESSION_JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => URL.canParse(url) && (new URL(url).protocol === "https:" || isLoopback(new URL(url).hostname)))
    .optional(),
  /** The values that the claims `iss` and `aud` of a session token must have. */
  SESSION_ISSUER: z.string().min(1).optional(),
  SESSION_AUDIENCE: z.string().min(1).optional(),
  /** The login service by which people sign in on the pages: the issuer of OpenID Connect, and what it knows this service by. */
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  /** Absent for a public client. */
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  /** How this client sends its secret, as it is registered there. By default the way that the login service names. */
  OIDC_CLIENT_AUTH_METHOD: z.enum(CLIENT_AUTH_METHODS).optional(),
  /** What the sign-in page calls the login service. By default its host. */
  OIDC_NAME: z.string().min(1).max(60).optional(),
  /** Of these domains, an address counts as verified although the login service does not say so. */
  OIDC_TRUSTED_EMAIL_DOMAINS: domains.default([]),
  /** The origins whose pages may call the service with a bearer token. */
  CORS_ORIGINS: origins.default([]),
  /** The rate limiters for requests per address, failed authentications per address, and requests per credential. */
  ADDRESS_LIMITER: rateLimiter,
  FAILURE_LIMITER: rateLimiter,
  CALLER_LIMITER: rateLimiter,
  /** The rate limiters for the requests of tenants with large limits. */
  LARGE_ADDRESS_LIMITER: rateLimiter,
  LARGE_CALLER_LIMITER: rateLimiter,
  /** The bucket for the files of runs. */
  ARTIFACTS: bindingOf<Bucket>(),
  /** The files of runs are deleted this many days after they were stored. */
  ARTIFACT_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).optional(),
  /** Where the Durable Objects are created: https://developers.cloudflare.com/durable-objects/reference/data-location/ */
  HUB_LOCATION: z.enum(["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"]).optional(),
  /** Seconds that are added to each run's time limit, for the time in which its dispatch reaches the runner. */
  DEADLINE_GRACE_SECONDS: seconds.min(0).max(3600).default(0),
  /** Runs are deleted this many days after they ended. */
  RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).optional(),
  /** After how many days the sweep removes rows of the audit log. `remove_audit_events` never removes one that is younger than 90 days. */
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(90).max(3650).default(365),
  /** Allows runners whose URL is `http` or on the same machine. For the local stack only. */
  ALLOW_LOCAL_RUNNERS: z.stringbool().default(false),
  /** Says that this is the local stack. Without it, what is safe only there is refused, wherever the database is. */
  LOCAL_STACK: z.stringbool().default(false),
});

const schema = varsSchema
  // The same issuer may sign tokens for other services. Without these two checks, such a token would be valid here.
  .refine((vars) => !vars.SESSION_JWKS_URL || vars.SESSION_ISSUER, { path: ["SESSION_ISSUER"] })
  .refine((vars) => !vars.SESSION_JWKS_URL || vars.SESSION_AUDIENCE, { path: ["SESSION_AUDIENCE"] })
  .superRefine((vars, context) => {
    for (const [name, reason] of [...findUnsafe(vars), ...findLoginFaults(vars)]) {
      context.addIssue({ code: "custom", path: [name], message: reason, params: { isReason: true } });
    }
  });

type Vars = z.infer<typeof varsSchema>;

/**
 * The settings that are safe only in the local stack, with the reason for each. The list is empty when LOCAL_STACK says that this is it,
 * and the database is on this machine.
 */
function findUnsafe(vars: Vars): [name: keyof Vars, reason: string][] {
  if (vars.LOCAL_STACK && isLoopback(new URL(vars.NEON_FETCH_ENDPOINT ?? vars.DATABASE_URL).hostname)) return [];
  const unsafe: [keyof Vars, string][] = [];
  const isHttps = new URL(vars.PUBLIC_URL).protocol === "https:";
  if (!isHttps) unsafe.push(["PUBLIC_URL", "must begin with https://"]);
  if (isHttps && vars.ALLOW_LOCAL_RUNNERS) unsafe.push(["ALLOW_LOCAL_RUNNERS", "is for the local stack only"]);
  for (const name of ["ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "SESSION_SECRET"] as const) {
    const keys = [...(vars[name]?.byId.values() ?? [])];
    if (keys.some(({ secret }) => PUBLISHED_KEYS.has(secret))) unsafe.push([name, "has a key of .dev.vars.example"]);
  }
  return unsafe;
}

export type Config = {
  databaseUrl: string;
  neonFetchEndpoint: string | undefined;
  /** When undefined, the database is asked over the internet. */
  sqlService: SqlService | undefined;
  databaseTimeoutSeconds: number;
  publicUrl: string;
  /** The name of this cell, and the URLs of cells by their names. */
  cell: string;
  cells: ReadonlyMap<string, string>;
  /** Further names under which this cell is reached. */
  otherHosts: readonly string[];
  encryptionKeys: KeyRing;
  runTokenKeys: KeyRing;
  sessions: {
    /** When undefined, no token that is signed with HS256 is valid. */
    keys: KeyRing | undefined;
    /** When undefined, no token that is signed with another algorithm is valid. */
    jwksUrl: string | undefined;
    issuer: string | undefined;
    audience: string | undefined;
  };
  /** When undefined, people sign in with API keys only. */
  login: LoginService | undefined;
  corsOrigins: readonly string[];
  /** An undefined limiter limits nothing. */
  limiters: Record<"address" | "failure" | "caller" | "largeAddress" | "largeCaller", RateLimiter | undefined>;
  /** When undefined, runs have no files. */
  artifacts: Bucket | undefined;
  /** When undefined, a file is kept as long as its run. */
  artifactRetentionDays: number | undefined;
  /** A location hint of Cloudflare. When undefined, the object is created near its first caller. */
  hubLocation: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me" | undefined;
  deadlineGraceSeconds: number;
  /** When undefined, runs are kept for ever. */
  retentionDays: number | undefined;
  auditRetentionDays: number;
  allowLocalRunners: boolean;
};

/**
 * A binding or var that is missing or wrong. `reason` is null when there is nothing to add. The fault never contains the value.
 */
export type ConfigFault = { name: string; reason: string | null };

export const describeFault = ({ name, reason }: ConfigFault) => (reason === null ? name : `${name} (${reason})`);

/** Thrown for a configuration in which settings are missing, wrong or unsafe. `faults` lists each setting once. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const list = faults.map(describeFault).join(", ");
    super(`Missing or wrong in the configuration: ${list}. See docs/configuration.md.`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * Reads the Worker's bindings and vars.
 * @throws ConfigError
 */
export function readConfig(bindings: object): Config {
  const result = schema.safeParse(bindings);
  if (!result.success) {
    const reasons = new Map(result.error.issues.map((issue) => [issue.path.join("."), reasonOf(issue)]));
    throw new ConfigError([...reasons].map(([name, reason]) => ({ name, reason })));
  }
  const vars = result.data;
  return {
    databaseUrl: vars.DATABASE_URL,
    neonFetchEndpoint: vars.NEON_FETCH_ENDPOINT,
    sqlService: vars.DATABASE,
    databaseTimeoutSeconds: vars.DATABASE_TIMEOUT_SECONDS,
    publicUrl: vars.PUBLIC_URL.replace(/\/+$/, ""),
    cell: vars.CELL,
    cells: vars.CELLS,
    otherHosts: vars.OTHER_HOSTS,
    encryptionKeys: vars.ENCRYPTION_KEY,
    runTokenKeys: vars.RUN_TOKEN_SECRET,
    sessions: {
      keys: vars.SESSION_SECRET,
      jwksUrl: vars.SESSION_JWKS_URL,
      issuer: vars.SESSION_ISSUER,
      audience: vars.SESSION_AUDIENCE,
    },
    login: readLogin(vars),
    corsOrigins: vars.CORS_ORIGINS,
    limiters: {
      address: vars.ADDRESS_LIMITER,
      failure: vars.FAILURE_LIMITER,
      caller: vars.CALLER_LIMITER,
      largeAddress: vars.LARGE_ADDRESS_LIMITER,
      largeCaller: vars.LARGE_CALLER_LIMITER,
    },
    artifacts: vars.ARTIFACTS,
    artifactRetentionDays: vars.ARTIFACT_RETENTION_DAYS,
    hubLocation: vars.HUB_LOCATION,
    deadlineGraceSeconds: vars.DEADLINE_GRACE_SECONDS,
    retentionDays: vars.RETENTION_DAYS,
    auditRetentionDays: vars.AUDIT_RETENTION_DAYS,
    allowLocalRunners: vars.ALLOW_LOCAL_RUNNERS,
  };
}

/** The reason if the check is one of ours. Null for a check of the library, since its message may contain the value. */
function reasonOf(issue: z.core.$ZodIssue): string | null {
  return issue.code === "custom" && issue.params?.isReason === true ? issue.message : null;
}
