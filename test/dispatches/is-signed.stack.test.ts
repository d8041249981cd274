import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { exampleRequest } from "../support/example-request.ts";
import { runProgram } from "../support/node/run-program.ts";

const page = readFileSync(join(root, "docs/runner-protocol.md"), "utf8");
const [, snippet = ""] = /^```python\n(.*?)^```$/ms.exec(page) ?? [];
const { headers, body } = exampleRequest(page);

const SECRET = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";

/** Reads cases as JSON, calls the documented function with each at the time of the example, and prints what it returned. */
const PROGRAM = `
import base64, hmac, json, sys, time
from collections.abc import Mapping
time.time = lambda: ${headers["webhook-timestamp"]} + 0.5
${snippet}
print(json.dumps([is_signed(case["secret"], case["headers"], case["body"].encode()) for case in json.load(sys.stdin)]))
`;

type Case = { secret?: string; headers?: Record<string, string | undefined>; body?: string };

async function ask(cases: readonly Case[]): Promise<boolean[]> {
  const input = JSON.stringify(cases.map((one) => ({ secret: SECRET, headers, body, ...one })));
  const { code, stdout, stderr } = await runProgram("python3", ["-c", PROGRAM], { input });
  if (code === -1) throw new Error("python3 is not installed, and this test needs it.");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

const withHeader = (name: string, value: string | undefined): Case => ({ headers: { ...headers, [name]: value } });

describe("is_signed of docs/runner-protocol.md", () => {
  it("is the function of the Python example", () => {
    expect(snippet).toContain("def is_signed(");
    expect(readFileSync(join(root, "examples/runner-python/runner.py"), "utf8")).toContain(snippet);
  });

  it("says yes to the documented request, also beside other signatures", async () => {
    const signature = headers["webhook-signature"] ?? "";
    const secret = "correct hörse battery staple";
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const ownSignature = createHmac("sha256", secret).update(signed).digest("base64");
    const raw = { secret, ...withHeader("webhook-signature", `v1,${ownSignature}`) };
    expect(await ask([{}, withHeader("webhook-signature", `v1,AAAA v1a,é ${signature}`), raw])).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("says no to everything else, and raises for nothing that a message or a secret can be", async () => {
    const timestamps = [
      "",
      "abc",
      "1e9",
      "nan",
      "9".repeat(400),
      "9".repeat(5000),
      `-${"9".repeat(400)}`,
      "1769860000",
    ];
    const cases: Case[] = [
      { body: `${body} ` },
      { body: "" },
      { secret: "another secret" },
      { secret: "whsec_a" },
      { secret: "whsec_é" },
      { secret: "\ud800" },
      { headers: {} },
      ...["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => withHeader(name, undefined)),
      ...["", "v1,", "v1,é", "\ud800", "v1,\0"].map((value) => withHeader("webhook-signature", value)),
      ...["", "é", "\ud800"].map((value) => withHeader("webhook-id", value)),
      ...timestamps.map((value) => withHeader("webhook-timestamp", value)),
    ];
    expect(await ask(cases)).toEqual(cases.map(() => false));
  });
});
