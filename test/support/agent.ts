import { Client, type Progress, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** A service, or the `fetch` of Node. */
type Fetcher = { fetch(url: string, init?: RequestInit): Promise<Response> };

/** Clients of 2026-07-28, and those before. */
export const ERAS = ["modern", "legacy"] as const;
export type Era = (typeof ERAS)[number];

export const negotiation = {
  modern: { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  legacy: {},
} as const;

/** What a tool has answered: `data` is its structured content, and `text` what an agent reads. */
export type ToolAnswer = { isError: boolean; text: string; data: Record<string, unknown> };

export type Agent = {
  client: Client;
  call(tool: string, args?: Record<string, unknown>, onMessage?: (message: string) => void): Promise<ToolAnswer>;
};

/** The official client of the Model Context Protocol, with this key. It checks each answer by the schema of its tool. */
export async function connectAgent(
  { fetch }: Fetcher,
  key: string,
  era: Era = "modern",
  url = "https://service.test/mcp",
): Promise<Agent> {
  const client = new Client({ name: "test", version: "1" }, negotiation[era]);
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: (to, init) => fetch(String(to), init),
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  });
  await client.connect(transport);
  // The client knows the schemas of answers once it has listed the tools.
  await client.listTools();
  return {
    client,
    async call(tool, args = {}, onMessage) {
      const onprogress = ({ message = "" }: Progress) => onMessage?.(message);
      const answer = await client.callTool({ name: tool, arguments: args }, onMessage && { onprogress });
      const [content] = answer.content;
      return {
        isError: answer.isError === true,
        text: content?.type === "text" ? content.text : "",
        data: (answer.structuredContent ?? {}) as Record<string, unknown>,
      };
    },
  };
}
