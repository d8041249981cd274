import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { runProgram } from "../support/node/run-program.ts";
import { nodeOf, type World } from "./installed-client.ts";
import { NOBODY } from "./terminal.ts";

const SECRET = "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=";
const PREVIOUS = "the secret before the rotation";

/** A runner as the README of the client shows it. */
const KIT = `import { createServer } from "node:http";
import { createRunner } from "workflow-runs/runner";
const runner = createRunner({ webhook: { secret: process.env.WEBHOOK_SECRET.split(" ") }, work: async () => {} });
createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, headers } = request;
  const answer = await runner.handle(
    new Request("http://localhost", { method, headers, body: method === "POST" ? Buffer.concat(chunks) : null }),
  );
  response.writeHead(answer.status).end(await answer.text());
}).listen(0, "127.0.0.1", function () {
  console.log("http://localhost:" + this.address().port);
});
`;

/** What is wrong with a runner; each by itself. */
type Fault =
  | "no signature"
  | "no time"
  | "one signature"
  | "signs again"
  | "refuses duplicates"
  | "refuses types"
  | "refuses stops"
  | "begins stopped runs"
  | "refuses resumed runs"
  | "works first"
  | "one secret"
  | "crashes";

const FAULTS: [Fault, probe: string, sentence: string][] = [
  [
    "no signature",
    "bad signature",
    "It must answer 401 to a message that is signed with another secret, but it answered 202.",
  ],
  [
    "no time",
    "stale signature",
    "It must answer 401 to a message that was signed ten minutes ago, but it answered 202.",
  ],
  [
    "one signature",
    "several signatures",
    "It must accept a message whose second signature is right, but it answered 401.",
  ],
  ["signs again", "good signature", "It must accept a message that is signed with its secret, but it answered 401."],
  [
    "refuses duplicates",
    "duplicate",
    "It must accept the same message once more, with the same webhook-id, but it answered 409.",
  ],
  ["refuses types", "unknown type", "It must accept a message of a type that it does not know, but it answered 400."],
  [
    "refuses stops",
    "stop before the dispatch",
    "It must accept a stop of a run that it does not know, but it answered 404.",
  ],
  [
    "begins stopped runs",
    "stop before the dispatch",
    "It must not begin a run whose stop came before its dispatch, but it called back about it.",
  ],
  [
    "refuses resumed runs",
    "resumed",
    "It must accept a dispatch with `resume` whose stop came first, but it answered 422.",
  ],
  ["works first", "quick answers", "It must answer within 1 seconds, and do the work after that, but an answer took "],
  [
    "one secret",
    "two secrets",
    "It must accept a message that is signed with the previous secret, during a rotation, but it answered 401.",
  ],
  ["crashes", "bad signature", "It must answer 401 to a message without a signature, but it did not answer"],
];

const keyOf = (secret: string) =>
  secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);

type Got = { headers: IncomingMessage["headers"]; body: string };

