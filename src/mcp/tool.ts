/** What a tool is. */
import type { McpServer, ServerContext, ToolAnnotations } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { describeError, log } from "../base/log.ts";
import { PROBLEMS } from "../http/problems.ts";
import { type Api, Refused } from "./api.ts";

/** Tells the agent how a call gets on. */
export type Report = (message: string) => Promise<void>;

type Definition<Input extends z.ZodObject, Output extends z.ZodObject> = {
  name: string;
  title: string;
  description: string;
  /** The shape of the arguments. Their values are judged by the API, except for ids, which become parts of a path. */
  input: Input;
  /** The fields of the answer that an agent gets. What else `call` returns is left out. */
  output: Output;
  /** What an agent may assume of a call: whether it only reads, or may end something, or may be repeated. */
  annotations: ToolAnnotations;
  /** How many characters of a text an agent gets, when the answer has many. By default, all. */
  longestText?: number;
  /**
   * Carries out a call. `report` is undefined when the agent has not asked for the progress.
   * @throws Refused
   */
  call(api: Api, args: z.output<Input>, report: Report | undefined): Promise<unknown>;
};

export type AgentTool = { name: string; onlyReads: boolean; register(server: McpServer, api: Api): void };

/** A read of the service's own state: nothing is changed, and nobody else is asked. */
export const READS: ToolAnnotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true };

/** A tool as data, with its types checked. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Definition<Input, Output>,
): AgentTool {
  const { name, title, description, input, output, annotations, longestText } = tool;
  return {
    name,
    onlyReads: annotations.readOnlyHint === true,
    register(server, api) {
      const config = { title, description, inputSchema: input, outputSchema: output, annotations };
      server.registerTool<Output, z.ZodObject>(name, config, async (args, context) => {
        try {
          const answer = output.parse(await tool.call(api, args as z.output<Input>, reportTo(context)));
          const content = (longestText === undefined ? answer : shorten(answer, longestText)) as typeof answer;
          return { content: [{ type: "text", text: JSON.stringify(content) }], structuredContent: content };
        } catch (error) {
          if (!(error instanceof Refused)) log("error", "internal_error", { tool: name, ...describeError(error) });
          const text = error instanceof Refused ? error.message : PROBLEMS.internal_error.detail;
          return { content: [{ type: "text", text }], isError: true };
        }
      });
    },
  };
}

/** Reports the progress of a call as notifications, if its request has a token for them. */
function reportTo({ mcpReq }: ServerContext): Report | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let progress = 0;
  return (message) => {
    progress += 1;
    return mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } });
  };
}

/** The value with each longer text cut to `length` characters. */
function shorten(value: unknown, length: number): unknown {
  if (typeof value === "string") {
    return value.length <= length ? value : `${value.slice(0, length).toWellFormed()}… (${value.length} characters)`;
  }
  if (Array.isArray(value)) return value.map((item) => shorten(item, length));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item, length)]));
}
