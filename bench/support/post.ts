import { request } from "undici";

/** Sends JSON with a key or a token, and returns the JSON of the answer, which must be a success. */
export async function post<Answer>(url: string, token: string, content: unknown): Promise<Answer> {
  const { statusCode, body } = await request(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(content),
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`POST ${url}: ${statusCode} ${text}`);
  return JSON.parse(text);
}
