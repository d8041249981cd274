import { expect, it, vi } from "vitest";
import { listenTo } from "../../src/hub/listen.ts";

it("nudges that nobody takes fill no memory: of equal ones, a listener gets one", async () => {
  const { 0: ours, 1: hubs } = new WebSocketPair();
  const hear = vi.fn();
  ours.addEventListener("message", hear);
  const hub = { fetch: async () => new Response(null, { status: 101, webSocket: ours }) };
  const listener = await listenTo(hub, { tenantId: "t" }, { since: undefined, caller: "c" }, 20_000);
  if (typeof listener === "string") throw new Error(listener);
  hubs.accept();
  const changes = [1, 2, 3].map((n) => ({ run_id: `${n}`, has_ended: false }));
  for (const message of [changes, changes, [{ run_id: "1", has_ended: true, is_log: false }]]) {
    hubs.send(JSON.stringify(message));
  }
  await vi.waitFor(() => expect(hear).toHaveBeenCalledTimes(3), 20_000);
  const isChange = { has_ended: false, is_log: false };
  expect(await listener.next(0)).toEqual([isChange, { ...isChange, has_ended: true }]);
  expect(await listener.next(0)).toEqual([]);
  listener.close();
  expect(await listener.next(0)).toBeNull();
});
