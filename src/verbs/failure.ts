import { findDriverError, findOutage } from "../db/client.ts";

/** SQLSTATEs of two transactions in each other's way. Postgres has undone this one, and it can succeed when it is repeated. */
const IN_THE_WAY = /^(40001|40P01)$/;

/** True when two transactions were in each other's way: a deadlock, or a serialization failure. */
export const isInTheWay = (error: unknown): boolean => IN_THE_WAY.test(findDriverError(error)?.code ?? "");

/** SQLSTATEs of the time limits of the database, for a statement and for a lock. What was to be done took too long, and less may not. */
const TOO_LONG = /^(57014|55P03)$/;

/** True when the database could not be reached, or was too busy: then nothing can be said about what was to be done. */
export const isOutage = (error: unknown): boolean =>
  findOutage(error) !== null && !isInTheWay(error) && !TOO_LONG.test(findDriverError(error)?.code ?? "");

/** What can be kept of an error that is not an outage: no value of a row, which may be a secret or another tenant's. */
export function describeFailure(error: unknown): { sqlstate: string | null; message: string } {
  const cause = findDriverError(error);
  if (!cause) return { sqlstate: null, message: error instanceof Error ? error.name : "Something else was thrown." };
  // The names of what it is about are in quotes, as values are.
  const names = new Set([cause.constraint, cause.table, cause.column, cause.schema, cause.dataType]);
  // Postgres does not escape the quotes in a value, so a value may reach up to the last quote.
  const { index: begin } = cause.message.matchAll(/"([^"]*)("|$)/g).find(([, name]) => !names.has(name)) ?? {};
  const end = cause.message.lastIndexOf('"') + 1;
  const withNames =
    begin === undefined
      ? cause.message
      : `${cause.message.slice(0, begin)}"…"${begin + 1 < end ? cause.message.slice(end) : ""}`;
  const message = withNames.replace(/'.*'/s, "'…'");
  return { sqlstate: cause.code ?? null, message: message.slice(0, MAX_MESSAGE) };
}

const MAX_MESSAGE = 200;
