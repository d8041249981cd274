import type { Client } from "../client.ts";

export const RUNNER_KEY =
  "This is a runner key. It can only lease runs, with `workflow-runs run` or in a runner of your own. " +
  "For anything else, sign in with a user's API key: `workflow-runs login`.";

/**
 * True for a valid runner key, when the service has already answered 401 to a request for a user. It asks for a session for a
 * workflow that does not exist: if the service knows the key, it refuses that with 422, otherwise with 401. Opens no session.
 */
export async function isRunnerKey(client: Client): Promise<boolean> {
  const body = { name: "whoami", workflow_definition_ids: [crypto.randomUUID()], capacity: 1 };
  const { response } = await client.api.POST("/v1/runner-sessions", { body });
  return response.status === 422;
}
