/** What the kit for runners keeps in memory. In Node, since the runtime of the other tests cannot collect its garbage when it is told to. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Webhook } from "standardwebhooks";
import { expect, it } from "vitest";
import { createRunner } from "../../client/src/runner/index.ts";

const secret = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";

it("remembers that it has done a dispatch, and nothing of its run", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const inputs: WeakRef<object>[] = [];
  const calls: string[] = [];
  const runner = createRunner({
    webhook: { secret },
    work: async ({ input }) => void inputs.push(new WeakRef(input ?? {})),
    fetch: async (url) => {
      calls.push(String(url));
      return Response.json({});
    },
  });
  const dispatch = () => {
    const data = {
      ...{ run_id: "run-1", attempt: 1, run_snapshot: {}, input: { quarter: "Q1" }, labels: {} },
      ...{ callback_url: "https://runs.example.com/callback", callback_token: "token" },
      deadline_at: new Date(Date.now() + 600_000).toISOString(),
    };
    const body = JSON.stringify({ type: "workflow_run.dispatched", timestamp: "2026-01-31T12:00:00Z", data });
    const at = new Date();
    const headers = {
      "webhook-id": "m",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign("m", at, body),
    };
    return runner.handle(new Request("https://runner.example.com", { method: "POST", body, headers }));
  };
  await dispatch();
  await expect.poll(() => calls.length).toBe(1);
  const kept = () => {
    collectGarbage();
    return inputs.map((input) => input.deref());
  };
  await expect.poll(kept).toEqual([undefined]);
  expect((await dispatch()).status).toBe(202);
  await runner.stop();
  expect([inputs.length, calls.length]).toEqual([1, 1]);
});
