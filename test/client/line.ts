import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { findFreePort } from "../../scripts/local/ports.ts";

/** A line to a service that can be cut: whoever talks over it is cut off, and nobody gets through. */
export async function startLine(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  // Not one that the system gives to whoever asks for any: it would be given away while the line is cut.
  const port = await findFreePort();
  const mend = async () => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const cut = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  await mend();
  onTestFinished(cut);
  return { url: `http://127.0.0.1:${port}`, cut, mend };
}
