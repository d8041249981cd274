import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { withClient } from "../support/node/postgres-client.ts";
import type { World } from "./installed-client.ts";
import { startLine } from "./line.ts";
import { NOBODY, PARTS, useTerminal } from "./terminal.ts";

const NAME = "Followed";

type Event = { id: string; type: string; run_id: string };

const STORY = ["triggered", "started", "dispatched", "completed"].map((what) => `workflow_run.${what}`);

export function describeEvents(world: () => World): void {
  const { wr, json, start } = useTerminal(world, "events");
  const ofWorkflow = ["--workflow", NAME];
  const invoke = async () => (await wr(["invoke", NAME, "--wait", "--quiet"])).stdout.trim();
  /** Waits until no older transaction, of other tests in the same Postgres, holds an event back. */
  const settle = () =>
    withClient(world().postgresUrl, (client) =>
      expect
        .poll(
          async () => {
            const { rows } = await client.query(
              `select max(xid::text::bigint) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as is_settled
               from workflow_run_events`,
            );
            return rows;
          },
          { timeout: 60_000 },
        )
        .toEqual([{ is_settled: true }]),
    );
  async function all(): Promise<Event[]> {
    await settle();
    return json(["events", ...ofWorkflow, "--limit", "10000"]);
  }
  const eventsOf = (lines: string): Event[] =>
    lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const positionIn = (text: string) => /--after (\S+)/.exec(text)?.[1] ?? "none";
  async function lastPosition(): Promise<string> {
    await settle();
    return positionIn((await wr(["events", ...ofWorkflow])).stderr);
  }

  beforeAll(async () => {
    const webhook = ["--runner-url", world().runnerUrl];
    const secret = { WORKFLOW_RUNS_WEBHOOK_SECRET: DEMO.webhookSecret };
    expect((await wr(["workflows", "create", NAME, ...webhook, ...PARTS], secret)).code).toBe(0);
    await invoke();
  });

  it("lists them oldest first, and says how to go on behind the last one", async () => {
    const events = await all();
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(STORY));
    const first = await wr(["events", ...ofWorkflow, "--limit", "2"]);
    expect(first.stdout).toMatch(/^ID +AT +TYPE +RUN +DETAIL\n/);
    expect(first.stdout).toContain(`${events[0]?.id} `);
    expect(first.stderr).toContain("There are more: --after ");
    const rest = await wr(["events", ...ofWorkflow, "--after", positionIn(first.stderr)]);
    const ids = [first, rest].flatMap(({ stdout }) => stdout.trim().split("\n").slice(1));
    expect(ids.map((line) => line.split(" ")[0])).toEqual(events.map(({ id }) => id));
    expect(rest.stderr).toMatch(/^What comes later: --after \S+\n$/);
  });

  it("prints the API's list for programs, and ids, and nothing else", async () => {
    const ended = await wr(["events", "--type", "workflow_run.failed", "--limit", "3", "--json"]);
    const events: Event[] = JSON.parse(ended.stdout);
    expect([events.map(({ type }) => type), ended.stderr]).toEqual([Array(3).fill("workflow_run.failed"), ""]);
    const quiet = await wr(["events", "--type", "workflow_run.failed", "--limit", "3", "--quiet"]);
    expect(quiet).toEqual({ code: 0, stdout: events.map(({ id }) => `${id}\n`).join(""), stderr: "" });
  });

  it.each<[code: number, args: string[], sentence: string]>([
    [4, ["--type", "nonsense"], "types"],
    [4, ["--after", "nonsense"], "Must be the `next_cursor` of an earlier answer"],
    [4, ["-f", "--after", "nonsense"], "Must be the `next_cursor` of an earlier answer"],
    [3, ["-f", "--workflow", "Nobody's"], 'There is no workflow "Nobody\'s"'],
    [2, ["-f", "--api-key", "wr_wrong"], "does not accept this API key"],
  ])("exits with %i for %j, and says why", async (code, args, sentence) => {
    const ended = await wr(["events", ...args]);
    expect(ended).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
  });

  it("follows them as one JSON a line until Ctrl-C, and goes on from there when it is started again", async () => {
    const before = await all();
    const following = start(["events", "-f", ...ofWorkflow, "--json", "--after", await lastPosition()]);
    const runId = await invoke();
    await expect.poll(following.stdout).toContain('"workflow_run.completed"');
    expect(await following.end("SIGINT")).toBe(0);
    expect(eventsOf(following.stdout()).map(({ type, run_id }) => [type, run_id])).toEqual(
      STORY.map((type) => [type, runId]),
    );
    // Nobody listens to this one.
    await invoke();
    const position = positionIn(following.stderr());
    const again = start(["events", "-f", ...ofWorkflow, "--json", "--after", position, "--limit", "5"]);
    await invoke();
    expect(await again.end()).toBe(0);
    const seen = [...before, ...eventsOf(following.stdout()), ...eventsOf(again.stdout())];
    expect(seen).toEqual((await all()).slice(0, seen.length));
    expect(seen.length).toBe(before.length + STORY.length + 5);
  });

  it("say where they begin before the first of them, so that nothing is missed when there is none", async () => {
    await settle();
    const following = start(["events", "-f", "--workflow", NAME, "--json"]);
    await following.until("From now on: --after ");
    expect(await following.end("SIGINT")).toBe(0);
    const position = positionIn(following.stderr());
    expect([following.stdout(), following.stderr()]).toEqual([
      "",
      expect.stringContaining(`later: --after ${position}`),
    ]);
    const runId = await invoke();
    await settle();
    const rest: Event[] = await json(["events", ...ofWorkflow, "--after", position]);
    expect(rest.map(({ type, run_id }) => [type, run_id])).toEqual(STORY.map((type) => [type, runId]));
  });

  it("shows people a line for each, without colours to a pipe", async () => {
    const following = start(["events", "-f", ...ofWorkflow, "--limit", "1", "--after", await lastPosition()]);
    const runId = await invoke();
    expect(await following.end()).toBe(0);
    expect(following.stdout()).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}workflow_run\\.triggered {2}${runId}\\n$`));
  });

  it("goes on where it was when its connection is lost, and says once that the service is away", async () => {
    const before = await all();
    const line = await startLine(world().url);
    const args = ["events", "-f", ...ofWorkflow, "--json", "--after", await lastPosition()];
    const following = start(args, { WORKFLOW_RUNS_URL: line.url });
    await invoke();
    await expect.poll(following.stdout).toContain('"workflow_run.completed"');
    await line.cut();
    await invoke();
    await following.until("The service cannot be reached. Trying again:");
    await line.mend();
    const expected = before.length + 2 * STORY.length;
    await expect.poll(() => eventsOf(following.stdout()).length, { timeout: 60_000 }).toBe(2 * STORY.length);
    expect(await following.end("SIGTERM")).toBe(0);
    expect([...before, ...eventsOf(following.stdout())]).toEqual((await all()).slice(0, expected));
    expect(following.stderr().match(/cannot be reached/g)).toHaveLength(1);
  });

  it("says that nobody is there, and waits for somebody", async () => {
    const following = start(["events", "-f"], { WORKFLOW_RUNS_URL: NOBODY });
    await following.until("The service cannot be reached. Trying again: connect ECONNREFUSED");
    expect([await following.end("SIGINT"), following.stdout()]).toEqual([0, ""]);
  });
}
