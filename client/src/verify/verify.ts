import { createServer } from "node:http";
import { isLoopback } from "../cells.ts";
import { reasonOf } from "../reason.ts";
import { type Answer, PROBES, type Verdict, type Wire } from "./probes.ts";

export type VerifyOptions = {
  /** The URL of the runner. */
  url: string;
  secret: string;
  /** The secret before a rotation, which the runner should also accept. */
  previousSecret?: string;
  /** How long an answer may take. The service itself waits for 15 s. */
  answerSeconds?: number;
};

export type ProbeReport = {
  name: string;
  outcome: "passed" | "failed" | "skipped";
  /** What is wrong, or why the probe was skipped; null when it passed. */
  problem: string | null;
  why: string;
  /** The section of the protocol that requires it. */
  protocol: string;
  answers: Answer[];
};

export type VerifyReport = { url: string; ok: boolean; probes: ProbeReport[] };

const ANSWER_SECONDS = 15;
/** A runner that wrongly begins a run sends its callback soon, since there is nothing to do. */
const CALLBACK_WAIT_MS = 750;
const PROTOCOL = "docs/runner-protocol.md";

/**
 * Checks whether a runner follows the protocol. Each message is signed, marked `is_test`, and asks for no work.
 * @throws TypeError for an invalid URL
 */
export async function verifyRunner(options: VerifyOptions): Promise<VerifyReport> {
  const { url, answerSeconds = ANSWER_SECONDS } = options;
  const callbacks = await listen(new URL(url).hostname);
  const wire: Wire = {
    secret: options.secret,
    previousSecret: options.previousSecret ?? null,
    callbackUrl: callbacks?.urlOf ?? null,
    hasCalledBack: async (runId) => {
      await new Promise((resolve) => setTimeout(resolve, CALLBACK_WAIT_MS));
      return callbacks?.runs.has(runId) ?? false;
    },
    send: ({ body }, headers) => send(url, body, headers, answerSeconds),
  };
  const probes: ProbeReport[] = [];
  try {
    for (const { name, why, section, run } of PROBES) {
      const verdict = probes[0] && isDeaf(probes[0]) ? NOT_ASKED : await run(wire);
      probes.push({ name, why, protocol: `${PROTOCOL}#${section}`, ...toReport(verdict) });
    }
  } finally {
    callbacks?.close();
  }
  probes.push(judgeSpeed(probes, answerSeconds));
  return { url, ok: probes.every(({ outcome }) => outcome !== "failed"), probes };
}

/** With such an answer the runner has not accepted the message as one of the service, so the other probes would tell nothing. */
const DEAF = [null, 401, 403, 404, 405];

const isDeaf = ({ answers }: ProbeReport): boolean => answers.every(({ status }) => DEAF.includes(status));

const NOT_ASKED: Verdict = { problem: null, skipped: "It needs a runner that accepts a good signature.", answers: [] };

function toReport({ problem, skipped, answers }: Verdict): Pick<ProbeReport, "outcome" | "problem" | "answers"> {
  if (skipped !== undefined) return { outcome: "skipped", problem: skipped, answers };
  return { outcome: problem === null ? "passed" : "failed", problem, answers };
}

/** Judges the times of all answers: a runner must answer before it does the work. */
function judgeSpeed(probes: readonly ProbeReport[], answerSeconds: number): ProbeReport {
  const answers = probes.flatMap((probe) => probe.answers);
  const slowest = answers.reduce((most, { ms }) => Math.max(most, ms), 0);
  const isSlow = slowest >= answerSeconds * 1000;
  const problem = isSlow
    ? `It must answer within ${answerSeconds} seconds, and do the work after that, but an answer took ${Math.round(slowest / 1000)} s or did not come.`
    : null;
  const isUnknown = !isSlow && answers.every(({ status }) => status === null);
  return {
    name: "quick answers",
    ...toReport(isUnknown ? NOT_ASKED : { problem, answers: [] }),
    why: "The service gives up waiting, and sends the message again.",
    protocol: `${PROTOCOL}#what-your-answer-means`,
  };
}

async function send(
  url: string,
  body: string,
  headers: Record<string, string>,
  answerSeconds: number,
): Promise<Answer> {
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  try {
    const signal = AbortSignal.timeout(answerSeconds * 1000);
    const response = await fetch(url, { method: "POST", body, headers, redirect: "manual", signal });
    await response.body?.cancel();
    return { status: response.status, ms: since(), failure: null };
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return { status: null, ms: since(), failure: isLate ? `nothing within ${answerSeconds} seconds` : reasonOf(error) };
  }
}

/** Listens for callbacks of a runner on this machine. Null for a runner elsewhere, which could not reach this machine. */
async function listen(hostname: string) {
  if (!isLoopback(hostname)) return null;
  const runs = new Set<string>();
  const server = createServer((request, response) => {
    const [, runId] = /\/v1\/workflow-runs\/([^/]+)\//.exec(request.url ?? "") ?? [];
    if (runId !== undefined) runs.add(runId);
    request.resume();
    response.writeHead(409, { "Content-Type": "application/problem+json" }).end('{"detail": "This was a test."}');
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    runs,
    urlOf: (runId: string) => `http://127.0.0.1:${port}/v1/workflow-runs/${runId}/callback`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
