/** Faults between the service and its database, for the tests: see `test/support/harness-protocol.ts`. */
import { setTimeout as delay } from "node:timers/promises";
import type { Intercept, SqlRequest } from "../../../scripts/local/sql-endpoint.ts";
import type { Fault } from "../harness-protocol.ts";

const TOO_MANY = "Too many connections to this endpoint. Please try again later.";

/** Well below the shortest timeout that a service can have. */
const SLOW_MS = 300;

/** The faults that tests have set, each for one database. */
export function createFaults() {
  const faults = new Map<string, { kind: Fault["kind"]; skip: number; times: number; of: string | undefined }>();

  function isHit(database: string, { connectionString }: SqlRequest): Fault["kind"] | undefined {
    const fault = faults.get(database);
    if (!fault) return undefined;
    if (fault.of !== undefined && new URL(connectionString).searchParams.get("application_name") !== fault.of)
      return undefined;
    if (fault.skip > 0) {
      fault.skip--;
      return undefined;
    }
    return fault.times-- > 0 ? fault.kind : undefined;
  }

  return {
    order(database: string, { kind, skip = 0, times = Number.POSITIVE_INFINITY, of }: Fault): void {
      faults.set(database, { kind, skip, times, of });
    },
    withdraw(database: string): void {
      faults.delete(database);
    },
    /** Applies the fault that was set for this database to a request. */
    async inflict(database: string, request: SqlRequest): ReturnType<Intercept> {
      const kind = isHit(database, request);
      return kind === undefined ? "continue" : inflict(kind, request);
    },
  };
}

async function inflict(kind: Fault["kind"], { request, response, run }: SqlRequest): ReturnType<Intercept> {
  const answer = (status: number, body: string) => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
  const sayError = (code: string, message: string) => answer(400, JSON.stringify({ message, code, severity: "ERROR" }));
  switch (kind) {
    case "refused":
      request.socket.resetAndDestroy();
      break;
    case "hang":
      break;
    case "http 429":
    case "http 500":
    case "http 502":
    case "http 503":
      answer(Number(kind.slice(-3)), "Something between us is broken.");
      break;
    case "cut before":
      request.socket.destroy();
      break;
    case "cut after":
      await run();
      request.socket.destroy();
      break;
    case "cut amid": {
      const { status, json } = await run();
      response.writeHead(status, { "content-length": Buffer.byteLength(json) });
      response.write(json.slice(0, json.length / 2), () => request.socket.destroy());
      break;
    }
    case "hang after":
      await run();
      break;
    case "garbage":
      await run();
      answer(200, "<!doctype html><title>Welcome to the hotel's network</title>");
      break;
    case "nonsense":
      await run();
      answer(200, JSON.stringify({ results: [{}], rows: 1 }));
      break;
    case "slow":
      await run();
      await delay(SLOW_MS);
      return "continue";
    case "shutdown":
      sayError("57P01", "terminating connection due to administrator command");
      break;
    case "rate limited":
      // What Neon's proxy answers above `connection_attempt_rate_limit`. There is no SQLSTATE, since it has not asked Postgres.
      answer(500, JSON.stringify({ message: TOO_MANY, code: "", severity: "" }));
      break;
    case "too large":
      answer(507, JSON.stringify({ message: "response is too large (max is 67108864 bytes)", code: null }));
      break;
    case "crowded":
      sayError("53300", "sorry, too many clients already");
      break;
    case "deadlock":
      sayError("40P01", "deadlock detected");
      break;
  }
  return "handled";
}
