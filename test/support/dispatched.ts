import type { FakeRunner } from "./fake-runner.ts";

/** A hand-over of a run as its runner got it. */
export type Dispatched = { webhookId: string; runId: string; attempt: number; token: string };

type Body = { type: string; data: { run_id: string; attempt: number; callback_token: string } };

/** Every hand-over that a runner has been sent so far, oldest first. */
export async function listDispatched(runner: FakeRunner): Promise<Dispatched[]> {
  const requests = await runner.requests();
  return requests.flatMap(({ headers, body }) => {
    const { type, data }: Body = JSON.parse(body);
    if (type !== "workflow_run.dispatched") return [];
    const { run_id: runId, attempt, callback_token: token } = data;
    return [{ webhookId: headers["webhook-id"] ?? "", runId, attempt, token }];
  });
}
