import { expect, it } from "vitest";
import createBucket from "../../src/own-server/bucket.ts";

/** As the disk service of workerd, which takes a body that breaks off for one that has ended. It does not delete the file "stuck". */
function createDisk() {
  const files = new Map<string, string>();
  const disk = {
    async fetch(url: string, { method, body }: RequestInit<never> = {}) {
      const name = new URL(url).pathname.slice(1);
      if (method === "DELETE" && name === "stuck") return new Response(null, { status: 500 });
      if (method === "DELETE") return new Response(null, { status: files.delete(name) ? 204 : 404 });
      let text = "";
      const read = async () => {
        for await (const chunk of body as ReadableStream<Uint8Array>) text += new TextDecoder().decode(chunk);
      };
      await read().catch(() => {});
      files.set(name, text);
      return new Response(null, { status: 204 });
    },
  };
  return { files, bucket: createBucket({ disk: disk as unknown as Fetcher }) };
}

const streamOf = (text: string) => new Response(text).body ?? new ReadableStream();

it("a file whose content is not that of its digest, or that breaks off, leaves nothing on the disk", async () => {
  const { files, bucket } = createDisk();
  await bucket.put("whole", streamOf("hello"), {});
  await expect(bucket.put("wrong", streamOf("hello"), { sha256: "00" })).rejects.toThrow("(10037)");
  let chunks = 0;
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (chunks++ === 0) controller.enqueue(new TextEncoder().encode("he"));
      else controller.error(new TypeError("The client has left."));
    },
  });
  await expect(bucket.put("broken", broken, {})).rejects.toThrow("The client has left.");
  expect([...files]).toEqual([["whole", "hello"]]);
});

it("a file that cannot be deleted keeps none behind it, and is the one that is left", async () => {
  const { files, bucket } = createDisk();
  for (const name of ["stuck", "a", "b"]) files.set(name, "");
  await expect(bucket.delete(["a", "stuck", "b", "gone"])).rejects.toMatchObject({ left: ["stuck"] });
  expect([...files.keys()]).toEqual(["stuck"]);
});
