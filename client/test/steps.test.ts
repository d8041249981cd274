/** What steps and timers make of values of JavaScript. The cases that both kits have are in kit-cases.test.ts. */
import { expect, it } from "vitest";
import { createRunner } from "../src/runner/index.ts";
import { json, RUN_ID } from "./fake-service.ts";

const SERVICE = "https://runs.example.com";

it("keeps what JSON has of a value, which is the same in this attempt and in the next one, and takes a Date", async () => {
  const values: unknown[] = [];
  const sent: unknown[] = [];
  const lease = {
    ...{ run_id: RUN_ID, attempt: 1, run_snapshot: {}, input: null, labels: {}, callback_token: "token" },
    callback_url: `${SERVICE}/v1/workflow-runs/${RUN_ID}/callback`,
    deadline_at: new Date(Date.now() + 600_000).toISOString(),
    lease_expires_at: new Date(Date.now() + 300_000).toISOString(),
    heartbeat_interval_seconds: 20,
  };
  const runner = createRunner({
    lease: { url: SERVICE, key: "wr_key" },
    async work(run) {
      const at = new Date("2026-01-31T12:00:00Z");
      values.push(await run.step("ocr", () => ({ at, missing: undefined })));
      values.push(await run.step("nothing", () => {}));
      await run.sleep("later", new Date("2026-02-01T00:00:00Z"));
    },
    async fetch(input, init) {
      const path = String(input instanceof Request ? input.url : input);
      if (path.endsWith("/runner-sessions")) return json({ token: "session" }, 201);
      if (path.endsWith("/leases")) return json({ leases: [lease], after: null });
      sent.push(JSON.parse(String(init?.body)));
      return json({ suspended: true, outcomes: null });
    },
  });
  await runner.run({ most: 1 });
  const kept = [{ at: "2026-01-31T12:00:00.000Z" }, null];
  expect(values).toEqual(kept);
  const wait = { key: "later", kind: "timer", at: "2026-02-01T00:00:00.000Z" };
  expect(sent).toEqual([...kept.map((value) => ({ value })), { waits: [wait] }]);
});
