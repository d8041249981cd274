import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { exampleVars } from "../../scripts/local/stack.ts";
import { readConfig } from "../../src/config.ts";
import { connectAgent, ERAS } from "../support/agent.ts";
import { callsOn } from "../support/agent-calls.ts";
import { type LocalStack, startStack } from "../support/node/local-stack.ts";
import { QUICK_NPX, runProgram } from "../support/node/run-program.ts";
import { runScript } from "../support/node/run-script.ts";
import { describeSnippets } from "../support/node/signature-snippets.ts";
import { parseMetrics } from "../support/parse-metrics.ts";
import { createStage } from "../support/stage.ts";
import { runToken } from "../support/tenant.ts";

const READY = "Enter shows this again";
/** Prometheus' own check, in Debian's package `promtool`. It also checks what names should look like. */
const hasPromtool = (await runProgram("promtool", ["--version"])).code === 0;

let folder: string;
let env: Record<string, string>;
let stack: LocalStack;
let ports: number[];

const started = async () => {
  stack = startStack("dev.ts", env);
  await stack.until(READY);
};
const postgresOf = (lines: readonly string[]) => lines.find((line) => line.startsWith("  Postgres "));
/** The connection string that the stack prints. */
const urlOf = (lines: readonly string[]) => postgresOf(lines)?.split(/\s+/).at(-1) ?? "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-stack-"));
  // Postgres does not run as root, and whom it runs as must be able to enter.
  chmodSync(folder, 0o755);
  ports = [await findFreePort(), await findFreePort(), await findFreePort()];
  const [PORT = "", RUNNER_PORT = "", SQL_PORT = ""] = ports.map(String);
  env = { PORT, RUNNER_PORT, SQL_PORT, LOGIN_PORT: String(await findFreePort()), LOCAL_DATA_DIR: folder };
  // Twice as long as usual: the first run of a walk still works when its last commands see what waits behind it, on a busy machine, too.
  env.WORK_SECONDS = "10";
  await started();
});

afterAll(async () => {
  stack.process.kill("SIGTERM");
  await stack.exited;
  rmSync(folder, { recursive: true, force: true });
});

/** The first block of commands in that section of a document, on this stack's ports. */
function commandsOf(page: "README.md" | "docs/api.md", heading: string): string {
  const [, section = ""] = readFileSync(join(root, page), "utf8").split(`## ${heading}\n`);
  const [, block = ""] = /^```sh\n(.*?)^```$/ms.exec(section) ?? [];
  return block.replace(":8787", `:${ports[0]}`).replace(":8788", `:${ports[1]}`);
}

/** The walk with `curl`. */
const walkOf = () => commandsOf("docs/api.md", "A workflow from nothing to done");

const paste = (text: string) => runProgram("bash", ["-c", text], { env: QUICK_NPX });

describe("an agent", () => {
  it.each(ERAS)("triggers a run, hears how it gets on, and gets its result, as a %s client", async (era) => {
    const { key } = DEMO.owner;
    const agent = await connectAgent({ fetch }, key, era, `http://127.0.0.1:${ports[0]}/mcp`);
    const messages: string[] = [];
    const args = { workflow_id: DEMO.quarterlyReportId, wait_seconds: 60 };
    const run = await agent.call("invoke_workflow", args, (message) => messages.push(message));
    expect(run.data).toMatchObject({ status: "COMPLETED", result: { status: "COMPLETED", attempt: 1 } });
    expect(messages).toEqual(expect.arrayContaining(["TRIGGERED", "STARTED", "DISPATCHED"]));
    const colleague = await connectAgent({ fetch }, DEMO.user.key, era, `http://127.0.0.1:${ports[0]}/mcp`);
    const { isError, text } = await colleague.call("get_run", { run_id: run.data.id });
    expect([isError, text]).toEqual([true, expect.stringContaining("not yours to see")]);
  });
});

describe("the snippets of a new notification endpoint", () => {
  describeSnippets(() => `http://localhost:${ports[0]}`);
});

