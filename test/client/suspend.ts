import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import pg from "pg";
import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const page = readFileSync(join(root, "docs/suspend.md"), "utf8");
const [, EXAMPLE = ""] = /^```sh\n(#!.*?)^```$/ms.exec(page) ?? [];

const OCR = `#!/bin/sh
echo ocr >> done
echo "All of the text" > "$WORKFLOW_RUN_ARTIFACTS/ocr.txt"
echo '{"number": "4711", "total": "1,200 €"}'
`;
const EXPORT = `#!/bin/sh
echo "export $1" >> done
echo true
`;

const PAYMENT = ["signal", "Invoices", "paid", "--correlation", "invoice-4711", "--id", "payment-815", "--payload"];
const PAYLOAD = '{"amount": 1200}';

/** A command that keeps what it has done, and waits for people and instants. */
export function describeSuspend(world: () => World): void {
  const { home, node, wr, json } = useTerminal(world, "suspend");
  const asAdmin = { WORKFLOW_RUNS_API_KEY: DEMO.admin.key };
  const invoke = async (name: string) =>
    (await wr(["invoke", name, "--input", '{"file": "a.pdf"}', "--quiet"])).stdout.trim();
  /** Lets a runner take one run, whose command finds `workflow-runs` in its PATH. */
  const once = (name: string, ...command: string[]) => {
    const folders = [join(world().folder, "node_modules/.bin"), dirname(node()), process.env.PATH];
    return wr(["run", "--workflow", name, "--once", "--", ...command], { PATH: folders.join(delimiter) });
  };
  const shell = (name: string, script: string) => once(name, "sh", "-c", script);

  beforeAll(async () => {
    writeFileSync(join(home(), "work.sh"), EXAMPLE, { mode: 0o755 });
    writeFileSync(join(home(), "ocr"), OCR, { mode: 0o755 });
    writeFileSync(join(home(), "export-invoice"), EXPORT, { mode: 0o755 });
    await Promise.all(
      ["Shell", "Later", "Keeps", "Invoices"].map((name) => wr(["workflows", "create", name, "--lease", ...PARTS])),
    );
  });

  it("works as the example of docs/suspend.md says, word for word, and no step is done twice", async () => {
    const runId = await invoke("Shell");
    const asked = await once("Shell", "./work.sh");
    expect([asked.code, asked.stderr]).toEqual([75, expect.stringContaining(`Run ${runId} is suspended.\n`)]);
    expect(await json(["runs", "get", runId])).toMatchObject({ status: "PENDING" });
    expect((await wr(["runs", "list", "--suspended", "--quiet"])).stdout).toContain(runId);
    const shown = (await wr(["runs", "get", runId])).stdout;
    expect(shown).toMatch(
      /^state +SUSPENDED\n(.*\n)*suspended .* ago\nwhy +It is suspended, and waits for an answer to “Pay this/m,
    );
    expect(shown).not.toMatch(/^queued/m);
    expect((await wr(["runs", "log", runId])).stderr).toMatch(/^This is attempt 2: .* --attempt 1\.$/m);
    expect(await json(["artifacts", "list", runId, "--attempt", "1"])).toMatchObject([{ name: "ocr.txt" }]);

    // Nothing holds the slot.
    const other = await invoke("Shell");
    expect((await once("Shell", "true")).code).toBe(0);
    expect(await json(["runs", "get", other])).toMatchObject({ status: "COMPLETED" });

    // Only a person could answer. The test has no login, so it lets programs answer.
    expect((await wr(["waits", "answer", runId, "approve", "yes"], asAdmin)).code).toBe(1);
    const none = await wr(["waits", "list"], { WORKFLOW_RUNS_API_KEY: DEMO.user.key });
    expect(none.stderr).toMatch(/only a person may answer are at http:.*\/app\/waits\.$/m);
    const database = new pg.Client({ connectionString: world().postgresUrl });
    await database.connect();
    await database.query("update run_waits set people_only = false where run_id = $1", [runId]);
    await database.end();
    expect((await wr(["waits", "list", "--quiet"])).stdout).not.toContain(runId);
    const waits: { run_id: string; prompt: string }[] = await json(["waits", "list"], asAdmin);
    const prompt = 'Pay this invoice? {"number":"4711","total":"1,200 €"}';
    expect(waits.filter(({ run_id }) => run_id === runId)).toMatchObject([{ key: "approve", prompt }]);
    const answered = await wr(["waits", "answer", runId, "approve", "yes", "--comment", "As agreed"], asAdmin);
    expect([answered.code, answered.stdout]).toEqual([0, expect.stringMatching(/^answer +yes$/m)]);
    const late = await wr(["waits", "answer", runId, "approve", "no"], asAdmin);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("has answered “yes” at ")]);

    expect((await once("Shell", "./work.sh")).code).toBe(0);
    const output = { number: "4711", total: "1,200 €" };
    expect(await json(["runs", "result", runId])).toMatchObject({ status: "COMPLETED", output });
    const done = readFileSync(join(home(), "done"), "utf8");
    expect(done).toBe(`ocr\nexport ${JSON.stringify(output)}\n`);
  });

  it("goes on at its time, with a file of what has come, also when the command has gone on instead of ending", async () => {
    const runId = await invoke("Later");
    const script = 'workflow-runs sleep soon 1s || sleep 60; cat "$WORKFLOW_RUN_RESUME"';
    const first = await shell("Later", script);
    expect([first.code, first.stderr]).toEqual([75, expect.stringContaining(`Run ${runId} is suspended.\n`)]);
    expect((await shell("Later", script)).code).toBe(0);
    const kept = { outcomes: { soon: { kind: "timer", outcome: "elapsed" } }, checkpoints: {} };
    expect(await json(["runs", "result", runId])).toMatchObject({ status: "COMPLETED", output: kept });
  });

  it("sends a signal as docs/suspend.md says, once for each id, and says that no run waits for it yet", async () => {
    expect(page).toContain(`\nworkflow-runs ${PAYMENT.join(" ")} '${PAYLOAD}'\n`);
    const receipt = await json([...PAYMENT, PAYLOAD]);
    expect(receipt).toEqual({ id: "payment-815", run_id: null, kept_until: expect.stringMatching(/Z$/) });
    writeFileSync(join(home(), "payload.json"), PAYLOAD);
    expect(await json([...PAYMENT, "@payload.json"])).toEqual(receipt);
    const shown = await wr([...PAYMENT, PAYLOAD]);
    expect(shown.stdout).toMatch(/^signal +payment-815\nrun +none waits for it yet\nkept until +\d{4}-/);
    const other = await wr([...PAYMENT, "[1]"]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("Another signal had this id")]);
    const broken = await wr([...PAYMENT, "{"]);
    expect([broken.code, broken.stderr]).toEqual([4, expect.stringContaining("--payload cannot be read as JSON")]);
    const without = await wr(["signal", "Invoices", "paid"]);
    expect([without.code, without.stderr]).toEqual([4, expect.stringContaining("--correlation")]);
  });

  it("keeps the first value of a key, and says by its exit code that there is none", async () => {
    const runId = await invoke("Keeps");
    const script = `workflow-runs checkpoint get a || echo "code $?"
      echo '{"n": 1}' | workflow-runs checkpoint put a
      workflow-runs checkpoint put a 2
      workflow-runs checkpoint get a
      workflow-runs checkpoint put b nonsense 2> /dev/null || echo "code $?"
      workflow-runs ask c "Go on?" --choice once 2> /dev/null || echo "code $?"`;
    expect((await shell("Keeps", script)).code).toBe(0);
    const log = (await wr(["runs", "log", runId])).stdout;
    expect(log).toBe('code 3\n{"n":1}\n{"n":1}\n{"n":1}\ncode 4\ncode 1\n');
    const outside = await wr(["checkpoint", "get", "a"]);
    expect([outside.code, outside.stderr]).toEqual([
      4,
      expect.stringContaining("that `workflow-runs run` has started"),
    ]);
  });
}
