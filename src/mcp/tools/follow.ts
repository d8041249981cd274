import { z } from "zod";
import type { Api } from "../api.ts";
import type { Report } from "../tool.ts";

/**
 * Reports what happens to a run, from its stream, until the returned function is called or the run has ended. It never fails, since
 * the caller also waits for the end of the run by itself.
 */
export function follow(api: Api, runId: string, report: Report): () => void {
  const stopping = new AbortController();
  reportAll(api, runId, report, stopping.signal).catch(() => {});
  return () => stopping.abort();
}

async function reportAll(api: Api, runId: string, report: Report, signal: AbortSignal): Promise<void> {
  const { body } = await api.answer({ path: `/v1/workflow-runs/${runId}/stream` });
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const leave = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const message of frames.map(messageOf)) {
      if (message !== null && !signal.aborted) await report(message);
    }
  }
}

const progressSchema = z.object({ percent: z.int().nullable(), message: z.string().nullable() });

/** An event of the stream in a few words; null for what is not an event. */
function messageOf(frame: string): string | null {
  const [, event, data] = /^event: (.+)\ndata: (.+)$/m.exec(frame) ?? [];
  if (event === undefined || data === undefined) return null;
  if (event !== "progress") return event;
  const { percent, message } = progressSchema.parse(JSON.parse(data));
  return [percent === null ? null : `${percent} %`, message].filter((part) => part !== null).join(": ");
}
