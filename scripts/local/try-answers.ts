/** Sends requests to a built Worker, at least one for each class of answer. Each function throws at the first wrong answer. */
import { z } from "zod";
import type { Answer, BuiltWorker } from "./built-worker.ts";
import { DEMO } from "./demo.ts";

type RequestOptions = { headers: Record<string, string>; body?: string };

/** A request with a bearer token, and with `body` as JSON if there is one. */
export function callAs(token: string, body?: unknown): RequestOptions {
  const headers = { Authorization: `Bearer ${token}` };
  if (body === undefined) return { headers };
  return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

export function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status === status) return answer;
  throw new Error(`Expected ${status}, and was answered ${answer.status}: ${answer.body}`);
}

/** A field of an answer's JSON that is text. */
export function field({ body }: Answer, name: string): string {
  return z.string().parse(z.record(z.string(), z.unknown()).parse(JSON.parse(body))[name]);
}

/** Tries the answers that a caller can get. Returns the statuses that were seen. */
export async function tryAnswers({ request }: BuiltWorker): Promise<number[]> {
  const seen = new Set<number>();
  const expect = async (status: number, method: string, path: string, options?: RequestOptions): Promise<Answer> => {
    const answer = await request(method, path, options);
    if (answer.status !== status) {
      throw new Error(`${method} ${path}: expected ${status}, and was answered ${answer.status} ${answer.body}`);
    }
    seen.add(status);
    return answer;
  };
  const owner = DEMO.owner.key;
  const parts = "/v1/path-parts";
  const run = `/v1/workflow-runs/${DEMO.runs.completed}`;
  const folder = { name: "built", part_type: "FOLDER", parent_path_id: null };

  const etag = (await expect(200, "GET", run, callAs(owner))).headers.get("ETag") ?? "";
  await expect(304, "GET", run, { headers: { ...callAs(owner).headers, "If-None-Match": etag } });
  await expect(200, "GET", parts, callAs(owner));
  await expect(200, "GET", "/openapi.json");
  const created = await expect(201, "POST", parts, callAs(owner, folder));
  await expect(204, "DELETE", `${parts}/${field(created, "path_part_id")}`, callAs(owner));
  await expect(401, "GET", run);
  await expect(403, "GET", `/v1/tenants/${DEMO.tenantId}/users`, callAs(DEMO.user.key));
  await expect(404, "GET", `/v1/workflow-runs/${DEMO.tenantId}`, callAs(owner));
  await expect(409, "POST", `${run}/stop`, callAs(owner));
  await expect(413, "POST", parts, callAs(owner, { ...folder, name: "x".repeat(70 * 1024) }));
  await expect(415, "POST", parts, { ...callAs(owner, folder), headers: callAs(owner).headers });
  await expect(422, "POST", parts, callAs(owner, { ...folder, name: 1 }));

  const form = { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" };
  const signIn = { headers: form, body: `${new URLSearchParams({ key: owner })}` };
  const signedIn = await expect(303, "POST", "/app/sign-in", signIn);
  const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  // The pages with charts.
  for (const page of [`runs/${DEMO.runs.completed}`, `workflows/${DEMO.quarterlyReportId}`, "health"]) {
    await expect(200, "GET", `/app/${page}`, { headers: { Cookie } });
  }
  return [...seen];
}

/** Tries that an address with too many failed authentications is refused. */
export async function tryLimits({ request }: BuiltWorker): Promise<number[]> {
  const headers = { ...callAs("wr_unknown").headers, "CF-Connecting-IP": "192.0.2.1" };
  // Twice the limit of wrangler.toml, since a new period may begin during the requests.
  for (let tries = 0; tries < 41; tries++) {
    const { status } = await request("GET", `/v1/workflow-runs/${DEMO.runs.completed}`, { headers });
    if (status === 429) return [status];
  }
  throw new Error("41 failed authentications from one address were not answered 429.");
}

/**
 * Tries that the Worker answers 503 with `Retry-After` when its database does not answer. This must be the last try, since the
 * database is not started again.
 */
export async function tryOutage({ request, cutDatabase }: BuiltWorker): Promise<number[]> {
  await cutDatabase();
  const answer = await request("GET", `/v1/workflow-runs/${DEMO.runs.completed}`, callAs(DEMO.owner.key));
  if (!expectStatus(503, answer).headers.has("Retry-After")) throw new Error("A 503 without Retry-After.");
  return [503];
}
