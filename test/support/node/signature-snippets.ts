/** Runs the snippets on the page of a new notification endpoint, and gives them real and changed deliveries. */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO } from "../../../scripts/local/demo.ts";
import { runProgram } from "./run-program.ts";

type Message = { headers: Record<string, string | undefined>; body: string };

const HREF = "/app/settings/notifications";
const LANGUAGES = {
  TypeScript: {
    file: "check.mts",
    command: process.execPath,
    rest: `
import { text } from "node:stream/consumers";
const messages: { headers: Record<string, string>; body: string }[] = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(messages.map(({ headers, body }) => isSigned(headers, body))));
`,
  },
  Python: {
    file: "check.py",
    command: "python3",
    rest: `
import json, sys
print(json.dumps([is_signed(message["headers"], message["body"].encode()) for message in json.load(sys.stdin)]))
`,
  },
} as const;
type Language = keyof typeof LANGUAGES;

const isMissing = async (command: string) => (await runProgram(command, ["--version"])).code === -1;

/** `stackUrl` returns the URL of the local stack. It is called when the stack runs. */
export function describeSnippets(stackUrl: () => string): void {
  const received: Message[] = [];
  const hook = createServer(async (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    received.push({ headers: Object.fromEntries(headers), body: await text(request) });
    response.writeHead(204).end();
  });
  let hookUrl: string;
  let folder: string;
  let cookie: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "workflow-runs-snippets-"));
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    const address = hook.address();
    if (typeof address !== "object" || address === null) throw new Error("The endpoint has no port.");
    hookUrl = `http://127.0.0.1:${address.port}/hook`;
    const signedIn = await post("/app/sign-in", { key: DEMO.owner.key });
    cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  });

  afterAll(() => {
    hook.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a form, as a browser does. */
  const post = (path: string, fields: Record<string, string> = {}) =>
    fetch(`${stackUrl()}${path}`, {
      method: "POST",
      headers: { Origin: stackUrl(), ...(cookie && { Cookie: cookie }) },
      body: new URLSearchParams(fields),
      redirect: "manual",
    });

  /** Calls `send`, and returns the next message that the endpoint receives. */
  async function receive(send: () => unknown): Promise<Message> {
    const count = received.length;
    await send();
    await expect.poll(() => received.length).toBeGreaterThan(count);
    const message = received[count];
    if (message === undefined) throw new Error("There was one.");
    return message;
  }

  async function ask(language: Language, snippet: string, messages: readonly Message[]): Promise<boolean[]> {
    const { file, command, rest } = LANGUAGES[language];
    writeFileSync(join(folder, file), `${snippet}${rest}`);
    const input = JSON.stringify(messages);
    const { code, stdout, stderr } = await runProgram(command, [join(folder, file)], { input });
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout);
  }

  async function addEndpoint() {
    const added = await post(`${HREF}/new`, { url: hookUrl, event_types: "workflow_run.failed" });
    const page = await added.text();
    expect(added.status).toBe(201);
    return { page, path: new RegExp(`${HREF}/[0-9a-f-]{36}`).exec(page)?.[0] ?? "" };
  }

  it.for(["TypeScript", "Python"] as const)(
    "in %s: accepts deliveries, also those with two signatures, and rejects changed and old ones",
    async (language, { skip }) => {
      const { command } = LANGUAGES[language];
      skip(await isMissing(command), `${command}, which runs the snippet, is not installed.`);
      const { page, path } = await addEndpoint();
      const snippet = snippetIn(page, language);
      const sent = await receive(() => post(`${path}/test`));
      const withHeader = (name: string, value: string | undefined) => ({
        ...sent,
        headers: { ...sent.headers, [`webhook-${name}`]: value },
      });
      const [seconds, signature = ""] = [Number(sent.headers["webhook-timestamp"]), sent.headers["webhook-signature"]];
      const changed = [
        { ...sent, body: `${sent.body} ` },
        { ...sent, body: sent.body.replace("test", "tent") },
        withHeader("id", "another"),
        withHeader("timestamp", String(seconds + 1)),
        withHeader("timestamp", undefined),
        withHeader("signature", signature.replace(/[A-Za-z]/g, "x")),
        withHeader("signature", undefined),
        signAgain(sent, secretIn(page), seconds - 600),
        signAgain(sent, "whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==", seconds),
      ];
      // The second of these shows that this test signs correctly. So the last two above fail only by their time and their secret.
      const good = [sent, signAgain(sent, secretIn(page), seconds)];
      expect(await ask(language, snippet, good)).toEqual([true, true]);
      expect(await ask(language, snippet, changed)).toEqual(changed.map(() => false));

      const rotated = await (await post(`${path}/rotate`)).text();
      const twiceSigned = await receive(() => post(`${path}/test`));
      expect(twiceSigned.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
      expect(await ask(language, snippetIn(rotated, language), [twiceSigned, sent])).toEqual([true, false]);
      expect(await ask(language, snippet, [twiceSigned])).toEqual([true]);
    },
  );

  it("in curl: sends a message that the other snippets accept", async ({ skip }) => {
    for (const command of ["bash", "openssl", "curl"]) {
      skip(await isMissing(command), `${command}, which the snippet needs, is not installed.`);
    }
    const { page } = await addEndpoint();
    const sent = await receive(async () => {
      const { stdout } = await runProgram("bash", ["-c", snippetIn(page, "curl")], { env: { ENDPOINT: hookUrl } });
      expect(stdout).toContain("204 No Content");
    });
    for (const language of ["TypeScript", "Python"] as const) {
      if (await isMissing(LANGUAGES[language].command)) continue;
      expect(await ask(language, snippetIn(page, language), [sent])).toEqual([true]);
    }
  });
}

const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };

/** The text of a snippet, as a browser shows it. */
function snippetIn(html: string, language: string): string {
  const [, escaped] = new RegExp(`aria-label="${language}".*?<code>(.*?)</code>`, "s").exec(html) ?? [];
  if (escaped === undefined) throw new Error(`The page has no snippet in ${language}.`);
  return escaped.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

const secretIn = (html: string): string => /whsec_[A-Za-z0-9+/]{43}=/.exec(html)?.[0] ?? "";

function signAgain({ headers, body }: Message, secret: string, seconds: number): Message {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${headers["webhook-id"]}.${seconds}.${body}`).digest("base64");
  return {
    headers: { ...headers, "webhook-timestamp": String(seconds), "webhook-signature": `v1,${signature}` },
    body,
  };
}
