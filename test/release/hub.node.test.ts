/**
 * A Worker beside the hubs and the register of another version, as during a deployment and after a rollback: the Durable Objects are
 * classes of a Worker of its own.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import {
  addLeased,
  invoke,
  lease,
  newOwner,
  type Owner,
  openSession,
  RELEASE,
  readWorkers,
  runPath,
  soonAfter,
  tryAlarm,
  useWorkers,
} from "./world.ts";

const { released, today } = await readWorkers("hub");
const startWorker = useWorkers();

describe.each([
  { name: `today's Worker with the hubs of ${RELEASE}`, script: today, objectsOf: released },
  { name: `the Worker of ${RELEASE} with today's hubs`, script: released, objectsOf: today },
])("$name", ({ script, objectsOf }) => {
  let worker: BuiltWorker;
  let owner: Owner;
  beforeAll(async () => {
    worker = await startWorker(script, { objectsOf });
    owner = await newOwner(worker);
  });

  const complete = async (id: string) => {
    const { callback_token: token } = await worker.dispatchOf(id);
    await owner.ask(200, "POST", `${runPath(id)}/callback`, { status: "COMPLETED" }, token);
  };

  it("ends a stream and a request that waits when the run ends", async () => {
    const id = await invoke(owner, owner.definitionId);
    const streaming = owner.ask(200, "GET", `${runPath(id)}/stream`);
    const waiting = owner.send("GET", runPath(id), owner.key, undefined, { Prefer: "wait=60" });
    const [stream, waited] = await soonAfter(Promise.all([streaming, waiting]), () => complete(id));
    expect(stream).toMatch(/^event: COMPLETED$/m);
    expect([waited.status, JSON.parse(waited.text).status]).toEqual([200, "COMPLETED"]);
  });

  it("wakes a runner that waits when there is a run, and knows that it is there", async () => {
    const definitionId = await addLeased(owner);
    const session = await openSession(owner, definitionId);
    // By the database, the runner is silent. The hub has heard of it.
    await worker.query("update runner_sessions set last_seen_at = last_seen_at - interval '1 hour'", []);
    let id = "";
    const { leases } = await soonAfter(lease(owner, session, 60), async () => {
      await worker.query("update runner_sessions set last_seen_at = last_seen_at - interval '1 hour'", []);
      expect(await owner.ask(200, "GET", "/v1/metrics")).toMatch(/^workflow_runners_connected 1$/m);
      id = await invoke(owner, definitionId);
    });
    expect(leases).toMatchObject([{ run_id: id }]);
  });

  it("ends a stopped run by an alarm when its time is over, starts the next one, and tells of the alarm", async () => {
    await tryAlarm(worker, owner);
  });

  it("ends the streams of a key that was revoked", async () => {
    const { id: keyId, key } = await owner.ask(201, "POST", "/v1/api-keys", { name: "Second key" });
    const id = await invoke(owner, owner.definitionId);
    const stream = await soonAfter(owner.ask(200, "GET", `${runPath(id)}/stream`, undefined, key), () =>
      owner.ask(204, "DELETE", `/v1/api-keys/${keyId}`),
    );
    expect(stream).not.toMatch(/^event: COMPLETED$/m);
    await complete(id);
  });

  it("sweeps by its cron, which the register lets skip what is idle", async () => {
    await worker.sweep();
    await worker.sweep();
    expect(await owner.ask(200, "GET", "/readyz")).toMatchObject({ seconds_since_sweep: expect.any(Number) });
  });
});
