import { z } from "@hono/zod-openapi";
import { type KeyRing, parseKeyRing } from "./core/key-ring.ts";

const keyRing = z.string().transform((text, context) => {
  const ring = parseKeyRing(text);
  if (ring) return ring;
  context.addIssue({ code: "custom", message: "no key ring" });
  return z.NEVER;
});

const AES_256_KEY = /^[A-Za-z0-9+/]{43}=$/;

const seconds = z.coerce.number().int();

const schema = z.object({
  /** Postgres connection string, as Neon shows it. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where Neon's HTTP protocol is spoken, if not at the database's own host. */
  NEON_FETCH_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** How long one request to the database may take. */
  DATABASE_TIMEOUT_SECONDS: seconds.min(1).max(60).default(10),
  /** Where runners reach this service: the base of every callback URL. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** Encrypts the runners' webhook secrets: each key is 32 bytes in base64. */
  ENCRYPTION_KEY: keyRing.refine((ring) => [...ring.byId.values()].every(({ secret }) => AES_256_KEY.test(secret))),
  /** Signs run tokens. */
  RUN_TOKEN_SECRET: keyRing.refine((ring) => [...ring.byId.values()].every(({ secret }) => secret.length >= 32)),
  /** Added to every time limit, for the time that a run takes to reach its runner. */
  DEADLINE_GRACE_SECONDS: seconds.min(0).max(3600).default(0),
  /** Lets runners be `http` and on this machine. For the local stack only. */
  ALLOW_LOCAL_RUNNERS: z.stringbool().default(false),
});

export type Config = {
  databaseUrl: string;
  neonFetchEndpoint: string | undefined;
  databaseTimeoutSeconds: number;
  publicUrl: string;
  encryptionKeys: KeyRing;
  runTokenKeys: KeyRing;
  deadlineGraceSeconds: number;
  allowLocalRunners: boolean;
};

/** A binding or var that is missing or wrong. The message names it, and never holds its value. */
export class ConfigError extends Error {
  constructor(names: readonly string[]) {
    super(`Missing or wrong in the configuration: ${names.join(", ")}. See the configuration table in README.md.`);
    this.name = "ConfigError";
  }
}

/** Reads the Worker's bindings and vars. Throws {@link ConfigError}. */
export function readConfig(bindings: object): Config {
  const result = schema.safeParse(bindings);
  if (!result.success) {
    throw new ConfigError([...new Set(result.error.issues.map((issue) => issue.path.join(".")))]);
  }
  const vars = result.data;
  return {
    databaseUrl: vars.DATABASE_URL,
    neonFetchEndpoint: vars.NEON_FETCH_ENDPOINT,
    databaseTimeoutSeconds: vars.DATABASE_TIMEOUT_SECONDS,
    publicUrl: vars.PUBLIC_URL.replace(/\/+$/, ""),
    encryptionKeys: vars.ENCRYPTION_KEY,
    runTokenKeys: vars.RUN_TOKEN_SECRET,
    deadlineGraceSeconds: vars.DEADLINE_GRACE_SECONDS,
    allowLocalRunners: vars.ALLOW_LOCAL_RUNNERS,
  };
}
