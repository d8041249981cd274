import { z } from "@hono/zod-openapi";

const positiveSeconds = z.coerce.number().int().min(0);

const schema = z.object({
  /** Postgres connection string, as Neon shows it. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where Neon's HTTP protocol is spoken, if not at the database's own host. */
  NEON_FETCH_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** How long one request to the database may take. */
  DATABASE_TIMEOUT_SECONDS: positiveSeconds.min(1).max(60).default(10),
});

export type Config = {
  databaseUrl: string;
  neonFetchEndpoint: string | undefined;
  databaseTimeoutSeconds: number;
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
  };
}
