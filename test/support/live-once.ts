/** Sends a request as the holder of `key`, with `body` as JSON if there is one. */
export type Send = (
  method: string,
  path: string,
  key: string,
  body?: object,
) => Promise<{ status: number; text: string }>;

/** One life of a run of this definition. Throws at the first answer that is not the right one. */
export async function liveOnce(
  send: Send,
  { key, definitionId }: { key: string; definitionId: string },
): Promise<void> {
  const ask = async (method: string, path: string, expected: { status: number; is?: RegExp }) => {
    const { status, text } = await send(method, path, key, method === "POST" ? {} : undefined);
    if (status !== expected.status || expected.is?.test(text) === false) {
      throw new Error(`${method} ${path}: ${status} ${text}`);
    }
    return text;
  };
  const invoked = await ask("POST", `/v1/workflow-definitions/${definitionId}/invoke`, {
    status: 202,
    is: /"status":"RUNNING"/,
  });
  const id = /"id":"([^"]+)"/.exec(invoked)?.[1];
  const path = `/v1/workflow-runs/${id}`;
  await ask("GET", path, { status: 200, is: /"status":"RUNNING"/ });
  await ask("GET", "/v1/workflow-runs?limit=1", { status: 200, is: new RegExp(`"id":"${id}".*"status":"RUNNING"`) });
  await ask("POST", `${path}/stop`, { status: 200, is: /"status":"FAILED"/ });
  await ask("GET", path, { status: 200, is: /"status":"FAILED"/ });
  await ask("DELETE", path, { status: 204 });
  await ask("GET", path, { status: 404 });
}
