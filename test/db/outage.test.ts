import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findOutage, openDatabase, repeatable } from "../../src/db/client.ts";

const db = openDatabase({
  databaseUrl: "postgres://user:password@localhost/main",
  neonFetchEndpoint: "http://127.0.0.1:9/sql",
  databaseTimeoutSeconds: 5,
});

/** The result of a read when Neon's proxy always answers like this, and how many requests it sends. */
async function read(status: number, body: string) {
  const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(body, { status }));
  const error: unknown = await repeatable(db)
    .execute(sql`select 1`)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  return [findOutage(error), fetch.mock.calls.length];
}

const proxyError = (message: string) => JSON.stringify({ message, code: "", detail: "", severity: "" });

afterEach(() => {
  vi.restoreAllMocks();
});

describe("Neon's proxy", () => {
  it.each([
    "Too many connections attempts",
    "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
    "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.",
  ])("has refused the statement when it says: %s", async (message) => {
    expect(await read(500, proxyError(message))).toEqual(["refused", 1]);
  });

  it.each([
    proxyError("could not parse postgres response"),
    proxyError("Query cancelled, connection was terminated"),
    "Too many connections",
    "",
  ])("may have passed the statement on when it says: %s", async (body) => {
    expect(await read(500, body)).toEqual(["unanswered", 2]);
  });
});
