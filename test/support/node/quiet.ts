/**
 * What the runtime and its tools report of connections that a test cuts, of bodies that are not what they should be, and
 * of files that concern nobody here.
 */
const NOISE = [
  /^Using secrets defined in \.dev\.vars/,
  /^Sourcemap for ".*" points to missing source files/,
  /^console warning; .*Called \.text\(\) on an HTTP body which does not appear to be text/,
  /^(uncaught exception; )?(exception|source) = .*(disconnected:|Network connection lost)/,
];

/** Keeps such lines out of what `npm test` prints, and returns how to let them through again. */
export function silenceNoise(): () => void {
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write;
    stream.write = (chunk: string | Uint8Array, ...rest: never[]) =>
      NOISE.some((pattern) => pattern.test(chunk.toString())) || write.call(stream, chunk, ...rest);
    return () => {
      stream.write = write;
    };
  });
  return () => {
    for (const undo of restore) undo();
  };
}