describe("npm run dev", () => {
  it("works with the commands of the README, which can be pasted twice", async () => {
    const run = commandsOf("README.md", "A run from a terminal");
    const [quick = "", watch = ""] = run.split(/(?=^npx workflow-runs runs watch)/m);
    const pasted = [await paste(quick + watch), await paste(quick)];
    for (const { code, stdout, stderr } of pasted) {
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout.match(/^\S+ +(RUNNING|PENDING|COMPLETED) +Sum up a quarter /gm)).toHaveLength(3);
      expect(stdout).toMatch(/^\S+ +\/workflows\/\S+ +READ_ONLY$/m);
      // The slower the machine, the more of the runs have ended meanwhile. So it waits for the slot or for its runner, or has started or ended.
      expect(stdout).toMatch(
        /^It (waits for its (workflow's slot|runner)|does not wait: (it is|its runner took it at) )/m,
      );
    }
    const types = pasted[0]?.stdout.match(/(?<=^\d\d:\d\d:\d\d +)[A-Z]+/gm);
    expect([types?.[0], types?.at(-1)]).toEqual(["TRIGGERED", "COMPLETED"]);
  });

  it("works with the commands of docs/api.md, which can be pasted twice, and which let a colleague run the workflow", async () => {
    const walk = walkOf();
    const colleague = commandsOf("docs/api.md", "Give a colleague access to one workflow");
    const { stdout, stderr } = await paste(walk + walk + colleague);
    expect(stderr).toBe("");
    expect(stdout).not.toContain("undefined");
    expect(stdout.match(/^[0-9a-f-]{36}$/gm)).toHaveLength(6);
    expect(stdout.match(/^X-Queue-Position: 2/gim)).toHaveLength(2);
    const [allowed = "", run = ""] = stdout.trim().split("\n").slice(-2);
    expect(allowed).toBe("READ_WRITE");
    expect(JSON.parse(run)).toMatchObject({ user_id: "01920000-0000-7000-8000-000000000203", status: "PENDING" });
  });

  it("streams what happens to a run to `curl -N`, from PENDING to COMPLETED", async () => {
    const { stdout: walked } = await paste(walkOf());
    const [, , waiting = ""] = walked.match(/^[0-9a-f-]{36}$/gm) ?? [];
    const url = `http://localhost:${ports[0]}/v1/workflow-runs/${waiting}/stream`;
    const { stdout, code } = await runProgram("curl", [
      ...["-sSNf", "--retry", "5", "--max-time", "100"],
      ...["-H", "Authorization: Bearer wr_demo_owner", url],
    ]);
    expect([code, stdout.match(/^event: .*$/gm)]).toEqual([
      0,
      ["TRIGGERED", "QUEUED", "STARTED", "DISPATCHED", "COMPLETED"].map((type) => `event: ${type}`),
    ]);
  });

  it("shows the errors of the API in the commands of docs/api.md", async () => {
    const { stdout, stderr } = await paste(walkOf().replace("wr_demo_owner", "wrong"));
    expect(stderr).toContain('Not as expected: {"type":"urn:workflow-runs:problem:');
    expect(stdout + stderr).not.toContain("undefined");
  });

  it("prints one line for each request, and prints the URLs again on Enter", async () => {
    const before = stack.lines.length;
    const url = `http://localhost:${ports[0]}/v1/one-line`;
    for (const _ of ["once", "twice"]) await (await fetch(url)).text();
    await stack.until("/v1/one-line", 2);
    stack.process.stdin?.write("\n");
    await stack.until(READY, 2);
    const lines = stack.lines.slice(before);
    expect(lines.filter((line) => /\/v1\/one-line|"event":"request"/.test(line))).toEqual([
      expect.stringMatching(/^\[worker\] GET \/v1\/one-line 404 Not Found \(\d+ms\)$/),
      expect.stringMatching(/^\[worker\] GET \/v1\/one-line 404 Not Found \(\d+ms\)$/),
    ]);
    expect(lines).toContain(`  Dashboard  http://localhost:${ports[0]}/app`);
  });

  describe("has metrics", () => {
    const metrics = async () => {
      const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
      return (await fetch(`http://localhost:${ports[0]}/v1/metrics`, { headers })).text();
    };

    it("in the format of Prometheus", async () => {
      const families = parseMetrics(await metrics());
      expect(families.get("workflow_runs")?.samples.get('workflow_runs{state="RUNNING"}')).toBeGreaterThan(0);
    });

    it.runIf(hasPromtool)("in which promtool finds no fault", async () => {
      const ended = await runProgram("promtool", ["check", "metrics"], { input: await metrics() });
      expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  });

  it("prints a connection string with which every command of an operator works as pasted", async () => {
    const env = { DATABASE_URL: urlOf(stack.lines), ENCRYPTION_KEY: exampleVars().ENCRYPTION_KEY ?? "" };
    expect(await runScript("migrate.ts", env)).toEqual({ code: 0, output: expect.stringContaining("is up to date.") });
    for (const [command, output] of [
      ["doctor.ts", "✓ migrations       Up to date."],
      ["create-tenant.ts --name Pasted --email owner@pasted.example", "API key, shown this once: wr_"],
      ["pause-sweep.ts", "Paused."],
      ["pause-sweep.ts --resume", "Resumed."],
      ["reencrypt-secrets.ts", 'All secrets are encrypted with the key "local"'],
      [`set-limits.ts --tenant ${DEMO.tenantId} --limits default`, 'The tenant "Demo" has the limits "default" now.'],
      [`set-limits.ts --tenant ${DEMO.tenantId} --cap path_parts=5000`, "Its own cap of path_parts is 5000."],
      [`set-limits.ts --tenant ${DEMO.tenantId} --cap path_parts=default`, 'Before, it had "default".\n'],
      [`set-limits.ts --tenant ${DEMO.tenantId} --cap folders=5`, "Usage: npm run set-limits"],
    ] as const) {
      const ended = await runScript(command, env);
      expect([command, ended.output]).toEqual([command, expect.stringContaining(output)]);
    }
  });

  it("is found by the doctor on its ports, and not started twice", async () => {
    const { code, output } = await runScript("doctor.ts", { LOCAL_DATA_DIR: folder });
    expect([code, output]).toEqual([0, expect.stringContaining(`http://localhost:${ports[0]}`)]);
    const again = await runScript("dev.ts", { LOCAL_DATA_DIR: folder });
    expect([again.code, again.output]).toEqual([1, expect.stringContaining("runs in this folder already")]);
  });

  it("has snippets in Python that print the detail of an error, and not a stack trace", async () => {
    const page = await (await fetch(`http://localhost:${ports[0]}/docs`)).text();
    const blocks = Array.from(page.matchAll(/<code>(.*?)<\/code>/gs), ([, html = ""]) =>
      html.replaceAll(/<[^>]+>/g, ""),
    );
    const escaped = blocks.find((text) => text.startsWith("import json\n")) ?? "";
    const setup = [["&lt;", "<"] as const, ["&gt;", ">"] as const, ["&quot;", '"'] as const, ["&#39;", "'"] as const]
      .reduce((text, [entity, character]) => text.replaceAll(entity, character), escaped)
      .replaceAll("&amp;", "&")
      .replace("wr_…", DEMO.owner.key);
    const run = (call: string) => runProgram("python3", ["-c", `${setup}\n${call}`]);
    const path = "/v1/workflow-runs/01920000-0000-7000-8000-00000000ffff";
    for (const call of [`call("GET", "${path}")`, `send("GET", "${path}/stream")`]) {
      const { code, stdout, stderr } = await run(call);
      expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^404 .*"detail":"There is no such run/)]);
      expect(stderr).not.toContain("Traceback");
    }
    const me = await run('print(call("GET", "/v1/users/me")["current_tenant_role"])');
    expect(me).toEqual({ code: 0, stdout: "OWNER\n", stderr: "" });
  });

  it("has a database in which create-tenant asks before it creates a second tenant of a name", async () => {
    const [, DATABASE_URL = ""] = /(postgres:\S+)/.exec(postgresOf(stack.lines) ?? "") ?? [];
    const database = { DATABASE_URL, NEON_FETCH_ENDPOINT: `http://127.0.0.1:${ports[2]}/sql` };
    const create = (more = "") => runScript(`create-tenant.ts --name Twin --email owner@twin.example${more}`, database);
    const first = await create();
    expect([first.code, first.output]).toEqual([0, expect.stringContaining('Created the tenant "Twin"')]);
    const second = await create();
    expect([second.code, second.output]).toEqual([
      1,
      expect.stringMatching(
        /^There is a tenant "Twin" already: \S+\. To create another one of this name, add --yes\.\n$/,
      ),
    ]);
    const shown = (await create(" --yes")).output;
    expect(shown).toContain("API key, shown this once");
  });

  it("has a sibling, `npm run db`, which prints all that `npx wrangler dev` needs, and which the doctor finds, too", async () => {
    const url = urlOf(stack.lines);
    const sqlPort = await findFreePort();
    const vars = { PORT: "18787", SQL_PORT: String(sqlPort), LOCAL_POSTGRES_URL: url };
    const database = startStack("db.ts", { ...env, ...vars });
    const lines = await database.until("Ctrl-C stops everything.");
    for (const line of [
      `    NEON_FETCH_ENDPOINT=http://127.0.0.1:${sqlPort}/sql`,
      "    PUBLIC_URL=http://localhost:18787",
      "    npx wrangler dev --port 18787",
      "    while sleep 60; do curl -s 'http://localhost:18787/cdn-cgi/handler/scheduled?cron=*+*+*+*+*'; done",
      expect.stringMatching(/^ {4}PORT=\d+ WEBHOOK_SECRET=whsec_\S+ npm run runner$/),
    ]) {
      expect(lines).toContainEqual(line);
    }
    expect(urlOf(lines)).toBe(url);
    const { output } = await runScript("doctor.ts", { LOCAL_DATA_DIR: folder });
    expect(output).toContain("The local stack of `npm run db`");
    expect(output).toContain(`Not looked at, since they are older: ${stack.process.pid}`);
    database.process.kill("SIGTERM");
    await database.exited;
  });

  it("says after kill -9 which processes are left and how to end them, and then starts again", async () => {
    const postgres = postgresOf(stack.lines);
    stack.process.kill("SIGKILL");
    await stack.exited.catch(() => {});
    const { code, output } = await runScript("dev.ts", env);
    expect([code, output]).toEqual([1, expect.stringContaining("has left these running: Postgres (process ")]);
    const [, command = ""] = /^ {2}(kill .*)$/m.exec(output) ?? [];
    expect(await runProgram("sh", ["-c", command])).toEqual({ code: 0, stdout: "", stderr: "" });
    const { output: found } = await runScript("doctor.ts", { LOCAL_DATA_DIR: folder });
    expect(found).toContain("No local stack runs");
    await untilNobodyIsLeft(output);
    await started();
    expect(postgresOf(stack.lines)).toBe(postgres);
  });
});

// Last, since the secret of its definition is encrypted with another key, and its runner takes no dispatch: the doctor would say so.
describe("an agent of a tenant with many kinds of users", () => {
  it.each(ERAS)("can call every tool as a %s client, with the key of an OWNER and that of a USER", async (era) => {
    const url = `http://127.0.0.1:${ports[0]}`;
    neonConfig.fetchEndpoint = `http://127.0.0.1:${ports[2]}/sql`;
    const send = (method: string, path: string, key: string, body?: unknown, headers?: Record<string, string>) =>
      fetch(url + path, {
        method,
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const stage = await createStage({ send, database: { sql: neon(urlOf(stack.lines)) } }, `Agents ${era}`);
    const { runTokenKeys } = readConfig({ ...exampleVars(), DATABASE_URL: urlOf(stack.lines) });
    for (const { key } of [stage.tenant.owner, stage.writer]) {
      const agent = await connectAgent({ fetch }, key, era, `${url}/mcp`);
      const calls = Object.entries(callsOn(stage, (runId) => runToken(stage.tenant, runId, 1, runTokenKeys)));
      expect(calls.map(([tool]) => tool).toSorted()).toEqual(
        (await agent.client.listTools()).tools.map(({ name }) => name).toSorted(),
      );
      await Promise.all(
        calls.map(async ([tool, { args, answer }]) => {
          const called = await agent.call(tool, await args(key));
          expect([tool, called]).toMatchObject([tool, { isError: false, data: answer }]);
        }),
      );
    }
  });
});

/** The processes that the message names end soon after they were told. */
async function untilNobodyIsLeft(message: string): Promise<void> {
  const ids = [...message.matchAll(/\(process (\d+)\)/g)].map(([, id]) => Number(id));
  expect(ids.length).toBeGreaterThan(0);
  const left = () =>
    ids.filter((id) => {
      try {
        return process.kill(id, 0);
      } catch {
        return false;
      }
    });
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
}
