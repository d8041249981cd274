import { WorkEnded } from "./types.ts";

/** The reason with which work ends when its run was stopped. `aheadMs` is how far the service's clock is ahead of this machine's. */
export function stopOf(
  kind: "stopping" | "stopped",
  { reason, ends_at: endsAt }: { reason?: unknown; ends_at?: unknown },
  aheadMs: number,
): WorkEnded {
  const text = typeof reason === "string" ? `Stopped: ${reason}` : "It was stopped.";
  return new WorkEnded(kind, text, typeof endsAt === "string" ? new Date(Date.parse(endsAt) - aheadMs) : null);
}
