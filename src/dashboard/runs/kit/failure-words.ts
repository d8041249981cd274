import type { FailureCode } from "../../../db/enums.ts";

/** Why a run failed, in words. */
export const FAILURES: Record<FailureCode, string> = {
  REPORTED: "The runner reported it",
  DEADLINE: "Out of time",
  STOPPED: "Stopped",
  REJECTED: "Rejected by the runner",
  UNREACHED: "No runner took it",
  LOST: "Runner lost",
  SUPERSEDED: "Superseded",
  EXPIRED: "Expired",
  WAIT_EXPIRED: "No answer in time",
};
