/**
 * The cases of both kits and clients against a local stack. They are one table for all languages: what the work does is the input of its runs
 * (`client/test/scripted-work.ts` and `python/tests/scripted.py`), so no language can lack a case. Those against a fake service are in
 * `python/tests/kit-cases.json`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ApiProblem, createClient, InvalidRequest, unwrap } from "../../client/src/index.ts";
import type { Action } from "../../client/test/scripted-work.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { root } from "../../scripts/local/folders.ts";
import { runProgram } from "../support/node/run-program.ts";

/** Where the stack, the virtual environment and the copy of the Python package are. */
type World = { url: string; python: string; source: string; env: Record<string, string> };

/** One runner of a worker. Its `at`-th request fails: it does not arrive, or its answer does not, or the worker is killed then. */
type Lane = {
  workflow: string;
  most?: number;
  capacity?: number;
  fault?: "request lost" | "answer lost" | "killed";
  at?: number;
};

const WORKERS = ["TypeScript", "Python", "Python with asyncio"] as const;
type Language = (typeof WORKERS)[number];

/** As many as a batch may have, in the whole suite. */
const RUNS = process.env.WHOLE ? 500 : 100;
const LARGE_BYTES = 95_000_000;
/** What is sent in this order: the session, the lease, a heartbeat with the log, the file, the checkpoint, and the suspension. */
const ALL: Action[] = [
  ["log", "one\n"],
  ["until call", "heartbeat"],
  ["upload", "a.txt", "a"],
  ["step", "ocr", { pages: 3 }],
  ["ask", "pay", "Pay?", { choices: ["yes", "no"], people_only: false }],
];
const OUTPUT = [{ pages: 3 }, expect.objectContaining({ outcome: "answered", value: "yes" })];

const UNKNOWN = "01920000-0000-7000-8000-00000000ffff";
/** Calls of both clients that are refused, by the names of Python. */
const REFUSALS: [key: string, call: unknown[], status: number, code: string][] = [
  ["wr_one_unknown", ["runs"], 401, "unauthenticated"],
  [DEMO.user.key, ["audit_events"], 403, "forbidden"],
  [DEMO.owner.key, ["run", UNKNOWN], 404, "not_found"],
  [DEMO.owner.key, ["stop", DEMO.runs.completed], 409, "conflict"],
  [DEMO.owner.key, ["retry", DEMO.runs.completed], 409, "conflict"],
  [DEMO.owner.key, ["run", "no id"], 422, "invalid"],
  [DEMO.owner.key, ["invoke", DEMO.quarterlyReportId, { labels: { No: "label" } }], 422, "invalid"],
];

