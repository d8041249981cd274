/** A Worker whose clock is wrong. */
import { expect, vi } from "vitest";
import type { TestDatabase } from "./database.ts";
import type { Service } from "./service.ts";

export const MINUTE = 60;

/** The number of seconds by which the Worker's clock is ahead, by the number of its request. */
export const CLOCKS: [name: string, ahead: (request: number) => number][] = [
  ["right", () => 0],
  ["10 minutes slow", () => -10 * MINUTE],
  ["10 minutes fast", () => 10 * MINUTE],
  ["slow and fast in turn", (request) => (request % 2 === 0 ? -10 : 10) * MINUTE],
];

const RealDate = Date;

/**
 * Makes the clock of the runtime wrong, for the Worker and its libraries: it is ahead by as many seconds as `seconds` returns
 * at that moment. `vi.unstubAllGlobals()` ends it.
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

/** A service that calls `before` before each of its requests and sweeps. */
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

/**
 * Expects that all values are `seconds`, within a tolerance for the time of the test itself. It is much smaller than the error
 * of the clocks.
 */
export function expectNear(seconds: number, ...given: number[]): void {
  expect(given.filter((one) => !(Math.abs(one - seconds) < 20))).toEqual([]);
}
