import process from "node:process";
import { expect, it, vi } from "vitest";
import { followRun, readLog } from "../src/cli/follow.ts";
import { createClient } from "../src/client.ts";
import { type Asked, aRun, fakeService, json, RUN_ID, stream } from "./fake-service.ts";

it("shows the log, the progress and the events of a run in the order of its stream, so all of the log comes before the end", async () => {
  const news = (type: string, status: string) => ({
    run: aRun(status),
    event: { id: 1, type, at: "2026-01-31T12:00:00.000Z", detail: null },
  });
  const entry = (sequence: number, text: string) => ({ attempt: 1, sequence, text, missing_before: 0 });
  const service = fakeService(
    stream([
      { id: 1, data: news("STARTED", "RUNNING") },
      { id: 2, data: entry(0, "first\n") },
      { event: "progress", data: { attempt: 1, percent: 40, message: "reading" } },
      { id: 3, data: entry(1, "last\u009b\n") },
      { id: 4, data: news("COMPLETED", "COMPLETED") },
    ]),
  );
  const shown: string[] = [];
  for (const out of [process.stdout, process.stderr]) {
    vi.spyOn(out, "write").mockImplementation((text) => shown.push(String(text)) > 0);
  }
  const client = createClient(service.options);
  await followRun({ client, mode: "people", apiKey: "wr_key" }, RUN_ID, new AbortController().signal);
  expect(shown.map((text) => text.replace(/^\d\d:\d\d:\d\d {2}/, ""))).toEqual([
    "STARTED\n",
    "first\n",
    "progress  40 %  reading\n",
    "last\\u009b\n",
    "COMPLETED\n",
  ]);
  expect(service.asked.map(({ path }) => path)).toEqual([`/v1/workflow-runs/${RUN_ID}/stream?log=true`]);
});

it("shows the whole log of each attempt when the run is retried while its log is read", async () => {
  const attempts = [["a", "b", "c"], ["d"], ["e", "f", "g"]];
  let current = 1;
  const page = ({ path }: Asked) => {
    const query = new URL(path, "https://runs.example.com").searchParams;
    const attempt = Number(query.get("attempt") ?? current);
    const after = Number(query.get("after") ?? -1);
    const left = (attempts[attempt - 1] ?? []).map((text, sequence) => ({ sequence, text })).slice(after + 1);
    // It is retried twice after the first page.
    current = attempts.length;
    return json({ attempt, entries: left.slice(0, 2), has_more: left.length > 2, is_complete: left.length <= 2 });
  };
  const shown: string[] = [];
  const client = createClient(fakeService(page).options);
  for await (const { entries } of readLog(client, RUN_ID, { isFollowed: true }))
    shown.push(...entries.map(({ text }) => text));
  expect(shown.join("")).toBe("abcdefg");
});
