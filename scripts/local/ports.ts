import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import process from "node:process";

/** A port to listen on, and the environment variable that changes it. */
export type NamedPort = { variable: string; port: number };

/** Reads a port from the environment. Throws one line that names the variable. */
export function readPort(variable: string, fallback: number): NamedPort {
  const text = process.env[variable] || String(fallback);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Error(`${variable} must be a port from 1 to 65535, not ${JSON.stringify(text)}.`);
  }
  return { variable, port };
}

/** Throws one line about the first port that is in use, or that is wanted twice. Call it before anything is started. */
export async function requireFreePorts(ports: readonly NamedPort[]): Promise<void> {
  for (const [index, { variable, port }] of ports.entries()) {
    const twin = ports.slice(0, index).find((other) => other.port === port);
    if (twin) throw new Error(`${twin.variable} and ${variable} are both ${port}. Give them different ports.`);
    // A server on "localhost" may listen on either of the two addresses, and a server on all addresses listens on both.
    for (const host of ["127.0.0.1", "::1"]) {
      if (await isTaken(port, host)) {
        throw new Error(`Port ${port} is taken. Stop what listens there, or set ${variable} to another.`);
      }
    }
  }
}

/** This port if it is free at the moment, otherwise any free port. */
export async function preferPort(port: number): Promise<number> {
  return port > 0 && !(await isTaken(port, "127.0.0.1")) ? port : findFreePort();
}

/**
 * The ports from which `findFreePort` chooses. Systems give the ports above 32767 to outgoing connections, so such a port may be
 * taken again before a server listens on it.
 */
const FREE_PORTS = { from: 20_000, to: 32_000 };

/** The ports that this process has chosen. None is chosen twice, since its server may not listen yet. */
const chosen = new Set<number>();

/** A port that is free at the moment. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FREE_PORTS.from, FREE_PORTS.to);
    if (chosen.has(port) || (await isTaken(port, "127.0.0.1"))) continue;
    chosen.add(port);
    return port;
  }
}

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(true);
      else if (error.code === "EACCES") reject(new Error(`Port ${port} may not be used by this user.`));
      // Without IPv6, no process can use the port there.
      else resolve(false);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
