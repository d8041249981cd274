/** The cases of both kits against a fake service. They are in python/tests/kit-cases.json, and python/tests/test_kit_cases.py has the same. */
import { describe, expect, it } from "vitest";
import table from "../../python/tests/kit-cases.json?raw";
import { createRunner } from "../src/runner/index.ts";
import { busy, challenge, json, problem, RUN_ID } from "./fake-service.ts";
import { type Action, scripted } from "./scripted-work.ts";

/** What the service answers: a body, "busy", "challenge", "cut", "hang", a problem, or a 422. */
type Answer = string | { problem?: number; code?: string; invalid?: string };
type Call = [name: string, body?: unknown];
type Case = {
  name: string;
  lease?: object;
  do: Action[];
  answers?: Record<string, Answer[]>;
  caught?: string[];
  /** Without heartbeats, and with the texts of the log that follow each other as one. An error that is a list contains its items. */
  calls: Call[];
};

const CASES: Record<string, Case[]> = JSON.parse(table);
const SERVICE = "https://runs.example.com";

async function attempt({ lease, do: actions, answers = {} }: Case) {
  const calls: Call[] = [];
  const caught: string[] = [];
  const left = structuredClone(answers);
  const sequences = new Set<unknown>();
  const waiting: [name: string, resolve: () => void][] = [];
  const hanging = new Set<string>();
  const leased = {
    ...{ run_id: RUN_ID, attempt: 1, run_snapshot: {}, input: { do: actions }, labels: {}, callback_token: "token" },
    callback_url: `${SERVICE}/v1/workflow-runs/${RUN_ID}/callback`,
    deadline_at: new Date(Date.now() + 600_000).toISOString(),
    lease_expires_at: new Date(Date.now() + 300_000).toISOString(),
    heartbeat_interval_seconds: 20,
    ...lease,
  };

  const addLog = (entries: { sequence: number; text: string }[]) => {
    for (const { sequence, text } of entries) {
      if (sequences.has(sequence)) continue;
      sequences.add(sequence);
      const last = calls.at(-1);
      if (last?.[0] === "log") last[1] += text;
      else calls.push(["log", text]);
    }
  };
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const path = new URL(input instanceof Request ? input.url : String(input)).pathname;
    if (path === "/v1/runner-sessions") return json({ token: "session" }, 201);
    if (path === "/v1/leases") return json({ leases: [leased], after: null });
    init.signal?.throwIfAborted();
    const name = path.split("/").at(-1) ?? "";
    const body = init.body instanceof Blob ? await init.body.text() : JSON.parse(String(init.body ?? null));
    if (name === "log" || name === "heartbeat") addLog(name === "log" ? [body] : (body.log ?? []));
    else calls.push(body === null ? [name] : [name, body]);
    for (const [, resolve] of waiting.filter(([one]) => one === name)) resolve();
    const answer = left[name]?.shift() ?? {};
    if (answer === "busy") return busy();
    if (answer === "challenge") return challenge();
    if (answer === "cut") return new Response(new ReadableStream({ start: (body) => body.error(new Error("cut")) }));
    if (answer === "hang") await givenUp(name, init.signal);
    if (typeof answer === "string") throw new Error(answer);
    if (answer.invalid !== undefined)
      return json({ detail: [{ loc: ["body", "output"], type: "t", msg: answer.invalid }] }, 422);
    return answer.problem === undefined ? json(answer) : problem(answer.problem, answer.code ?? "conflict");
  };
  const givenUp = async (name: string, signal: AbortSignal | null | undefined) => {
    hanging.add(name);
    await new Promise<void>((resolve) =>
      signal?.addEventListener("abort", () => {
        calls.push(["given up", name]);
        resolve();
      }),
    );
  };

  const work = scripted({
    onCaught: (kind) => caught.push(kind),
    nextCall: async (name) => {
      if (!hanging.has(name)) await new Promise<void>((resolve) => waiting.push([name, resolve]));
    },
  });
  await createRunner({ lease: { url: SERVICE, key: "wr_key" }, work, fetch }).run({ most: 1 });
  return { calls, caught };
}

/** An error that is a list of texts contains all of them. */
const expected = ([name, body]: Call): unknown[] => {
  if (typeof body !== "object" || body === null || !("error" in body) || !Array.isArray(body.error))
    return body === undefined ? [name] : [name, body];
  const parts: string[] = body.error;
  return [name, { ...body, error: expect.toSatisfy((text: string) => parts.every((part) => text.includes(part))) }];
};

describe.each(Object.entries(CASES))("%s", (_, cases) => {
  it.each(cases)("$name", async (one) => {
    expect(await attempt(one)).toEqual({ calls: one.calls.map(expected), caught: one.caught ?? [] });
  });
});