export function describeKits(world: () => World): void {
  const clientOf = (key: string = DEMO.owner.key) => createClient({ url: world().url, apiKey: key });

  async function createWorkflow(policy: object = {}): Promise<string> {
    const [source = "", instruction = "", output = ""] = [103, 104, 105].map(demoId);
    const { api } = clientOf();
    const { id } = await unwrap(
      api.POST("/v1/workflow-definitions", {
        body: {
          name: `Kit ${crypto.randomUUID()}`,
          runner_type: "SELF_HOSTED",
          source_path_part_ids: [source],
          instruction_path_part_ids: [instruction],
          output_path_part_ids: [output],
        },
      }),
    );
    const path = { definition_id: id };
    const whole = { handover: "lease" as const, lease_seconds: 30, ...policy };
    await unwrap(api.PUT("/v1/workflow-definitions/{definition_id}/policy", { params: { path }, body: whole }));
    return id;
  }

  /** Starts a worker, which tells one JSON value a line. */
  function startWorker(language: Language, lanes: Lane[], key: string = DEMO.owner.key) {
    const { url, python, source, env } = world();
    const args = JSON.stringify(lanes.map((lane) => ({ ...lane, is_async: language === "Python with asyncio" })));
    const [command, program]: [string, string] =
      language === "TypeScript" ? [process.execPath, "test/python/worker.ts"] : [python, `${source}/tests/worker.py`];
    const settings = { ...env, WORKFLOW_RUNS_URL: url, WORKFLOW_RUNS_API_KEY: key };
    const child: ChildProcess = spawn(command, [program, args], { cwd: root, env: settings, stdio: "pipe" });
    const told: unknown[] = [];
    const said: string[] = [];
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line)));
    child.stderr?.on("data", (data) => said.push(String(data)));
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "close").then(([code, signal]) => ({ code, signal, told, said: said.join("") }));
    return { child, told, ended };
  }

  /** Waits for the end of a run, and answers what it asks. */
  async function seeThrough(runId: string): Promise<void> {
    const { api, watch } = clientOf();
    for await (const { event } of watch(runId)) {
      if (event?.type !== "SUSPENDED") continue;
      const params = { path: { run_id: runId, key: "pay" } };
      await unwrap(api.POST("/v1/workflow-runs/{run_id}/waits/{key}/answer", { params, body: { value: "yes" } }));
    }
  }

  /** What must be true of a run that did all once, whatever has happened meanwhile. */
  async function expectOnce(runId: string): Promise<void> {
    const client = clientOf();
    expect(await client.result(runId)).toMatchObject({ status: "COMPLETED", output: OUTPUT });
    const events: string[] = [];
    for await (const { type } of client.events(runId)) events.push(type);
    const count = (type: string) => events.filter((one) => one === type).length;
    expect([count("COMPLETED"), count("ANSWERED"), count("LATE_RESULT")]).toEqual([1, 1, 0]);
    const { entries } = await client.log(runId);
    expect(entries.map(({ text, missing_before: missing }) => [text, missing])).toEqual([["one\n", 0]]);
    const path = { run_id: runId };
    const files = await unwrap(client.api.GET("/v1/workflow-runs/{run_id}/artifacts", { params: { path } }));
    expect(files.artifacts.map(({ name }) => name)).toEqual(["a.txt"]);
    const kept = await unwrap(client.api.GET("/v1/workflow-runs/{run_id}/checkpoints", { params: { path } }));
    expect(kept.items.map(({ key, value }) => [key, value])).toEqual([["ocr", { pages: 3 }]]);
  }

  describe.each(WORKERS)("a worker in %s", { timeout: 120_000 }, (language) => {
    it("loses and doubles nothing when the connection is lost in any of its steps", async () => {
      const runs = await Promise.all(
        (["request lost", "answer lost"] as const).flatMap((fault) =>
          Array.from({ length: 8 }, async (_, n) => {
            const workflow = await createWorkflow();
            const { id } = await clientOf().invoke(workflow, { input: { do: ALL } });
            return { id, lane: { workflow, fault, at: n + 1, most: 2 } };
          }),
        ),
      );
      const worker = startWorker(
        language,
        runs.map(({ lane }) => lane),
      );
      await Promise.all(runs.map(({ id }) => seeThrough(id)));
      const { code, told } = await worker.ended;
      expect([code, told.at(-1)]).toEqual([0, runs.map(() => true)]);
      for (const { id } of runs) await expectOnce(id);
    });

    it("loses and doubles nothing when it is killed between any two of its calls", async () => {
      const client = clientOf();
      const runs = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          const workflow = await createWorkflow();
          const { id } = await client.invoke(workflow, { input: { do: ALL } });
          const { signal } = await startWorker(language, [{ workflow, fault: "killed", at: n + 1 }]).ended;
          expect(signal).toBe("SIGKILL");
          if ((await client.run(id)).status === "RUNNING") {
            // Nobody waits here for the end of its lease, which is half a minute.
            await client.stop(id);
            await client.retry(id);
          }
          return { id, workflow };
        }),
      );
      const next = startWorker(
        language,
        runs.map(({ workflow }) => ({ workflow })),
      );
      await Promise.all(runs.map(({ id }) => seeThrough(id)));
      next.child.kill("SIGTERM");
      expect((await next.ended).code).toBe(0);
      for (const { id } of runs) await expectOnce(id);
    });

    it("learns of a stop, and its run is STOPPED", async () => {
      const client = clientOf();
      const workflow = await createWorkflow();
      const input = { do: [["tell", "working"], ["progress until ended"], ["caught", "check"], ["check"]] };
      const { id } = await client.invoke(workflow, { input });
      const worker = startWorker(language, [{ workflow, most: 1 }]);
      // Who follows the run makes its runner report more often.
      for await (const { message } of client.watch(id))
        if (message.event === "progress") {
          await client.stop(id, { reason: "Enough", graceSeconds: 60 });
          break;
        }
      const { code, told } = await worker.ended;
      expect([code, told]).toEqual([0, ["working", "stopping", [true]]]);
      expect(await client.result(id)).toMatchObject({ failure_code: "STOPPED" });
    });

    it("gives its run back when it gets SIGTERM, and ends with 0", async () => {
      const client = clientOf();
      const workflow = await createWorkflow();
      const { id } = await client.invoke(workflow, {
        input: { do: [["tell", "working"], ["until ended"], ["check"]] },
      });
      const worker = startWorker(language, [{ workflow }]);
      await vi.waitUntil(() => worker.told.includes("working"), { timeout: 30_000 });
      worker.child.kill("SIGTERM");
      expect((await worker.ended).code).toBe(0);
      expect(await client.details(id)).toMatchObject({ status: "PENDING", attempt: 2 });
    });

    it("reports what its work throws", async () => {
      const client = clientOf();
      const workflow = await createWorkflow();
      const { id } = await client.invoke(workflow, {
        input: {
          do: [
            ["step", "ocr", 1],
            ["raise", "No such folder"],
          ],
        },
      });
      await startWorker(language, [{ workflow, most: 1 }]).ended;
      expect(await client.wait(id)).toMatchObject({
        status: "FAILED",
        error: expect.stringMatching(/No such folder$/),
      });
      expect(await client.result(id)).toMatchObject({ failure_code: "REPORTED" });
    });

    it("sends a file of 95 MB as it is", async () => {
      const client = clientOf();
      const workflow = await createWorkflow();
      const { id } = await client.invoke(workflow, { input: { do: [["upload bytes", "large.bin", LARGE_BYTES]] } });
      const { told } = await startWorker(language, [{ workflow, most: 1 }]).ended;
      expect(await client.wait(id)).toMatchObject({ status: "COMPLETED" });
      const url = `${world().url}/v1/workflow-runs/${id}/artifacts/large.bin`;
      const response = await fetch(url, { headers: { Authorization: `Bearer ${DEMO.owner.key}` } });
      const digest = createHash("sha256");
      for await (const chunk of response.body ?? []) digest.update(chunk);
      expect(told[0]).toBe(digest.digest("hex"));
    });

    it("does each of many runs once with a capacity of 20", async () => {
      const client = clientOf();
      const workflow = await createWorkflow({ max_running: 20 });
      const runs = Array.from({ length: RUNS }, (_, n) => ({ input: { do: [["tell", n]] } }));
      const { id } = await client.invokeBatch(workflow, runs);
      const worker = startWorker(language, [{ workflow, capacity: 20, most: RUNS }]);
      expect(await client.waitForBatch(id)).toMatchObject({ completed: RUNS, failed: 0 });
      const { told } = await worker.ended;
      const numbers = told.filter((one) => typeof one === "number");
      expect(numbers.toSorted((a, b) => a - b)).toEqual([...runs.keys()]);
    });

    it("ends when the service refuses it", async () => {
      const { code, said } = await startWorker(language, [{ workflow: await createWorkflow() }], DEMO.user.key).ended;
      expect([code, said]).toEqual([1, expect.stringContaining("ApiProblem")]);
    });
  });

  describe("the refusals of the clients", () => {
    const seen = REFUSALS.map(([, , status, code]) => ({ status, code, is_invalid: status === 422, has_id: true }));

    it("are errors with status, code and request id in TypeScript", async () => {
      const told = REFUSALS.map(async ([key, [method, ...args]]) => {
        const client: Record<string, unknown> = clientOf(key);
        const name = String(method).replace(/_./, ([, letter = ""]) => letter.toUpperCase());
        const call = client[name];
        if (typeof call !== "function") throw new Error(`There is no ${name}.`);
        const error: unknown = await Promise.resolve(call(...args))
          .then(async (came: unknown) => Array.fromAsync(came as AsyncIterable<unknown>))
          .catch((one: unknown) => one);
        if (!(error instanceof ApiProblem)) throw error;
        const { status, code, requestId } = error;
        return { status, code, is_invalid: error instanceof InvalidRequest, has_id: Boolean(requestId) };
      });
      expect(await Promise.all(told)).toEqual(seen);
    });

    it("are the same in Python", async () => {
      const { python, source, env } = world();
      const calls = JSON.stringify(REFUSALS.map(([key, call]) => [key, ...call]));
      const { stdout, stderr } = await runProgram(python, [`${source}/tests/refused.py`, calls], { env });
      expect([JSON.parse(stdout || "null"), stderr]).toEqual([seen, ""]);
    });
  });
}
