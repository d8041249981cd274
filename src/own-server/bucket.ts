import type { Bucket } from "../bindings.ts";

/** As R2 refuses a content that is not that of its digest: https://developers.cloudflare.com/r2/api/error-codes/ */
const BAD_DIGEST = "The content is not that of the SHA-256. (10037)";

/**
 * The bucket for the files of runs on a server of one's own, in a folder that workerd's disk service serves. workerd calls this for the
 * binding that is wrapped by this module. A key is the path of its file: `artifact_key` in SQL makes it of ids.
 *
 * The disk service writes a file under another name and renames it at the end of its body, so a reader never sees a part. It takes a body
 * that breaks off for one that has ended, so a `put` that fails removes the file. When the Worker dies meanwhile, the file may stay. Its row
 * is not committed then, and the sweep deletes the files of such rows.
 */
export default function createBucket({ disk }: { disk: Fetcher }): Bucket {
  const urlOf = (key: string) => `http://disk/${key}`;
  const remove = async (key: string) => {
    const response = await disk.fetch(urlOf(key), { method: "DELETE" });
    if (response.status !== 404) await requireOk(response);
  };
  return {
    async put(key, body, { sha256 }) {
      const digest = new crypto.DigestStream("SHA-256");
      const writer = digest.getWriter();
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          await writer.write(chunk);
          controller.enqueue(chunk);
        },
        flush: () => writer.close(),
      });
      const storing = disk.fetch(urlOf(key), { method: "PUT", body: readable });
      try {
        const [response] = await Promise.all([storing, body.pipeTo(writable)]);
        await requireOk(response);
        const found = new Uint8Array(await digest.digest).toHex();
        if (sha256 !== undefined && found !== sha256.toLowerCase()) throw new Error(BAD_DIGEST);
      } catch (error) {
        // Only when the PUT has ended, since it names the file at its end.
        await storing.catch(() => {});
        await remove(key).catch(() => {});
        throw error;
      }
    },
    async get(key, { range }) {
      const headers = range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
      const response = await disk.fetch(urlOf(key), headers && { headers });
      if (response.status === 404) return null;
      await requireOk(response);
      if (response.body === null) throw new Error("The disk service has sent no body.");
      return { body: response.body };
    },
    async delete(keys) {
      const left: string[] = [];
      let failure: unknown;
      for (const key of keys) {
        await remove(key).catch((error) => {
          left.push(key);
          failure ??= error;
        });
      }
      if (left.length > 0) throw Object.assign(new Error("Files were not deleted.", { cause: failure }), { left });
    },
  };
}

async function requireOk(response: Response): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  throw new Error(`The disk service answered ${response.status}.`);
}
