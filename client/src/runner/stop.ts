import { WorkEnded } from "./types.ts";

/** Why work ends that the service has stopped. `aheadMs` is how far its clock is ahead of the one of this machine. */
export function stopOf(
  kind: "stopping" | "stopped",
  { reason, ends_at: endsAt }: { reason?: unknown; ends_at?: unknown },
  aheadMs: number,
): WorkEnded {
  const text = typeof reason === "string" ? `Stopped: ${reason}` : "It was stopped.";
  return new WorkEnded(kind, text, typeof endsAt === "string" ? new Date(Date.parse(endsAt) - aheadMs) : null);
}
