/** The heap of an isolate, as workerd's inspector reports it: https://chromedevtools.github.io/devtools-protocol/v8/Runtime/ */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

const targetsSchema = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));

const usageSchema = z.object({
  usedSize: z.number(),
  embedderHeapUsedSize: z.number(),
  backingStorageSize: z.number(),
});

/**
 * How many bytes the isolate of the Worker at `url` uses after its garbage was collected: JavaScript, the runtime's objects that
 * belong to it, and buffers. The inspector is at `inspectorPort`.
 */
export async function readHeap(url: string, inspectorPort: number): Promise<number> {
  const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json());
  const target = targets.find(({ id }) => id.startsWith("core:user:"));
  if (target === undefined) throw new Error("The inspector does not list the Worker.");
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const send = (id: number, method: string) => socket.send(JSON.stringify({ id, method }));
  try {
    // The garbage is collected when the isolate works the next time, and the inspector answers only then.
    for (let times = 1; times <= 3; times++) {
      send(times, "HeapProfiler.collectGarbage");
      await delay(300);
      await (await fetch(`${url}/livez`)).body?.cancel();
      await delay(300);
    }
    const answered = new Promise<unknown>((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const message: { id?: number; result?: unknown } = JSON.parse(String(data));
        if (message.id === 4) resolve(message.result);
      });
    });
    send(4, "Runtime.getHeapUsage");
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = usageSchema.parse(await answered);
    return usedSize + embedderHeapUsedSize + backingStorageSize;
  } finally {
    socket.close();
  }
}
