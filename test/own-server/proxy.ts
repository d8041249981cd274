/** The proxy in front of a server of one's own. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

/** What it answers while the server is away, as in examples/own-server. */
const AWAY = { "Retry-After": "2", "Content-Type": "application/problem+json" };

/** Starts it, with TLS when it gets a certificate, and returns its port. */
export async function startProxy(
  port: number,
  endings: (() => unknown)[],
  tls?: { key: Buffer; cert: Buffer },
): Promise<number> {
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, url, headers } = incoming;
    const forwarded = { ...headers, "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1" };
    const asked = request(
      { host: "127.0.0.1", port, method, path: url, headers: forwarded, agent: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 503, answer.headers);
        answer.pipe(outgoing).on("error", () => {});
        answer.on("error", () => outgoing.destroy());
      },
    );
    asked.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(503, AWAY).end("{}")));
    outgoing.on("close", () => asked.destroy());
    incoming.pipe(asked);
  };
  const proxy = tls ? createTlsServer(tls, pass) : createServer(pass);
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  endings.push(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy has no port.");
  return address.port;
}
