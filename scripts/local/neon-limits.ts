/**
 * The limits that Neon's proxy has for an endpoint, so that what would break there breaks in the local stack, too. Each number is
 * the default of its source, neondatabase/neon. Neon can set others for an endpoint.
 */

export type NeonLimits = {
  /** The requests that an endpoint may send for long. 0: as many as it likes. */
  requestsPerSecond: number;
  /** The requests that may come at once, after a pause. */
  burst: number;
  /** The unused connections that are kept for the next request. Those beyond are closed. */
  idleConnections: number;
  /** The share of `max_connections` of Postgres that the pooler in front of it uses. */
  pooledShare: number;
  /** How long a request and its answer travel together, in milliseconds. It stands for the distance to the database. */
  latencyMs: number;
};

export const NEON_LIMITS: NeonLimits = {
  // `DEFAULT_ENDPOINT_SET` in proxy/src/rate_limiter/limiter.rs has three rates, of which `to_leaky_bucket` takes the lowest and the highest.
  requestsPerSecond: 200,
  burst: 500,
  // `sql_over_http_pool_max_conns_per_endpoint` in proxy/src/binary/proxy.rs.
  idleConnections: 20,
  // `default_pool_size` of the pooler: https://neon.com/docs/connect/connection-pooling
  pooledShare: 0.9,
  latencyMs: 0,
};

/**
 * `AuthError::TooManyConnections` in proxy/src/auth/mod.rs, which proxy/src/serverless/sql_over_http.rs sends with a status of 500 and
 * without `Retry-After`.
 */
export const TOO_MANY_REQUESTS = "Too many connections to this endpoint. Please try again later.";

/**
 * Says whether the endpoint of a connection string may send one more request now. It is the leaky bucket of
 * libs/utils/src/leaky_bucket.rs: all that it remembers of an endpoint is when its bucket is empty again.
 *
 * A request costs one token, also one with a batch of statements, before its password is looked at. The name of the endpoint is the
 * first label of the host, with its `-pooler`; users and databases count together.
 */
export function createRequestLimiter(
  { requestsPerSecond, burst }: Pick<NeonLimits, "requestsPerSecond" | "burst">,
  now: () => number = () => performance.now(),
): (connectionString: string) => boolean {
  const emptyAt = new Map<string, number>();
  const costMs = 1_000 / requestsPerSecond;

  return (connectionString) => {
    if (requestsPerSecond === 0) return true;
    const endpoint = endpointOf(connectionString);
    const at = now();
    const fuller = Math.max(emptyAt.get(endpoint) ?? at, at) + costMs;
    if (fuller - burst * costMs > at) return false;
    emptyAt.set(endpoint, fuller);
    return true;
  };
}

function endpointOf(connectionString: string): string {
  if (!URL.canParse(connectionString)) return "";
  const [endpoint = ""] = new URL(connectionString).hostname.split(".");
  return endpoint;
}

const RATE = "NEON_REQUESTS_PER_SECOND";

export const LIMITS_HELP = `  ${RATE}   what the SQL endpoint takes, as Neon's proxy does (200); 0: without a limit`;

/**
 * The limits of the local stack: those of Neon, with the rate of the environment and the latency of the command line ("20ms").
 * @throws Error in one line when one of them cannot be read
 */
export function readLimits(latency: string | undefined, environment: NodeJS.Dict<string> = process.env): NeonLimits {
  const rate = environment[RATE] || String(NEON_LIMITS.requestsPerSecond);
  if (!/^\d{1,6}$/.test(rate))
    throw new Error(`${RATE} must be a whole number of requests, not ${JSON.stringify(rate)}.`);
  const [, latencyMs] = /^(\d{1,5})ms$/.exec(latency ?? "0ms") ?? [];
  if (latencyMs === undefined) throw new Error(`--latency must look like 20ms, not ${JSON.stringify(latency)}.`);
  return { ...NEON_LIMITS, requestsPerSecond: Number(rate), latencyMs: Number(latencyMs) };
}
