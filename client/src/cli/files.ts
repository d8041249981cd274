/** The content of files on this machine, read piece by piece. */
import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { pipeline } from "node:stream/promises";

/** The names that the service allows for files of a run. None of them leads out of a folder, and none is hidden. */
export const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The SHA-256 of a file in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Counts the bytes of a file that were read. `restart` is called when the file is read again from its beginning. */
export type Counter = { restart(): void; add(bytes: number): void };

/** A file as a blob, which is read when it is sent. It may be sent several times, and `counter` restarts each time. */
export async function openCounted(path: string, counter: Counter): Promise<Blob> {
  const blob = await openAsBlob(path);
  const read = blob.stream.bind(blob);
  blob.stream = () => {
    counter.restart();
    return read().pipeThrough(countingStream(counter.add));
  };
  return blob;
}

const countingStream = (add: Counter["add"]) =>
  new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      add(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
