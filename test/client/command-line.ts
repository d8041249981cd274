import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import type { World } from "./installed-client.ts";
import { startLine } from "./line.ts";
import { NOBODY, PARTS, useTerminal } from "./terminal.ts";

const NOWHERE = "01920000-0000-7000-8000-00000000ffff";
const HELD = DEMO.runs.running;

export function describeCommandLine(world: () => World): void {
  const { home, wr, json, start, inTerminal } = useTerminal(world, "home");

  describe("login", () => {
    const signedOut = { WORKFLOW_RUNS_URL: "", WORKFLOW_RUNS_API_KEY: "" };

    it("keeps the key in a file that only its owner can read, and the next commands use it", async () => {
      const { url } = world();
      expect((await wr(["whoami"], signedOut)).code).toBe(2);
      const { code, stderr } = await wr(["login", "--url", url], signedOut, `${DEMO.owner.key}\n`);
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Signed in to ${url}`)]);
      const file = join(home(), ".config/workflow-runs/login.json");
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ url, api_key: DEMO.owner.key });
      expect(JSON.parse((await wr(["whoami", "--json"], signedOut)).stdout)).toMatchObject({ id: DEMO.owner.id });
      const withSlash = await wr(["whoami", "--quiet", "--url", `${url}/`], signedOut);
      expect(withSlash.stdout).toBe(`${DEMO.owner.id}\n`);
    });

    it("writes nothing when the service does not know the key, and says which variables take precedence", async () => {
      const { url } = world();
      const config = join(home(), "elsewhere");
      const refused = await wr(["login", "--url", url], { ...signedOut, XDG_CONFIG_HOME: config }, "wr_wrong\n");
      const sentence = `${url} does not know this API key. Nothing was written.\n`;
      expect(refused).toEqual({ code: 2, stdout: "", stderr: sentence });
      expect((await wr(["logout"], { XDG_CONFIG_HOME: config })).stderr).toBe("You were not signed in.\n");
      const overruled = await wr(["login", "--json"], { XDG_CONFIG_HOME: config }, DEMO.admin.key);
      expect(JSON.parse(overruled.stdout)).toMatchObject({ id: DEMO.admin.id });
      expect(overruled.stderr).toContain("WORKFLOW_RUNS_API_KEY is set, and takes precedence over what was written.\n");
    });

    it("says that a key is a runner key, what that is for, and which key to use instead", async () => {
      const key = (await wr(["keys", "create", "machine", "--runner", "--quiet"])).stdout.trim();
      const text =
        "This is a runner key. It can only lease runs, with `workflow-runs run` or in a runner of your own. " +
        "For anything else, sign in with a user's API key: `workflow-runs login`.";
      const withKey = { WORKFLOW_RUNS_API_KEY: key };
      expect(await wr(["whoami"], withKey)).toEqual({ code: 2, stdout: "", stderr: `${text}\n` });
      const config = { ...signedOut, XDG_CONFIG_HOME: join(home(), "of-a-runner") };
      const login = await wr(["login", "--url", world().url], config, key);
      expect(login).toEqual({ code: 2, stdout: "", stderr: `${text} Nothing was written.\n` });
      expect((await wr(["logout"], config)).stderr).toBe("You were not signed in.\n");
      const other = await wr(["runs", "list"], withKey);
      expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("or it is a runner key")]);
      expect((await wr(["keys", "delete", "machine"])).code).toBe(0);
      const revoked = await wr(["whoami"], withKey);
      expect([revoked.code, revoked.stderr]).toEqual([2, expect.stringContaining("unknown, revoked or expired")]);
    });

    it("of a key of another cell stores the address of that, and other commands go there and name it", async () => {
      let named = world().url;
      const cell = createServer((_, response) => {
        const problem = {
          type: "urn:workflow-runs:problem:misdirected",
          title: "Misdirected request",
          detail: "Elsewhere.",
        };
        response
          .writeHead(421, { "Content-Type": "application/problem+json", Location: named })
          .end(JSON.stringify(problem));
      });
      await once(cell.listen(0, "127.0.0.1"), "listening");
      onTestFinished(() => void cell.close());
      const address = cell.address();
      const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
      const config = { ...signedOut, XDG_CONFIG_HOME: join(home(), "of-cells") };
      const who = ["whoami", "--quiet", "--url", url, "--api-key", DEMO.owner.key];
      const moved = await wr(who, config);
      expect([moved.code, moved.stdout.trim()]).toEqual([0, DEMO.owner.id]);
      expect(moved.stderr).toContain(`run \`workflow-runs login --url ${named}\`, or set WORKFLOW_RUNS_URL.`);
      const { code, stderr } = await wr(["login", "--url", url], config, DEMO.owner.key);
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Signed in to ${world().url}.`)]);
      const file = readFileSync(join(home(), "of-cells/workflow-runs/login.json"), "utf8");
      expect(JSON.parse(file)).toMatchObject({ url: world().url });
      named = "https://runs.elsewhere.example";
      const refused = await wr(who, config);
      expect([refused.code, refused.stdout]).toEqual([2, ""]);
      expect(refused.stderr).toMatch(
        /the key was not sent there\. [^`]*`workflow-runs login --url https:\/\/runs\.elsewhere\.example`/,
      );
    });

    it("is overridden by the environment, which is overridden by flags; its key is not sent to another service", async () => {
      const id = async (args: string[], env: Record<string, string>) =>
        (await wr(["whoami", "--quiet", ...args], env)).stdout.trim();
      expect(await id([], { ...signedOut, WORKFLOW_RUNS_API_KEY: DEMO.admin.key })).toBe(DEMO.admin.id);
      expect(await id(["--api-key", DEMO.user.key], { ...signedOut, WORKFLOW_RUNS_API_KEY: DEMO.admin.key })).toBe(
        DEMO.user.id,
      );
      const elsewhere = await wr(["whoami"], { ...signedOut, WORKFLOW_RUNS_URL: "https://runs.example" });
      expect([elsewhere.code, elsewhere.stderr]).toEqual([
        2,
        expect.stringContaining(
          `You are signed in to ${world().url}, and its key is not sent to https://runs.example. Run`,
        ),
      ]);
      expect((await wr(["logout"], signedOut)).code).toBe(0);
      expect((await wr(["whoami"], signedOut)).code).toBe(2);
    });
  });

  it.each<[code: number, args: string[], sentence: string]>([
    [2, ["whoami", "--api-key", "wr_wrong"], "it is unknown, revoked or expired, or it is a runner key"],
    [2, ["runs", "list", "--url", "https://runs.example"], "You are not signed in. Run `workflow-runs login`"],
    [3, ["runs", "get", NOWHERE], "There is no such run, or it is not yours to see."],
    [
      3,
      ["workflows", "get", "No such workflow"],
      'There is no workflow "No such workflow", or it is not yours to see.',
    ],
    [3, ["invoke", NOWHERE], "There is no such workflow definition, or it is not yours to see."],
    [3, ["keys", "delete", "None"], 'There is no API key "None"'],
    [3, ["open", "None"], 'There is no workflow "None"'],
    [3, ["run", "--workflow", "None", "--", "true"], 'There is no workflow "None"'],
    [4, ["runs", "get", "no-id"], "run_id: "],
    [4, ["runs", "list", "--status", "DONE"], "It must be one of PENDING, RUNNING, COMPLETED, FAILED."],
    [4, ["invoke", "Quarterly report", "--input", "[1]"], "--input must be a JSON object"],
    [4, ["invoke", "Quarterly report", "--input", "@missing.json"], "missing.json cannot be read: ENOENT"],
    [4, ["invoke", "Quarterly report", "--input", '{"a": 1'], "--input cannot be read as JSON: "],
    [4, ["invokes"], "Did you mean invoke?"],
    [4, ["runs", "list", "--since", "yesterday"], "or how long ago: 2026-01-31, 2026-01-31T12:00Z, 24h or 7d."],
    [4, ["runs", "list", "--since", "1h", "--until", "2h"], "--since is later than --until"],
    [4, ["runs", "list", "--label", "customer"], "is invalid. Write key:value, such as customer:4711."],
    [
      4,
      ["runs", "bulk", "stop", "--label", "customer"],
      "option '--label <key:value>' argument 'customer' is invalid.",
    ],
    [4, ["keys", "create", "CI", "--expires", "tomorrow"], "option '--expires <when>' argument 'tomorrow' is invalid."],
    [4, ["keys", "create", "CI", "--expires", "2020-01-31"], "It must be in the future."],
    [4, ["invoke", "Quarterly report", "--timeout", "5s"], "Add --wait."],
    [4, ["runs", "result", HELD, "--timeout", "5s"], "Add --wait."],
    [4, ["invoke", "Quarterly report", "--wait", "--timeout", "soon"], "such as 90s, 10min, 2h or 7d."],
    [4, ["runs", "bulk", "stop", "--yes"], "All runs at once are never meant."],
    [
      4,
      ["runs", "bulk", "stop", "--workflow", "Nightly digest"],
      "Add --yes to do it, since nobody can be asked here.",
    ],
    [4, ["workflows", "update", "Quarterly report"], "Say what to change"],
    [4, ["workflows", "update", "Quarterly report", "--name", "x"], "Set WORKFLOW_RUNS_WEBHOOK_SECRET"],
    [4, ["users", "role", DEMO.admin.id, "OWNER"], "Add --yes to do it, since nobody can be asked here."],
    [4, ["workflows", "delete", "Quarterly report"], "Add --yes to do it, since nobody can be asked here."],
    [3, ["workflows", "share", "Quarterly report", "nobody@demo.example"], 'There is no user "nobody@demo.example"'],
    [1, ["users", "list", "--api-key", DEMO.user.key], "OWNER or ADMIN"],
    [4, ["runs", "list", "--nonsense"], "unknown option '--nonsense'"],
    [4, ["run", "--workflow", "x", "python", "--fast"], 'The command comes after "--"'],
    [4, ["workflows", "create", "x", "--lease", "--runner-url", "https://x", ...PARTS], "cannot be used with option"],
    [4, ["verify", "http://localhost"], "Give the webhook secret"],
    [4, ["keys", "create", "CI", "--workflow", "Quarterly report"], "--workflow restricts a runner key: add --runner."],
    [4, ["keys", "create", "CI", "--scope", "write"], "It must be one of read, run, manage, metrics."],
    [4, ["keys", "create", "CI", "--scope", "read", "--runner"], "cannot be used with option '--runner'"],
    [1, ["invoke", "Support triage"], "paused"],
    [1, ["keys", "create", "machine", "--runner", "--api-key", DEMO.user.key], "OWNER or ADMIN"],
    [1, ["whoami", "--url", NOBODY, "--api-key", "k"], "The service could not be reached: connect "],
    [1, ["whoami", "--url", "https://", "--api-key", "k"], "the server does not speak TLS on this port"],
  ])("exits with %i for %j, and says why on stderr only", async (code, args, sentence) => {
    const withUrl = args.map((word) => (word === "https://" ? world().url.replace("http://", word) : word));
    const ended = await wr(withUrl, args.includes("https://runs.example") ? { WORKFLOW_RUNS_API_KEY: "" } : {});
    expect(ended).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
    expect(ended.stderr).not.toMatch(/ {4}at /);
  });

  it.each([200, 404])("says when what answers with %i is no such service", async (status) => {
    const page = createServer((_, response) => response.writeHead(status).end("<html></html>")).listen(0, "127.0.0.1");
    onTestFinished(() => void page.close());
    await once(page, "listening");
    const address = page.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const ended = await wr(["whoami"], { WORKFLOW_RUNS_URL: url });
    expect(ended).toEqual({ code: 1, stdout: "", stderr: expect.stringContaining("Is the URL that of the service?") });
  });

  it("says when the URL ends in /v1 that this is added to it", async () => {
    const ended = await wr(["whoami"], { WORKFLOW_RUNS_URL: `${world().url}/v1/` });
    const hint = `The URL ends in /v1, which is added to it for each request. Try ${world().url}.\n`;
    expect(ended).toEqual({ code: 3, stdout: "", stderr: expect.stringContaining(hint) });
  });

  it.each<[path: string, args: string[]]>([
    ["/v1/users/me", ["whoami"]],
    ["/v1/workflow-definitions?limit=100", ["workflows", "list"]],
    ["/v1/workflow-runs?status=FAILED&limit=3", ["runs", "list", "--status", "FAILED", "--limit", "3"]],
    [`/v1/workflow-runs/${DEMO.runs.failed}/result`, ["runs", "result", DEMO.runs.failed]],
    [`/v1/workflow-runs/${DEMO.runs.failed}/explain`, ["runs", "explain", DEMO.runs.failed]],
    ["/v1/users/me/api-keys", ["keys", "list"]],
    [`/v1/tenants/${DEMO.tenantId}/users?limit=100`, ["users", "list"]],
    ["/v1/events?limit=3", ["events", "--limit", "3"]],
  ])("prints what %s answers for %j --json, and nothing else; ids; and no colours to a pipe", async (path, args) => {
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    const answer = JSON.parse(await (await fetch(world().url + path, { headers })).text());
    const ended = await wr([...args, "--json"]);
    expect([ended.code, ended.stderr, JSON.parse(ended.stdout)]).toEqual([0, "", answer.items ?? answer]);
    const quiet = await wr([...args, "--quiet"]);
    expect(quiet).toEqual({ code: 0, stdout: expect.stringMatching(/^([0-9a-f-]{36}\n|\d+\n)+$/), stderr: "" });
    const { code, stdout, stderr } = await wr(args);
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining("\u001b")]);
  });

  it("prints a table for people, without colours to a pipe; the API's list for programs; and ids", async () => {
    const table = (await wr(["workflows", "list"])).stdout;
    expect(table).toMatch(/^ID +NAME +STATE +RUNNER +TIME LIMIT\n/);
    expect(table).toMatch(new RegExp(`^${DEMO.quarterlyReportId} +Quarterly report +active`, "m"));
    expect(table).not.toContain("\u001b");
    const list: { id: string }[] = await json(["workflows", "list"]);
    expect(list.map(({ id }) => id)).toContain(DEMO.quarterlyReportId);
    expect((await wr(["workflows", "list", "--quiet"])).stdout.trim().split("\n")).toEqual(list.map(({ id }) => id));
    const failed: { status: string }[] = await json(["runs", "list", "--status", "failed", "--limit", "3"]);
    expect(failed.map(({ status }) => status)).toEqual(["FAILED", "FAILED", "FAILED"]);
  });

  it("adds the result of a run to what the API answers, and what only its details say", async () => {
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    const read = async (path: string) => {
      const answer = await fetch(`${world().url}/v1/workflow-runs/${path}`, { headers });
      return JSON.parse(await answer.text());
    };
    const failed = DEMO.runs.failed;
    const all = { ...(await read(failed)), ...(await read(`${failed}/details`)), ...(await read(`${failed}/result`)) };
    expect(await json(["runs", "get", failed])).toEqual(all);
    const listed = (await wr(["runs", "list", "--status", "FAILED", "--limit", "100"])).stdout;
    expect(listed).toMatch(new RegExp(`^${failed} .* ago +1 min +costs\\.csv has no column`, "m"));

    await wr(["workflows", "create", "With output", "--lease", ...PARTS]);
    const waiting = json(["invoke", "With output", "--wait"]);
    await wr(["run", "--workflow", "With output", "--once", "--", "echo", '{"pages": 12}']);
    const waited = await waiting;
    expect(waited).toMatchObject({ status: "COMPLETED", attempt: 1, output: { pages: 12 } });
    expect(await json(["runs", "result", waited.id, "--wait"])).toEqual(await read(`${waited.id}/result`));
    const text = (await wr(["runs", "result", waited.id])).stdout;
    expect(text).toMatch(/^state +COMPLETED$/m);
    expect(text).toContain('"pages": 12');
    expect((await wr(["runs", "result", failed, "--wait"])).code).toBe(5);
  });

  it("shows the place in the queue and the progress of a run, also while it is followed", async () => {
    const name = "With progress";
    await wr(["workflows", "create", name, "--lease", ...PARTS]);
    const [runId = "", next = ""] = await Promise.all(
      [1, 2].map(async () => (await wr(["invoke", name, "--quiet"])).stdout.trim()),
    );
    const places = await Promise.all([runId, next].map((id) => json(["runs", "get", id])));
    expect(places.map(({ queue_position }) => queue_position).toSorted()).toEqual([1, 2]);
    expect((await wr(["runs", "get", next])).stdout).toMatch(/^position +\d$/m);

    const working = start(["run", "--workflow", name, "--", "sh", "-c", "echo '::progress 40 reading'; sleep 1000"]);
    const isReading = async (id: string) => (await json(["runs", "get", id])).progress?.message === "reading";
    await expect.poll(async () => (await isReading(runId)) || (await isReading(next)), { timeout: 20_000 }).toBe(true);
    const id = (await isReading(runId)) ? runId : next;
    expect((await wr(["runs", "get", id])).stdout).toMatch(/^progress +40 % {2}reading$/m);
    expect(await json(["runs", "get", id])).toMatchObject({ progress: { percent: 40, message: "reading" } });

    const watching = start(["runs", "watch", id]);
    await expect.poll(watching.stdout).toMatch(/progress {2}40 % {2}reading\n/);
    const asJson = start(["runs", "watch", id, "--json"]);
    await expect.poll(asJson.stdout).toContain('{"progress":{"attempt":1,"percent":40,"message":"reading"}}\n');
    expect(asJson.stdout()).toMatch(/^({"run":{.*},"event":{.*}}\n)+{"progress":/);
    expect((await wr(["runs", "result", id, "--wait", "--timeout", "1s"])).code).toBe(6);
    const asked = "40 %  reading";
    const { shown } = await inTerminal(`runs result ${id} --wait`, {
      asked,
      onAsked: () => void wr(["runs", "stop", id]),
    });
    expect(shown).toMatch(/RUNNING {2}\d+ s {2}40 % {2}reading/);
    expect(await watching.end()).toBe(5);
    await wr(["runs", "stop", id === next ? runId : next]);
    await working.end("SIGINT");
  });

  it("finds workflows by name in any case, and says when several have the name", async () => {
    expect(await json(["workflows", "get", "quarterly REPORT"])).toMatchObject({ id: DEMO.quarterlyReportId });
    const create = (name: string) => json(["workflows", "create", name, ...PARTS]);
    const twins = [await create("Twin"), await create("Twin")];
    expect(twins[0]).toMatchObject({ name: "Twin", runner_config: null, max_run_duration_seconds: 300 });
    const { code, stderr } = await wr(["workflows", "get", "Twin"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining(twins[1].id)]);
    const lost = await wr(["workflows", "create", "X", ...PARTS, "--source", "/shared/no"]);
    expect([lost.code, lost.stderr]).toEqual([3, expect.stringContaining("There is no /shared/no")]);
  });

  it("invokes with input and waits for the end", async () => {
    writeFileSync(join(home(), "input.json"), '{"quarter": "Q1"}');
    const invoke = ["invoke", "Quarterly report", "--input", "@input.json", "--idempotency-key", "one"];
    const [waited, again] = [await wr([...invoke, "--wait"]), await wr([...invoke, "--quiet"])];
    expect([waited.code, waited.stdout]).toEqual([0, expect.stringMatching(/^state +COMPLETED$/m)]);
    expect(waited.stdout).toContain(again.stdout.trim());
    const watched = await wr(["runs", "watch", again.stdout.trim()]);
    expect([watched.code, watched.stdout]).toEqual([0, expect.stringMatching(/TRIGGERED\n(.*\n)*.*COMPLETED\n$/)]);
    const followed = await wr(["invoke", "Quarterly report", "--input", "@-", "--follow"], {}, "{}");
    expect([followed.code, followed.stderr]).toEqual([0, expect.stringContaining("DISPATCHED")]);
  });

  it("waits for a run while the service is unavailable, also for its log, and says so once", async () => {
    await wr(["workflows", "create", "Without a runner", "--lease", ...PARTS]);
    const line = await startLine(world().url);
    const atLine = { WORKFLOW_RUNS_URL: line.url };
    const waiting = start(["invoke", "Without a runner", "--wait"], atLine);
    await waiting.until("\n");
    const [, runId = ""] = /^Run (\S+)\n/.exec(waiting.stderr()) ?? [];
    const logging = start(["runs", "log", "-f", runId], atLine);
    await line.cut();
    const watching = start(["runs", "watch", runId], atLine);
    for (const command of [waiting, logging, watching])
      await command.until("The service cannot be reached. Trying again: ");
    await line.mend();
    expect((await wr(["runs", "stop", runId])).code).toBe(0);
    expect([await waiting.end(), await logging.end(), await watching.end()]).toEqual([5, 5, 5]);
    expect(waiting.stdout()).toMatch(/^state +FAILED$/m);
    for (const { stderr } of [waiting, logging, watching]) expect(stderr().match(/cannot be reached/g)).toHaveLength(1);
  });

  it("stops, explains and retries a run; one that FAILED is exit code 5", async () => {
    const blocked = (await wr(["invoke", "Nightly digest", "--quiet"])).stdout.trim();
    const why = await wr(["runs", "explain", blocked]);
    expect(why.stdout).toMatch(new RegExp(`blocked by +${HELD}`));
    const waits = (await wr(["runs", "get", blocked])).stdout;
    expect(waits).toMatch(/^queued +\d+ s ago$/m);
    expect(waits).not.toMatch(/^started/m);
    expect(await json(["runs", "stop", blocked, "--reason", "Wrong folder"])).toMatchObject({ status: "FAILED" });
    const stopped = (await wr(["runs", "get", blocked])).stdout;
    expect(stopped).toMatch(/^error +Stopped: Wrong folder$/m);
    expect(stopped).toMatch(/^queued +\d+ s ago\nended +\d+ s ago, before it started$/m);
    expect(stopped).not.toMatch(/^(started|took)/m);
    expect(await json(["runs", "get", blocked])).toMatchObject({ started_at: null });
    expect((await wr(["runs", "watch", blocked])).code).toBe(5);
    expect((await wr(["runs", "log", "-f", blocked])).code).toBe(5);
    expect(await json(["runs", "retry", blocked])).toMatchObject({ id: blocked, status: "PENDING" });
    const again = await wr(["runs", "stop", blocked]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^ended .*, before it started$/m)]);
    expect((await wr(["runs", "get", HELD])).stdout).toMatch(/^started +/m);
  });

  it("pauses a workflow that has a runner, and resumes it", async () => {
    expect(await json(["workflows", "pause", "Contract review"])).toMatchObject({ is_active: false });
    expect((await wr(["invoke", "Contract review"])).stderr).toContain("paused");
    expect(await json(["workflows", "resume", "Contract review"])).toMatchObject({ is_active: true });
  });

  it("makes and deletes API keys by name, and opens pages", async () => {
    const key = (await wr(["keys", "create", "CI", "--quiet"])).stdout.trim();
    expect((await wr(["whoami", "--quiet", "--api-key", key])).stdout.trim()).toBe(DEMO.owner.id);
    await wr(["keys", "create", "Brief", "--expires", "2999-06-15T12:00:00Z"]);
    await wr(["keys", "create", "Weekly", "--expires", "7d"]);
    const all: { name: string; expires_at: string }[] = await json(["keys", "list"]);
    const [weekly] = all.filter(({ name }) => name === "Weekly");
    expect(Math.round((Date.parse(weekly?.expires_at ?? "") - Date.now()) / 86_400_000)).toBe(7);
    const { stdout } = await wr(["keys", "list"]);
    expect(stdout).toMatch(/^ID +NAME +KIND +SCOPES +KEY +EXPIRES +CREATED\n/);
    expect(stdout).toMatch(new RegExp(`^\\S+ +CI +user +- +…${key.slice(-4)} +never `, "m"));
    expect(stdout).toMatch(/^\S+ +Brief +user +- +…\S{4} +2999-06-1\d \d\d:00 /m);
    expect((await wr(["keys", "delete", "CI"])).code).toBe(0);
    expect((await wr(["whoami", "--api-key", key])).code).toBe(2);
    const url = `${world().url}/app/workflows/${DEMO.quarterlyReportId}\n`;
    expect((await wr(["open", "Quarterly report"])).stdout).toBe(url);
    expect((await wr(["open", HELD])).stdout).toBe(`${world().url}/app/runs/${HELD}\n`);
  });

  it("shows a line of progress on a terminal, and none elsewhere", async () => {
    const { code, shown } = await inTerminal("invoke 'Quarterly report' --wait");
    expect([code, shown]).toEqual([0, expect.stringMatching(/RUNNING {2}\d+ s/)]);
    expect(shown).toContain("\u001b[32mCOMPLETED");
    const dumb = await inTerminal("invoke 'Quarterly report' --wait", { env: { TERM: "dumb" } });
    expect(dumb.shown).toMatch(/state +COMPLETED/);
    expect(dumb.shown).not.toContain("\u001b");
  });

  it("asks for the key on a terminal without showing it, and writes nothing after Ctrl-C or Ctrl-D", async () => {
    const env = { WORKFLOW_RUNS_API_KEY: "", XDG_CONFIG_HOME: join(home(), "asked") };
    const asked = "API key: ";
    const signedIn = await inTerminal("login --with-key", { env, asked, typed: `${DEMO.user.key}\r` });
    expect([signedIn.code, signedIn.shown]).toEqual([0, expect.stringContaining("Signed in to")]);
    expect(signedIn.shown).not.toContain(DEMO.user.key);
    for (const key of ["\u0003", "\u0004"]) {
      const left = await inTerminal("login --with-key", { env, asked, typed: key });
      expect([left.code, left.shown]).toEqual([1, expect.stringMatching(/API key: \s*Nothing was written\.\s*$/)]);
    }
  });

  it("keeps its line of progress to one line of a narrow terminal", async () => {
    const untilThen = { asked: "It waits for its workflow", typed: "\u0003" };
    const { shown } = await inTerminal("invoke 'Nightly digest' --wait", { columns: 60, ...untilThen });
    // The terminal may show the Ctrl-C behind the last one.
    const lines = shown
      .replace("^C", "")
      .split("\r\u001b[K")
      .filter((line) => line.includes("PENDING  "));
    expect(lines.at(-1)).toMatch(/PENDING {2}\d+ s {2}It waits for its workflow/);
    for (const line of lines) expect(line.trimEnd().length).toBeLessThan(60);
  });
}
