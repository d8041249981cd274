import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { pastesOf } from "../../src/dashboard/triggers/webhook-pastes.ts";
import { QUICK_NPX, runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "On a schedule";
const NOWHERE = "01920000-0000-7000-8000-00000000ffff";
const WEEKDAYS = ["--cron", "0 6 * * 1-5", "--time-zone", "Europe/Berlin"] as const;

const page = readFileSync(join(root, "docs/triggers.md"), "utf8");
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)]
  .map(([, block = ""]) => block)
  .filter((block) => block.includes("npx workflow-runs"));

/** Triggers of all kinds on the command line. */
export function describeTriggers(world: () => World): void {
  const { wr, json, inTerminal, environment } = useTerminal(world, "triggers");
  const triggers = (...args: string[]) => wr(["triggers", ...args]);
  let id: string;

  beforeAll(async () => {
    await wr(["workflows", "create", NAME, "--lease", ...PARTS]);
    const what = [
      "--input",
      '{"n": 1}',
      "--label",
      "from:schedule",
      "--key",
      "k",
      "--priority",
      "3",
      "--when-busy",
      "skip",
    ];
    const when = [...WEEKDAYS, "--jitter", "10min", "--catch-up", "none", "--ends-at", "2099-01-31T12:00Z"];
    const made = await json(["triggers", "create", NAME, ...when, ...what]);
    const schedule = { time_zone: "Europe/Berlin", jitter_seconds: 600, catch_up: "none", starts_at: null };
    expect(made).toMatchObject({
      ...{ name: "0 6 * * 1-5 Europe/Berlin", kind: "schedule", is_active: true, input: { n: 1 } },
      ...{ labels: { from: "schedule" }, concurrency_key: "k", priority: 3, when_busy: "skip" },
      schedule: { ...schedule, cron: "0 6 * * 1-5", at: null, ends_at: "2099-01-31T12:00:00.000Z" },
    });
    ({ id } = made);
  });

  it("shows a trigger to people, in lines and in a table, and to programs as the API does", async () => {
    const shown = (await triggers("get", id)).stdout;
    expect(shown).toMatch(/^schedule +0 6 \* \* 1-5, Europe\/Berlin$/m);
    expect(shown).toMatch(/^next +\d{4}-\d\d-\d\d \d\d:\d\d/m);
    const row = new RegExp(
      `^${id} +0 6 \\* \\* 1-5 Europe/Berlin +0 6 \\* \\* 1-5, Europe/Berlin +active +\\d{4}-`,
      "m",
    );
    expect((await triggers("list", NAME)).stdout).toMatch(row);
    expect(await json(["triggers", "list", NAME])).toEqual([await json(["triggers", "get", id])]);
  });

  it("tells the next instants, here and on the clock of the schedule", async () => {
    const two = ["occurrences", id, "--from", "2030-07-01T00:00Z", "--limit", "2"];
    const { stdout, stderr } = await triggers(...two);
    expect(stderr).toMatch(/^Computed by the time-zone data 20\d\d[a-z]\.\n$/);
    expect((await triggers(...two, "--quiet")).stderr).toBe("");
    expect(stdout).toMatch(/^HERE +EUROPE\/BERLIN\n2030-07-01 \d\d:\d\d +2030-07-01 06:00\n2030-07-02 .* 06:00\n$/);
    const range = ["--from", "2030-07-01T00:00Z", "--to", "2030-07-02T00:00Z"];
    expect(await json(["triggers", "occurrences", id, ...range])).toEqual([{ at: "2030-07-01T04:00:00.000Z" }]);
  });

  it("is paused with a note, and resumed", async () => {
    const paused = (await triggers("pause", id, "--note", "Until Monday")).stdout;
    expect(paused).toMatch(/^state +paused .* ago$/m);
    expect(paused).toMatch(/^paused by +\S/m);
    expect(paused).toMatch(/^note +Until Monday$/m);
    expect((await triggers("list", NAME)).stdout).toMatch(/ paused .+ ago +- +Until Monday$/m);
    const resumed = await json(["triggers", "resume", id, "--catch-up"]);
    expect(resumed).toMatchObject({ id, is_active: true, pause_note: null });
  });

  it("fires by hand, says which run was in the way, and shows both", async () => {
    const runId = (await triggers("fire", id, "--quiet")).stdout.trim();
    expect(await json(["runs", "get", runId])).toMatchObject({ labels: { from: "schedule" }, status: "PENDING" });
    const skipped = await triggers("fire", id);
    expect(skipped).toEqual({ code: 1, stdout: "", stderr: `It has not fired: run ${runId} was in the way.\n` });
    const firings = await triggers("firings", id);
    expect(firings.stdout).toMatch(/^RECORDED +OUTCOME +CAUSE +FOR +LATE +RUN +WHY\n/);
    const [, first = "", second = ""] = firings.stdout.split("\n");
    expect(first).toMatch(new RegExp(` SKIPPED +hand +- .* ${runId} +run ${runId} was in the way$`));
    expect(second).toMatch(new RegExp(` FIRED +hand +- .* ${runId}$`));
    expect(await json(["triggers", "firings", id, "--limit", "1"])).toMatchObject([{ outcome: "SKIPPED" }]);
  });

  it("is filled up with instants of the past, which are shown before, and fire once", async () => {
    const range = ["--from", "2026-01-05T00:00Z", "--to", "2026-01-07T00:00Z"];
    const dry = await triggers("backfill", id, ...range, "--dry-run");
    expect(dry.stdout).toMatch(/^It would fire for 2:\n {2}2026-01-0\d \d\d:\d\d\n {2}2026-01-0\d \d\d:\d\d\n$/);
    expect(dry.stderr).toBe("Nothing was changed, because of --dry-run.\n");
    expect(await json(["triggers", "backfill", id, ...range])).toMatchObject({ fired: 2, refused: null });
    expect((await triggers("backfill", id, ...range)).stdout).toBe("There is no instant that has not fired.\n");
  });

  it("is filled up on a terminal only after a question", async () => {
    const range = "--from 2026-02-02T00:00Z --to 2026-02-04T00:00Z";
    const asked = "This fires the trigger for 2 instants. Do it? [y/N]";
    const refused = await inTerminal(`triggers backfill ${id} ${range}`, { asked, typed: "n\n" });
    expect([refused.code, refused.shown]).toEqual([1, expect.stringContaining("Nothing was fired.")]);
    const done = await inTerminal(`triggers backfill ${id} ${range} --yes`);
    expect([done.code, done.shown]).toEqual([0, expect.stringContaining("It has fired for 2 of 2:")]);
  });

  it("says after it was resumed when it fires next", async () => {
    await triggers("pause", id);
    expect((await triggers("resume", id)).stderr).toMatch(/^It fires next at \d{4}-\d\d-\d\d \d\d:\d\d\.$/m);
  });

  it("says why it was refused", async () => {
    await wr(["workflows", "pause", NAME]);
    const text = "It has not fired: the workflow is paused.\n";
    expect(await triggers("fire", id)).toEqual({ code: 1, stdout: "", stderr: text });
    const told = await triggers("fire", id, "--json");
    expect([told.code, JSON.parse(told.stdout), told.stderr]).toEqual([
      ...[1, expect.objectContaining({ outcome: "REFUSED", reason: "paused" }), text],
    ]);
    const backfill = await triggers("backfill", id, "--from", "2026-01-08T00:00Z", "--to", "2026-01-10T00:00Z");
    expect([backfill.code, backfill.stdout]).toEqual([1, "It has fired for 0 of 2:\n"]);
    expect(backfill.stderr).toMatch(/^The firing for 2026-01-08 .* those after it were not tried: the workflow is/);
    await wr(["workflows", "resume", NAME]);
  });

  it("receives webhooks: what the page of its secret says to paste for curl triggers a run", {
    timeout: 120_000,
  }, async () => {
    const header = ["--header", "X-Signature"];
    const schemes = {
      "standard-webhooks": [],
      github: ["--when", "pull_request.opened:it's"],
      stripe: [],
      slack: [],
      gitlab: [],
      token: [],
      "hmac-sha256": header,
    };
    for (const [scheme, more] of Object.entries(schemes)) {
      const made = await json(["triggers", "create", NAME, "--webhook", scheme, ...more, "--pick", "type=/type"]);
      const { webhook } = made;
      const pastes = pastesOf({ webhook, url: webhook.url, secret: made.secret });
      const paste = pastes.find(({ title }) => title === "curl")?.text ?? "";
      const sent = await runProgram("bash", ["-c", paste], { cwd: world().folder });
      expect([scheme, sent.stdout]).toEqual([scheme, expect.stringMatching(/^HTTP\/1.1 202 .*"outcome":"FIRED"/s)]);
      await triggers("delete", made.id);
    }
  });

  it("shows the secret of a webhook once, and rotates it", async () => {
    const given = "sixteen bytes or more";
    const made = await wr(["triggers", "create", NAME, "--webhook", "github", "--secret", "@-"], {}, `${given}\n`);
    expect(made.stdout).toMatch(new RegExp(`^secret +${given}$`, "m"));
    expect(made.stderr).toBe("Keep the secret now: it is not shown again.\n");
    const hook = /^id +(\S+)$/m.exec(made.stdout)?.[1] ?? "";
    const shown = (await triggers("get", hook)).stdout;
    expect(shown).toMatch(/^scheme +github$/m);
    expect(shown).not.toContain(given);
    expect((await triggers("rotate", hook)).stdout).toMatch(/^secret +whsec_\w+$/m);
    const token = await triggers("create", NAME, "--webhook", "token");
    expect(token.stdout).toMatch(/^address +http\S+\/v1\/inbound\/\S+\/whsec_\w+$/m);
    const signal = ["--signal", "paid", "--correlation-from", "/number"];
    const signals = await triggers("create", NAME, "--webhook", "token", "--name", "Payments", ...signal);
    expect(signals.stdout).toMatch(/^signal +paid, correlation from \/number$/m);
    expect(signals.stdout).not.toMatch(/^when busy/m);
    expect((await triggers("list", NAME)).stdout).toMatch(/ Payments +webhook, token, signals paid +active /);
    const address = /^address +(\S+)$/m.exec(signals.stdout)?.[1] ?? "";
    const payments = /^id +(\S+)$/m.exec(signals.stdout)?.[1] ?? "";
    await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"number":4711}' });
    expect((await triggers("firings", payments)).stdout).toMatch(/ FIRED +webhook .* - +its signal is kept /);
    for (const one of [hook, /^id +(\S+)$/m.exec(token.stdout)?.[1] ?? "", payments]) await triggers("delete", one);
  });

  it("fires after the runs of another workflow, and tells of which", async () => {
    await wr(["workflows", "create", "Next step", "--lease", ...PARTS]);
    const { id: of } = await json(["workflows", "get", NAME]);
    const after = ["--after", NAME, "--on", "failed", "--input-from", "run"];
    const made = await json(["triggers", "create", "Next step", ...after]);
    expect(made).toMatchObject({
      ...{ name: `After ${NAME}`, kind: "run", schedule: null, webhook: null },
      run: { of, on: "failed", input_from: "run" },
    });
    expect((await triggers("get", made.id)).stdout).toMatch(new RegExp(`^after +runs of workflow ${of}$`, "m"));
    expect((await triggers("list", "Next step")).stdout).toContain(`after failed runs of ${of}`);
    await wr(["runs", "stop", (await json(["invoke", NAME])).id]);
    await expect.poll(() => json(["triggers", "firings", made.id])).toMatchObject([{ outcome: "FIRED", cause: "run" }]);
    const { of_run_id: ended } = (await json(["triggers", "firings", made.id]))[0];
    expect((await triggers("firings", made.id)).stdout).toContain(`run ${ended}`);
    expect(await json(["triggers", "occurrences", made.id])).toEqual([]);
    const backfill = await triggers("backfill", made.id, "--from", "7d", "--to", "1s");
    expect([backfill.code, backfill.stderr]).toEqual([1, expect.stringContaining("The trigger has no schedule")]);
    await triggers("delete", made.id);
  });

  it.each<[code: number, args: string[], sentence: string]>([
    [4, ["create", NAME, "--webhook", "hmac-sha256"], "--header"],
    [4, ["create", NAME, "--webhook", "github", "--header", "X-Sign"], "--header is for hmac-sha256 only."],
    [4, ["create", NAME, "--webhook", "github", "--encoding", "base64"], "--encoding is for hmac-sha256 only."],
    [4, ["create", NAME, "--webhook", "github", "--pick", "commit"], "Write name=/pointer"],
    [4, ["create", NAME, "--webhook", "github", "--signal", "paid"], "A signal needs both"],
    [4, ["create", NAME, ...WEEKDAYS, "--signal", "paid"], "--signal is for --webhook only."],
    [4, ["create", NAME, "--webhook", "token", "--secret", "a token that somebody gives"], "always made"],
    [4, ["create", NAME, "--webhook", "github", "--time-zone", "UTC"], "--time-zone is for --cron or --at only."],
    [4, ["create", NAME, "--after", NAME], "A workflow cannot run after itself."],
    [4, ["create", NAME, "--after", NAME, "--key-from", "/id"], "--key-from is for --webhook only."],
    [4, ["create", NAME, "--after", NAME, "--webhook", "github"], "Say when it fires by one of these: --cron"],
    [4, ["create", NAME, ...WEEKDAYS, "--on", "failed"], "--on is for --after only."],
    [4, ["create", NAME, "--cron", "0 6 * * *"], "--time-zone"],
    [4, ["create", NAME, "--time-zone", "UTC"], "Say when it fires by one of these: --cron"],
    [4, ["create", NAME, ...WEEKDAYS, "--at", "2030-03-01T06:00"], "Say when it fires by one of these: --cron"],
    [4, ["create", NAME, "--cron", "61 * * * *", "--time-zone", "UTC"], "must be from 0 to 59"],
    [4, ["create", NAME, "--cron", "0 6 * * *", "--time-zone", "Berlin"], "IANA"],
    [4, ["create", NAME, "--at", "2020-03-01T06:00", "--time-zone", "UTC"], "Must be in the future."],
    [3, ["get", NOWHERE], "There is no such trigger"],
    [4, ["backfill", NOWHERE, "--from", "7d"], "--to"],
    [3, ["create", NAME, ...WEEKDAYS, "--api-key", DEMO.user.key], "or it is not yours to see"],
  ])("exits with %i for %j, and says why", async (code, args, sentence) => {
    expect(await triggers(...args)).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
  });

  it("is deleted", async () => {
    expect((await triggers("delete", id)).stdout).toBe(`Deleted ${id}.\n`);
    expect((await triggers("get", id)).code).toBe(3);
    expect((await triggers("list", NAME)).stderr).toBe("There are none.\n");
  });

  it("works as docs/triggers.md says", { timeout: 120_000 }, async () => {
    expect(commands.length).toBeGreaterThan(0);
    const cwd = join(world().folder, "triggers-page");
    mkdirSync(cwd);
    const script = `set -eu -o pipefail\n${commands.join("")}`;
    const ended = await runProgram("bash", ["-c", script], { cwd, env: { ...QUICK_NPX, ...environment() } });
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringMatching(/error/i)]);
    expect(ended.stdout).toContain("EUROPE/BERLIN");
  });
}
