/**
 * Signs in by a browser: OAuth 2.0 for native apps (RFC 8252), with a loopback address and PKCE (RFC 7636). The page is the dashboard's
 * `/app/command-line`.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { unwrap } from "../connection.ts";
import { connect } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { launch } from "./launch.ts";
import { say } from "./output.ts";

/** How long a person has to sign in and to agree. */
const PATIENCE_MS = 10 * 60_000;

/** How the page names this machine. */
function machineName(): string {
  const name = [...hostname().replaceAll(/\p{Cc}/gu, "")].slice(0, 60).join("");
  return name === "" ? "an unnamed machine" : name;
}

const random = () => randomBytes(32).toString("base64url");

/** A page for the browser. Nothing in it is from outside. */
function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    Connection: "close",
  });
  response.end(
    `<!doctype html><html lang="en"><title>workflow-runs</title><h1>workflow-runs</h1><p>${text}</p></html>`,
  );
}

const isEqual = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/**
 * Waits until the browser comes with an answer for `state`, and passes it on; others are refused, and change nothing. `take` returns
 * when the key is there: only then does the browser say so.
 */
function awaitAnswer(server: Server, state: string, take: (code: string) => Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on("request", (request: IncomingMessage, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
      if (request.method !== "GET" || pathname !== "/") return answer(response, 404, "There is nothing here.");
      if (!isEqual(searchParams.get("state") ?? "", state)) {
        return answer(response, 400, "This is not the answer to a sign-in of this command line.");
      }
      const code = searchParams.get("code");
      if (code === null) {
        answer(response, 200, "You have refused, so the command line is not signed in. You can close this page.");
        return reject(new CliError("You have refused on the page. Nothing was written.", EXIT.notSignedIn));
      }
      take(code).then(
        (key) => {
          answer(response, 200, "The command line is signed in. You can close this page, and go on in the terminal.");
          resolve(key);
        },
        (error: unknown) => {
          answer(response, 502, "The command line is not signed in. The terminal says why.");
          reject(error);
        },
      );
    });
  });
}

/**
 * Lets the person sign in and agree in their browser, and returns a new API key of theirs. The URL is printed, and `opens` says whether
 * a browser is opened, too.
 * @throws CliError when they refuse, or do not agree within ten minutes
 */
export async function signInByBrowser(url: string, { opens }: { opens: boolean }): Promise<string> {
  const [state, verifier] = [random(), random()];
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("A server that listens at a port has an address.");
  const { url: origin } = connect(url, "");
  const page = new URL(`${origin}/app/command-line`);
  page.search = new URLSearchParams({
    redirect_uri: `http://127.0.0.1:${address.port}/`,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    machine: machineName(),
  }).toString();
  say(`Agree on this page, in a browser of this machine; elsewhere use --with-key:\n\n  ${page.href}\n`);
  const take = async (code: string) => {
    const { api } = connect(url, code);
    return (await unwrap(api.POST("/v1/command-line-keys", { body: { code_verifier: verifier } }))).key;
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CliError("Nobody has agreed within ten minutes. Nothing was written.", EXIT.notSignedIn));
    }, PATIENCE_MS);
  });
  try {
    const answered = awaitAnswer(server, state, take);
    if (opens) launch(page.href);
    return await Promise.race([answered, tooLate]);
  } finally {
    clearTimeout(timer);
    server.close();
  }
}
