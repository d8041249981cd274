/**
 * A stand-in for R2 outside of the Worker's process. Its server speaks as R2 does to a binding `r2Bucket` of workerd: a request and its
 * answer begin with JSON, whose length is in the header `CF-R2-Metadata-Size`, and the content of an object follows. A `get` has its JSON
 * in the header `CF-R2-Request`. The objects are files.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

type Asked = {
  method: string;
  object: string;
  objects?: string[];
  range?: { offset: number; length: number };
  /** In hex. */
  sha256?: string;
};

/**
 * Where a request can be stopped: a `put` before the bucket has any of the content, in the middle of it, or when it has stored the object;
 * and a `delete` when it has deleted the objects.
 */
export type BucketStep = "begun" | "partly" | "stored" | "deleted";

export type BucketServer = {
  /** `host:port` */
  address: string;
  /** The keys of all objects. */
  keys(): string[];
  /** From now on, a request that gets here is not answered. The promise is settled when the first one gets here. */
  holdAt(step: BucketStep): Promise<void>;
  /** Lets each further request through. */
  release(): void;
  close(): void;
};

const METADATA_SIZE = "CF-R2-Metadata-Size";

/**
 * Serves a bucket on the loopback interface. Its objects are below `folder`. It waits for `pieceMs` after each piece of content that it
 * gets, so that it can be slower than the sender.
 */
export async function startBucket(folder: string, { pieceMs = 0 } = {}): Promise<BucketServer> {
  const [stored, partial] = [join(folder, "stored"), join(folder, "partial")];
  for (const path of [stored, partial]) mkdirSync(path, { recursive: true });
  const pathOf = (key: string) => join(stored, encodeURIComponent(key));
  let held: { step: BucketStep; reach: () => void } | null = null;

  /** Never ends when a request is held at this step. */
  async function pass(step: BucketStep): Promise<void> {
    if (held?.step !== step) return;
    held.reach();
    await new Promise(() => {});
  }

  async function put(request: IncomingMessage, response: ServerResponse, { object, sha256 }: Asked): Promise<void> {
    await pass("begun");
    const path = join(partial, randomUUID());
    const hash = createHash("sha256");
    const file = createWriteStream(path);
    let bytes = 0;
    for await (const piece of request) {
      if (sha256 !== undefined) hash.update(piece);
      if (!file.write(piece)) await once(file, "drain");
      bytes += piece.length;
      await pass("partly");
      if (pieceMs > 0) await delay(pieceMs);
    }
    await finished(file.end());
    if (sha256 !== undefined && hash.digest("hex") !== sha256) {
      refuse(response, 400, 10037, "Bad digest.");
      return;
    }
    await rename(path, pathOf(object));
    await pass("stored");
    const metadata = describeObject(object, bytes);
    response.writeHead(200, { [METADATA_SIZE]: metadata.length }).end(metadata);
  }

  function get(response: ServerResponse, { object, range }: Asked): void {
    const size = statSync(pathOf(object), { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      refuse(response, 404, 10007, "The specified key does not exist.");
      return;
    }
    const { offset, length } = range ?? { offset: 0, length: size };
    const metadata = describeObject(object, size, { offset, length });
    response.writeHead(200, { [METADATA_SIZE]: metadata.length, "Content-Length": metadata.length + length });
    response.write(metadata);
    if (length === 0) response.end();
    else createReadStream(pathOf(object), { start: offset, end: offset + length - 1 }).pipe(response);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isGet = request.method === "GET";
    const asked: Asked = isGet ? JSON.parse(String(request.headers["cf-r2-request"])) : await readMetadata(request);
    if (asked.method === "get") get(response, asked);
    else if (asked.method === "put") await put(request, response, asked);
    else if (asked.method === "delete") await remove(response, asked);
    else refuse(response, 400, 10029, `There is no ${asked.method} here.`);
  }

  async function remove(response: ServerResponse, { object, objects = [object] }: Asked): Promise<void> {
    for (const key of objects) rmSync(pathOf(key), { force: true });
    await pass("deleted");
    response.writeHead(200).end();
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The bucket has no port.");
  return {
    address: `127.0.0.1:${address.port}`,
    keys: () => readdirSync(stored).map(decodeURIComponent),
    holdAt: (step) =>
      new Promise((reach) => {
        held = { step, reach };
      }),
    release() {
      held = null;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Reads the JSON at the beginning of a body. The rest stays in the stream. */
async function readMetadata(request: IncomingMessage): Promise<Asked> {
  const size = Number(request.headers[METADATA_SIZE.toLowerCase()]);
  for (;;) {
    const metadata: Buffer | null = request.read(size);
    if (metadata !== null) return JSON.parse(metadata.toString());
    await once(request, "readable");
  }
}

const describeObject = (name: string, size: number, range?: { offset: number; length: number }) =>
  Buffer.from(
    JSON.stringify({
      ...{ name, version: "1", size, etag: "0".repeat(32), uploaded: Date.now(), httpFields: {}, customFields: [] },
      ...{ checksums: {}, range },
    }),
  );

function refuse(response: ServerResponse, status: number, v4code: number, message: string): void {
  response.writeHead(status, { "CF-R2-Error": JSON.stringify({ version: 1, v4code, message }) }).end();
}