/** Where the protocol can say something: the anchors of its headings. */
const SECTIONS = [...readFileSync(join(root, "docs/runner-protocol.md"), "utf8").matchAll(/^#+ (.+)$/gm)].map(
  ([, heading = ""]) => `docs/runner-protocol.md#${heading.toLowerCase().replaceAll(" ", "-")}`,
);

/** A small runner of our own with one fault, or none. Adds what it gets to `got`. */
async function startFaulty(fault: Fault | null, got: Got[] = []): Promise<string> {
  const seen = new Set<string>();
  const stopped = new Set<string>();
  const server = createServer((request, response) => answer(request, response).catch(() => request.socket.destroy()));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    got.push({ headers: request.headers, body });
    const header = (name: string) => String(request.headers[name] ?? "");
    const say = (status: number) => response.writeHead(status).end();
    if (fault === "crashes" && header("webhook-signature") === "") throw new Error("crash");
    const signed = fault === "signs again" ? JSON.stringify(JSON.parse(body)) : body;
    const signatures = (fault === "one secret" ? [SECRET] : [SECRET, PREVIOUS]).map((secret) => {
      const content = `${header("webhook-id")}.${header("webhook-timestamp")}.${signed}`;
      return `v1,${createHmac("sha256", keyOf(secret)).update(content).digest("base64")}`;
    });
    const sent = fault === "one signature" ? [header("webhook-signature")] : header("webhook-signature").split(" ");
    const isSigned = fault === "no signature" || sent.some((one) => signatures.includes(one));
    const isRecent = fault === "no time" || Math.abs(Date.now() / 1000 - Number(header("webhook-timestamp"))) < 300;
    if (!isSigned || !isRecent) return void say(401);
    const { type, data } = JSON.parse(body);
    if (fault === "works first") await new Promise((resolve) => setTimeout(resolve, 1_200));
    if (type === "workflow_run.stopped") {
      stopped.add(data.run_id);
      return void say(fault === "refuses stops" ? 404 : 202);
    }
    if (type !== "workflow_run.dispatched") return void say(fault === "refuses types" ? 400 : 202);
    if (fault === "refuses resumed runs" && data.resume !== undefined) return void say(422);
    const isDuplicate = seen.has(header("webhook-id"));
    seen.add(header("webhook-id"));
    say(isDuplicate && fault === "refuses duplicates" ? 409 : 202);
    const isBegun = !isDuplicate && (fault === "begins stopped runs" || !stopped.has(data.run_id));
    if (isBegun) await fetch(data.callback_url, { method: "POST", body: "{}" });
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

async function startRunner(command: string, args: string[], cwd: string, env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await once(child, "close");
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /http:\/\/localhost:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`${command} ${args.join(" ")} did not start.`);
}

export function describeVerify(world: () => World): void {
  const verify = (url: string, ...flags: string[]) => {
    const { folder } = world();
    const program = join(folder, "node_modules/workflow-runs/bin/workflow-runs.js");
    return runProgram(nodeOf(folder, "20"), [program, "verify", url, "--secret", SECRET, ...flags], { cwd: folder });
  };

  describe("passes", () => {
    it.each([
      [
        "the TypeScript example",
        () =>
          startRunner(process.execPath, [join(root, "examples/runner/runner.ts")], root, { WEBHOOK_SECRET: SECRET }),
      ],
      [
        "the Python example",
        () =>
          startRunner("python3", [join(root, "examples/runner-python/runner.py")], root, { WEBHOOK_SECRET: SECRET }),
      ],
      [
        "a runner of the client's kit, also during a rotation",
        () => {
          const { folder } = world();
          writeFileSync(join(folder, "runner.js"), KIT);
          return startRunner(nodeOf(folder, "20"), ["runner.js"], folder, {
            WEBHOOK_SECRET: `${SECRET} ${PREVIOUS.replaceAll(" ", "_")}`,
          });
        },
      ],
    ])("%s", async (_, start) => {
      const url = await start();
      const { code, stdout } = await verify(url);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/The runner follows the protocol\.\n$/)]);
      expect(stdout.match(/^✓/gm)).toHaveLength(9);
      expect(stdout).toContain("two secrets: skipped");
    });

    it("a sound runner that knows both secrets", async () => {
      const url = await startFaulty(null);
      const { code, stdout } = await verify(url, "--previous-secret", PREVIOUS, "--json");
      const report = JSON.parse(stdout);
      expect([code, report.ok, report.url]).toEqual([0, true, url]);
      expect(report.probes.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(10).fill("passed"));
    });
  });

  it.each(FAULTS)("fails one that has this fault: %s", async (fault, probe, sentence) => {
    const flags = ["--previous-secret", PREVIOUS, "--json", "--answer-seconds", fault === "works first" ? "1" : "15"];
    const { code, stdout } = await verify(await startFaulty(fault), ...flags);
    const report = JSON.parse(stdout);
    expect([code, report.ok]).toEqual([1, false]);
    const found = report.probes.find(({ name }: { name: string }) => name === probe);
    expect(found).toMatchObject({ outcome: "failed", problem: expect.stringContaining(sentence) });
    expect([found.why, SECTIONS]).toEqual([
      expect.stringMatching(/^[A-Z].{30,}\.$/),
      expect.arrayContaining([found.protocol]),
    ]);
  });

  it("shows people what fails, why it matters and where the protocol says so", async () => {
    const { code, stdout } = await verify(await startFaulty("no time"));
    expect([code, stdout]).toEqual([
      1,
      [
        "✓ good signature",
        "✓ bad signature",
        "✗ stale signature: It must answer 401 to a message that was signed ten minutes ago, but it answered 202.",
        "  Somebody who has recorded an old message could send it again.",
        "  See docs/runner-protocol.md#the-signature.",
        "✓ several signatures",
        "✓ unknown type",
        "✓ stop before the dispatch",
        "✓ duplicate",
        "✓ resumed",
        "– two secrets: skipped. To check this, give the old secret: --previous-secret.",
        "✓ quick answers",
        "The runner fails 1 of 10 probes.\n",
      ].join("\n"),
    ]);
    expect((await verify(await startFaulty("no time"), "--quiet")).stdout).toBe("stale signature\n");
  });

  it("sends nothing more to a runner that does not accept the first message", async () => {
    const { code, stdout } = await verify(await startFaulty("signs again"));
    expect([code, stdout]).toEqual([1, expect.stringContaining("The runner fails 1 of 10 probes.\n")]);
    expect(stdout).toContain("– bad signature: skipped. It needs a runner that accepts a good signature.\n");
    const elsewhere = await verify(`${world().url}/livez`);
    const sentence = "a message that is signed with its secret, but it answered 405. Is this the runner's URL?";
    expect([elsewhere.code, elsewhere.stdout]).toEqual([1, expect.stringContaining(sentence)]);
  });

  it("signs each probe as a test, and asks for no work", async () => {
    const got: Got[] = [];
    const { code } = await verify(await startFaulty(null, got), "--previous-secret", PREVIOUS);
    expect([code, got.length]).toEqual([0, 16]);
    const stopped = new Set<string>();
    for (const { headers, body } of got) {
      const { type, data } = JSON.parse(body);
      expect([type, data.is_test, headers["user-agent"]]).toEqual([type, true, "workflow-runs/verify"]);
      if (type === "workflow_run.stopped") stopped.add(data.run_id);
      if (type !== "workflow_run.dispatched") continue;
      expect([...stopped]).toContain(data.run_id);
      expect(data.run_snapshot).toMatchObject({ sources: [], instructions: [], outputs: [], template: null });
      expect(data.run_snapshot.workflow_name).toBe("A test by `workflow-runs verify`. There is nothing to do.");
    }
    const types = new Set(got.map(({ body }): string => JSON.parse(body).type));
    expect(types).toEqual(new Set(["workflow_run.tested", "workflow_run.stopped", "workflow_run.dispatched"]));
  });

  it("reports that nothing answers, and which options are wrong", async () => {
    const nobody = await verify(NOBODY);
    const sentence =
      "✗ good signature: It must accept a message that is signed with its secret, but it did not answer: connect ";
    expect([nobody.code, nobody.stdout]).toEqual([1, expect.stringContaining(sentence)]);
    expect(nobody.stdout).toContain("– quick answers: skipped. It needs a runner that accepts a good signature.\n");
    expect(nobody.stdout).toContain("The runner fails 1 of 10 probes.\n");
    for (const [url, flags, said] of [
      ["runner", [], '"runner" is not a URL such as https://runner.example.com/hook.\n'],
      [
        "ftp://runner.example.com",
        [],
        '"ftp://runner.example.com" is not a URL such as https://runner.example.com/hook.\n',
      ],
      ["http://localhost", ["--secret", "whsec_?"], 'After "whsec_" a webhook secret must be base64.\n'],
      ["http://localhost", ["--answer-seconds", "0"], "It must be a whole number from 1 to 60."],
    ] as const) {
      expect(await verify(url, ...flags)).toEqual({ code: 4, stdout: "", stderr: expect.stringContaining(said) });
    }
  });
}
