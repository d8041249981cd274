/**
 * Lines of the runtime and its tools about connections that a test cuts, about invalid bodies, and about files that do not
 * matter here.
 */
const NOISE = [
  /^Using secrets defined in \.dev\.vars/,
  /^Sourcemap for ".*" points to missing source files/,
  /^console warning; .*Called \.text\(\) on an HTTP body which does not appear to be text/,
  /^(uncaught exception; )?(exception|source) = .*(disconnected:|Network connection lost)/,
];

/** Removes such lines from the output of `npm test`. Returns a function that ends this. */
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
