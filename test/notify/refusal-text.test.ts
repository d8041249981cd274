import { describe, expect, it, vi } from "vitest";
import { readRefusal } from "../../src/notify/sending/refusal-text.ts";

describe("the text of a refusal", () => {
  it("has no signature that was sent, with or without its version", async () => {
    const signature = `v1,${btoa("A signature of thirty-two bytes.")}`;
    const body = JSON.stringify({ got: signature, expected: signature.slice("v1,".length) });
    const text = await readRefusal(new Response(body, { status: 401 }), ["whsec_c2VjcmV0", signature]);
    expect(text).toBe(`{"got":"v1,${"*".repeat(43)}=","expected":"${"*".repeat(43)}="}`);
  });

  it("is what has come within a second when the body does not end", async () => {
    vi.useFakeTimers();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("No such hook")),
    });
    const stalled = readRefusal(new Response(body), []);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await stalled).toBe("No such hook");
  });

  it("is null when there is none", async () => {
    expect(await readRefusal(new Response(""), [])).toBeNull();
    expect(await readRefusal(new Response(null), [])).toBeNull();
  });
});
