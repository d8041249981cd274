import { z } from "@hono/zod-openapi";
import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import type { RunCursor } from "../store/list-runs.ts";
import { givenInstant } from "./schemas.ts";

const contents = z.tuple([givenInstant(), z.guid()]);

/** Where a page ends, as text that clients pass back and need not understand. */
export function formatCursor({ createdAt, id }: RunCursor): string {
  return encodeBase64Url(new TextEncoder().encode(JSON.stringify([createdAt, id])).buffer);
}

/** Null when the text is no cursor of ours. */
export function parseCursor(text: string): RunCursor | null {
  try {
    const [createdAt, id] = contents.parse(JSON.parse(new TextDecoder().decode(decodeBase64Url(text))));
    return { createdAt, id };
  } catch {
    return null;
  }
}
