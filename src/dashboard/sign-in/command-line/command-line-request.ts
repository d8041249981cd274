import { z } from "@hono/zod-openapi";
import { isLoopback } from "../../../base/loopback.ts";
import { line } from "../../../http/schemas.ts";

/**
 * True for a loopback address with a port, exactly as a browser writes it (RFC 8252, section 7.3). A name such as `localhost` may lead
 * elsewhere.
 */
function isLoopbackAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !isLoopback(url.hostname) || url.hostname === "localhost") return false;
  return url.port !== "" && text === `http://${url.host}/`;
}

/** What a command line asks for, in the query of the page and in its form. */
export const requestSchema = z.object({
  redirect_uri: z.string().refine(isLoopbackAddress, {
    message: "Must be a loopback address with a port, such as http://127.0.0.1:49152/.",
  }),
  state: z.string().regex(/^[\w-]{20,200}$/),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  machine: line(60),
});

export type CommandLineRequest = z.infer<typeof requestSchema>;

/** The name of the key that the command line gets. */
export const keyNameOf = ({ machine }: CommandLineRequest) => `Command line on ${machine}`;

/** The address of the command line, with an answer for it. */
export const backTo = (
  { redirect_uri, state }: CommandLineRequest,
  answer: { code: string } | { error: string },
): string => `${redirect_uri}?${new URLSearchParams({ ...answer, state })}`;
