import process from "node:process";

/** What the Workers runtime prints, several times, of a connection that breaks, whoever takes care of it. */
const NOISE = /^(uncaught )?exception\b.*(disconnected: |Network connection lost)/;

/** Keeps from the terminal what the runtime says of connections that the tests cut on purpose. */
export function silenceCutConnections(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    Object.assign(stream, {
      write: (chunk: unknown, ...rest: unknown[]) =>
        NOISE.test(String(chunk)) || Reflect.apply(write, stream, [chunk, ...rest]),
    });
  }
}
