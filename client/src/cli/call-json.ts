import type { Client } from "../client.ts";

/** Sends a request with a JSON body, or none, and returns the JSON of the answer; null for an answer without content. */
export async function callJson<Answer>(client: Client, method: string, path: string, body?: object): Promise<Answer> {
  const response = await client.request(path, {
    method,
    ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  return JSON.parse(response.status === 204 ? "null" : await response.text());
}
