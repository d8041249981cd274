/** A Worker whose clock is wrong. */
import { expect, vi } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import type { Service } from "../support/service.ts";

export const MINUTE = 60;

/** By how many seconds the Worker's clock is ahead during its request of this number. */
export const CLOCKS: [name: string, ahead: (request: number) => number][] = [
  ["right", () => 0],
  ["10 minutes slow", () => -10 * MINUTE],
  ["10 minutes fast", () => 10 * MINUTE],
  ["slow and fast in turn", (request) => (request % 2 === 0 ? -10 : 10) * MINUTE],
];

const RealDate = Date;

/**
 * Makes the clock of the runtime, which is the Worker's and its libraries', say something else than the time: as many
 * seconds more as `seconds` says at that moment. Until `vi.unstubAllGlobals()`.
 */
export function shiftClock(seconds: () => number): void {
  const now = () => RealDate.now() + seconds() * 1000;
  vi.stubGlobal(
    "Date",
    new Proxy(RealDate, {
      construct: (target, values, newTarget) =>
        Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
      get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
    }),
  );
}

/** The service, which calls `before` before each of its requests and sweeps. */
export function calling(before: () => void, service: Service): Service {
  const after =
    <Values extends unknown[], Result>(action: (...values: Values) => Result) =>
    (...values: Values): Result => {
      before();
      return action(...values);
    };
  return {
    ...service,
    fetch: after(service.fetch),
    fetchAndDie: after(service.fetchAndDie),
    get: after(service.get),
    send: after(service.send),
    sweep: after(service.sweep),
  };
}

/** The database's clock, in seconds since 1970. */
export async function readNow({ sql }: TestDatabase): Promise<number> {
  const [row] = await sql`select extract(epoch from statement_timestamp())::float8 as seconds`;
  return Number(row?.seconds);
}

export const toInstant = (seconds: number) => new Date(seconds * 1000).toISOString();

export const toSeconds = (instant: unknown) => Date.parse(String(instant)) / 1000;

/** Expects each to be `seconds`, but for what a test itself takes: much less than the clocks are wrong by. */
export function expectNear(seconds: number, ...given: number[]): void {
  expect(given.filter((one) => !(Math.abs(one - seconds) < 20))).toEqual([]);
}
