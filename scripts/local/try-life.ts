import type { BuiltWorker } from "./built-worker.ts";
import { DEMO } from "./demo.ts";
import { callAs, expectStatus, field } from "./try-answers.ts";

/**
 * Three runs of one workflow on a built Worker: the first is completed by its runner, the second times out, and the third takes
 * the slot. Throws at the first wrong answer.
 */
export async function tryLife(worker: BuiltWorker): Promise<void> {
  const invoke = async (status: string) => {
    const path = `/v1/workflow-definitions/${DEMO.quarterlyReportId}/invoke`;
    const answer = expectStatus(202, await worker.request("POST", path, callAs(DEMO.owner.key)));
    if (field(answer, "status") !== status) throw new Error(`Invoked, the run is not ${status}: ${answer.body}`);
    return field(answer, "id");
  };
  const expectRun = async (id: string, status: string) => {
    const answer = await worker.request("GET", `/v1/workflow-runs/${id}`, callAs(DEMO.owner.key));
    if (field(expectStatus(200, answer), "status") !== status) throw new Error(`Not ${status}: ${answer.body}`);
  };

  const completed = await invoke("RUNNING");
  const overdue = await invoke("PENDING");
  const last = await invoke("PENDING");

  const { callback_token } = await worker.dispatchOf(completed);
  const result = callAs(callback_token, { status: "COMPLETED" });
  expectStatus(200, await worker.request("POST", `/v1/workflow-runs/${completed}/callback`, result));
  await expectRun(completed, "COMPLETED");
  await worker.dispatchOf(overdue);
  await expectRun(overdue, "RUNNING");

  await worker.query(
    `update workflow_runs
    set created_at = created_at - interval '1 day', started_at = started_at - interval '1 day', deadline_at = deadline_at - interval '1 day'
    where id = $1`,
    [overdue],
  );
  await worker.sweep();
  await expectRun(overdue, "FAILED");
  await worker.dispatchOf(last);
  await expectRun(last, "RUNNING");
}
