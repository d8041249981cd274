import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type VerifiedWebhook, verifyWebhook } from "../../client/src/verify-webhook.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import type { World } from "./installed-client.ts";
import { useTerminal } from "./terminal.ts";

const NOWHERE = "01920000-0000-7000-8000-00000000ffff";

type Delivery = { id: string; event_id: string; type: string; state: string; tries: { status: number }[] };

export function describeNotify(world: () => World): void {
  const { wr, json } = useTerminal(world, "notify");
  const receiver = useReceiver();
  let id: string;
  let secret: string;
  const deliveries = (): Promise<Delivery[]> => json(["notify", "deliveries", id]);
  const isListed = async () => (await wr(["notify", "list"])).stdout.split("\n").find((line) => line.startsWith(id));

  beforeAll(async () => {
    const made = await json(["notify", "create", receiver.url(), "--type", "workflow_run.completed"]);
    ({ id, secret } = made);
    expect(made).toMatchObject({ url: receiver.url(), is_active: true, secret: expect.stringMatching(/^whsec_/) });
  });

  it("lists who is notified: a table for people, the API's list for programs, and ids", async () => {
    expect((await wr(["notify", "list"])).stdout).toMatch(/^ID +URL +FORMAT +EVENTS +STATE +PROBLEM\n/);
    expect(await isListed()).toMatch(/ workflow_run\.completed +active$/);
    const list: { id: string }[] = await json(["notify", "list"]);
    expect(list[0]).toMatchObject({ id, failures: 0 });
    expect(list[0]).not.toHaveProperty("secret");
    expect((await wr(["notify", "list", "--quiet"])).stdout.split("\n")).toContain(id);
  });

  it("shows people the secret once, and says so", async () => {
    const args = [
      "notify",
      "create",
      receiver.url(),
      "--type",
      "workflow_run.failed",
      "--workflow",
      "Quarterly report",
    ];
    const made = await wr(args);
    expect(made.stdout).toMatch(/^secret +whsec_\S+$/m);
    expect(made.stderr).toBe("Keep the secret now: it is not shown again.\n");
    const [other = ""] = (await wr(["notify", "list", "--quiet"])).stdout.split("\n");
    expect((await wr(["notify", "delete", other])).stdout).toBe(`Deleted ${other}.\n`);
    expect((await wr(["notify", "list", "--quiet"])).stdout).not.toContain(other);
  });

  it("posts into a chat, whose address it never shows, and which can be moved", async () => {
    const address = `${receiver.url()}/T1/a-secret-part`;
    const args = ["--format", "slack", "--type", "workflow_run.failed", "--on", "first_failure", "--label", "env:prod"];
    const made = await wr(["notify", "create", address, ...args]);
    expect(made.stdout).toMatch(/^format +slack$/m);
    expect(made.stdout).toMatch(/^only on +first_failure$/m);
    expect(made.stdout + made.stderr).not.toMatch(/a-secret-part|secret/);
    const [chat = ""] = (await wr(["notify", "list", "--quiet"])).stdout.split("\n");
    const moved = await json(["notify", "move", chat, `${address}-2`]);
    expect(moved).toMatchObject({ id: chat, url: new URL(address).origin, labels: ["env:prod"] });
    expect(moved).not.toHaveProperty("secret");
    expect((await wr(["notify", "rotate", chat])).stderr).toContain("its address is the secret");
    await wr(["notify", "delete", chat]);
  });

  it("notifies of a run, signed by the secret, and sends it again", async () => {
    const runId = (await wr(["invoke", "Quarterly report", "--wait", "--quiet"])).stdout.trim();
    const told = await receiver.next([secret]);
    expect(told).toMatchObject({ type: "workflow_run.completed", data: { run_id: runId } });
    await expect.poll(deliveries).toEqual([
      expect.objectContaining({
        event_id: told.id,
        state: "DELIVERED",
        tries: [expect.objectContaining({ status: 204 })],
      }),
    ]);
    const [delivery] = await deliveries();
    expect((await wr(["notify", "deliveries", id])).stdout).toMatch(
      new RegExp(`^${delivery?.id} +.+ ago +workflow_run.completed +${runId} +DELIVERED +1$`, "m"),
    );
    const again = await wr(["notify", "resend", id, delivery?.id ?? ""]);
    expect([again.code, again.stdout]).toEqual([0, "It is being sent again.\n"]);
    expect(await receiver.next([secret])).toEqual(told);
  });

  it("says that there are older deliveries when it does not show all", async () => {
    const delivery = { id: "d", type: "workflow_run.failed", run_id: null, state: "DELIVERED", tries: [] };
    const page = { items: [{ ...delivery, created_at: new Date().toISOString() }], next_cursor: "c" };
    const server = createServer((_, response) => response.end(JSON.stringify(page))).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, "listening");
    const url = urlOf(server);
    const told = `These are the latest 1. GET /v1/notification-endpoints/${id}/deliveries?cursor=c has older ones.\n`;
    const shown = await wr(["notify", "deliveries", id], { WORKFLOW_RUNS_URL: url });
    expect([shown.code, shown.stderr]).toEqual([0, told]);
    const { stdout, stderr } = await wr(["notify", "deliveries", id, "--json"], { WORKFLOW_RUNS_URL: url });
    expect([JSON.parse(stdout), stderr]).toEqual([page.items, told]);
    expect((await wr(["notify", "deliveries", id])).stderr).toBe("");
  });

  it("sends a test, and after a rotation one that both secrets sign", async () => {
    const sent = await wr(["notify", "test", id]);
    const hint = `A test is being sent. See \`workflow-runs notify deliveries ${id}\`.\n`;
    expect([sent.code, sent.stdout]).toEqual([0, hint]);
    expect(await receiver.next([secret])).toMatchObject({ type: "notification_endpoint.test" });
    const rotated = await json(["notify", "rotate", id]);
    expect(rotated).toMatchObject({ id, secret: expect.not.stringContaining(secret) });
    expect((await json(["notify", "test", id])).type).toBe("notification_endpoint.test");
    // Each of them by itself.
    await receiver.next([secret], [rotated.secret]);
    ({ secret } = rotated);
  });

  it("is disabled and enabled", async () => {
    expect(await json(["notify", "disable", id])).toMatchObject({ id, is_active: false });
    expect(await isListed()).toMatch(/ disabled .+ ago/);
    const refused = await wr(["notify", "test", id]);
    expect(refused).toEqual({
      code: 1,
      stdout: "",
      stderr: `It is disabled. Run \`workflow-runs notify enable ${id}\`.\n`,
    });
    expect((await wr(["notify", "enable", id])).stdout).toMatch(/^state +active$/m);
    expect((await wr(["notify", "test", id, "--quiet"])).stdout).toBe(`${id}\n`);
    await receiver.next([secret]);
  });

  it("is enabled again after its receiver answered 410, and what failed is sent again", async () => {
    receiver.answer(410);
    await wr(["notify", "test", id]);
    await receiver.next([secret]);
    await expect.poll(isListed).toMatch(/ disabled .+ ago +.*410/);
    receiver.answer(204);
    const [failed] = await deliveries();
    expect(failed).toMatchObject({ state: "FAILED" });
    expect((await wr(["notify", "enable", id])).code).toBe(0);
    expect((await json(["notify", "resend", id, failed?.id ?? ""])).id).toBe(failed?.id);
    expect(await receiver.next([secret])).toMatchObject({ id: failed?.event_id });
  });

  it.each<[code: number, args: string[], sentence: string]>([
    [3, ["test", NOWHERE], "There is no such notification endpoint"],
    [3, ["enable", NOWHERE], "There is no such notification endpoint"],
    [3, ["delete", NOWHERE], "There is no such notification endpoint"],
    [3, ["create", "https://hooks.example.com", "--type", "workflow_run.failed", "--workflow", "None"], '"None"'],
    [4, ["test", "nonsense"], "endpoint_id"],
    [4, ["create", "https://hooks.example.com"], "--type"],
    [4, ["create", "https://hooks.example.com", "--type", "nonsense"], "event_types"],
    [4, ["create", "ftp://hooks.example.com", "--type", "workflow_run.failed"], "url"],
    [1, ["list", "--api-key", DEMO.user.key], "OWNER or ADMIN"],
    [2, ["list", "--api-key", "wr_wrong"], "does not accept this API key"],
  ])("exits with %i for %j, and says why", async (code, args, sentence) => {
    const ended = await wr(["notify", ...args]);
    expect(ended).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
  });

  it("is deleted", async () => {
    expect(await json(["notify", "delete", id])).toEqual({ id });
    expect(await isListed()).toBeUndefined();
    expect((await wr(["notify", "test", id])).code).toBe(3);
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** Who is notified: a server that keeps what it gets, and answers as it is told to. */
function useReceiver() {
  const got: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
  let status = 204;
  const server = createServer(async (request, response) => {
    got.push({ headers: request.headers, body: await text(request) });
    response.writeHead(status).end();
  });

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterAll(() => {
    server.close().closeAllConnections();
  });

  return {
    url: () => `${urlOf(server)}/hook`,
    answer(next: number): void {
      status = next;
    },
    /** The next message that came, verified with each of these lists of secrets. */
    async next(...secrets: string[][]): Promise<VerifiedWebhook> {
      await expect.poll(() => got.length).toBeGreaterThan(0);
      const message = got.shift();
      if (message === undefined) throw new Error("Nothing came.");
      const [verified] = secrets.map((secret) => verifyWebhook({ secret, ...message }));
      if (verified === undefined) throw new Error("There is no secret to verify it with.");
      return verified;
    },
  };
}
