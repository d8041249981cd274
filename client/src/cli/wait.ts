import type { Client } from "../client.ts";
import { hasEnded, type Run } from "../types.ts";
import { startProgress } from "./output.ts";

/** Resolves to the run when it has ended. On a terminal, a line shows its state until then. */
export async function waitWithProgress(client: Client, begun: Run): Promise<Run> {
  if (hasEnded(begun)) return begun;
  let state: string = begun.status;
  let note = "";
  const line = startProgress(() => ({ state, note }));
  // The reason for waiting is read once, and again whenever the state has changed.
  const explain = async () => {
    const { message } = await client.explain(begun.id);
    note = message;
  };
  if (state === "PENDING") explain().catch(() => {});
  try {
    return await client.wait(begun.id, {
      onRun: ({ status }) => {
        if (status === state) return;
        state = status;
        note = "";
        if (status === "PENDING") explain().catch(() => {});
      },
    });
  } finally {
    line.stop();
  }
}
