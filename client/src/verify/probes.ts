import { randomBytes, randomUUID } from "node:crypto";
import { dispatchOf, type Message, signedHeaders, stopOf, unknownMessage } from "./messages.ts";

/** What a probe needs: to send messages, and to know whether the runner sent a callback for a run. */
export type Wire = {
  secret: string;
  previousSecret: string | null;
  /** Null when the runner cannot reach this machine. */
  callbackUrl: ((runId: string) => string) | null;
  send(message: Message, headers: Record<string, string>): Promise<Answer>;
  /** Whether the runner sends a callback for this run within a short time. */
  hasCalledBack(runId: string): Promise<boolean>;
};

/** `status` is null when the runner did not answer; `failure` then says why. */
export type Answer = { status: number | null; ms: number; failure: string | null };

export type Verdict = { problem: string | null; skipped?: string; answers: Answer[] };

export type Probe = {
  name: string;
  /** What goes wrong in practice with a runner that fails this probe. */
  why: string;
  /** The section of docs/runner-protocol.md that requires it. */
  section: string;
  run(wire: Wire): Promise<Verdict>;
};

const STALE_MS = 10 * 60 * 1000;

const isAccepted = ({ status }: Answer): boolean => status !== null && status >= 200 && status < 300;

/** Answers of a server at whose URL there is no runner. */
const NO_RUNNER = [404, 405];

function said({ status, failure }: Answer): string {
  if (status === null) return `it did not answer: ${failure}.`;
  return `it answered ${status}.${NO_RUNNER.includes(status) ? " Is this the runner's URL?" : ""}`;
}

/** Requires a 2xx answer. */
async function accepts(answer: Promise<Answer>, what: string): Promise<Verdict> {
  const given = await answer;
  return { problem: isAccepted(given) ? null : `It must accept ${what}, but ${said(given)}`, answers: [given] };
}

/** Requires an answer other than 2xx. */
async function refuses(answer: Promise<Answer>, what: string): Promise<Verdict> {
  const given = await answer;
  const isRefused = given.status !== null && given.status >= 400 && given.status < 500;
  return { problem: isRefused ? null : `It must answer 401 to ${what}, but ${said(given)}`, answers: [given] };
}

/** Runs the steps in order, and returns the first problem. */
async function all(...steps: (() => Promise<Verdict>)[]): Promise<Verdict> {
  const answers: Answer[] = [];
  for (const step of steps) {
    const verdict = await step();
    answers.push(...verdict.answers);
    if (verdict.problem !== null) return { problem: verdict.problem, answers };
  }
  return { problem: null, answers };
}

const anotherSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** Sends a stop for a run that does not exist, and then its dispatch: the runner must not begin the run. */
async function stopThenDispatch(wire: Wire, times: number, attempt?: number): Promise<Verdict> {
  const runId = randomUUID();
  const stop = stopOf(runId, attempt);
  const dispatch = dispatchOf(
    runId,
    wire.callbackUrl?.(runId) ?? `https://workflow-runs.invalid/v1/workflow-runs/${runId}/callback`,
    attempt,
  );
  const send = (message: Message) => wire.send(message, signedHeaders(message, [wire.secret]));
  const dispatches = Array.from({ length: times }, (_, n) => () => {
    const first = attempt === undefined ? "a dispatch" : "a dispatch with `resume`";
    const what = n === 0 ? `${first} whose stop came first` : "the same message once more, with the same webhook-id";
    return accepts(send(dispatch), what);
  });
  const verdict = await all(() => accepts(send(stop), "a stop of a run that it does not know"), ...dispatches);
  if (verdict.problem !== null || wire.callbackUrl === null || !(await wire.hasCalledBack(runId))) return verdict;
  const problem = "It must not begin a run whose stop came before its dispatch, but it called back about it.";
  return { problem, answers: verdict.answers };
}

export const PROBES: readonly Probe[] = [
  {
    name: "good signature",
    why: "Without this no run ever reaches the runner. Check the secret, and verify the signature of the body as it arrived, not of parsed JSON.",
    section: "the-signature",
    run: (wire) => {
      const message = unknownMessage(randomUUID());
      return accepts(
        wire.send(message, signedHeaders(message, [wire.secret])),
        "a message that is signed with its secret",
      );
    },
  },
  {
    name: "bad signature",
    why: "Anybody who knows the URL could make the runner work, or stop its runs.",
    section: "the-signature",
    run: (wire) => {
      const message = unknownMessage(randomUUID());
      const changed = { ...message, body: message.body.replace("1.0", "2.0") };
      const headers = signedHeaders(message, [wire.secret]);
      const { "webhook-signature": _, ...unsigned } = headers;
      return all(
        () =>
          refuses(
            wire.send(message, signedHeaders(message, [anotherSecret()])),
            "a message that is signed with another secret",
          ),
        () => refuses(wire.send(changed, headers), "a message whose body was changed after it was signed"),
        () => refuses(wire.send(message, unsigned), "a message without a signature"),
      );
    },
  },
  {
    name: "stale signature",
    why: "Somebody who has recorded an old message could send it again.",
    section: "the-signature",
    run: (wire) => {
      const message = unknownMessage(randomUUID());
      const headers = signedHeaders(message, [wire.secret], new Date(Date.now() - STALE_MS));
      return refuses(wire.send(message, headers), "a message that was signed ten minutes ago");
    },
  },
  {
    name: "several signatures",
    why: "While a secret is replaced, messages are signed with two secrets: one valid signature is enough.",
    section: "the-signature",
    run: (wire) => {
      const message = unknownMessage(randomUUID());
      const send = (secrets: string[]) => wire.send(message, signedHeaders(message, secrets));
      return all(
        () => accepts(send([anotherSecret(), wire.secret]), "a message whose second signature is right"),
        () => accepts(send([wire.secret, anotherSecret()]), "a message whose first signature is right"),
      );
    },
  },
  {
    name: "unknown type",
    why: "The service may send messages of new types. A runner that refuses them gets them again and again.",
    section: "the-dispatch",
    run: (wire) => {
      const message = unknownMessage(randomUUID());
      return accepts(
        wire.send(message, signedHeaders(message, [wire.secret])),
        "a message of a type that it does not know",
      );
    },
  },
  {
    name: "stop before the dispatch",
    why: "A stop may arrive before its dispatch. The run has then already ended, so work on it would be useless.",
    section: "stopped",
    run: (wire) => stopThenDispatch(wire, 1),
  },
  {
    name: "duplicate",
    why: "A message is sent at least once. When the second copy is refused, the run fails although the runner has it.",
    section: "once-only",
    run: (wire) => stopThenDispatch(wire, 2),
  },
  {
    name: "resumed",
    why: "After a suspension, the dispatch has `resume`. A runner that refuses what it does not know gets the run again and again.",
    section: "suspending-a-run",
    run: (wire) => stopThenDispatch(wire, 1, 2),
  },
  {
    name: "two secrets",
    why: "After the secret was changed, messages that were signed with the old one are still under way.",
    section: "where-the-runner-is",
    run: async (wire) => {
      const { previousSecret } = wire;
      if (previousSecret === null)
        return { problem: null, skipped: "To check this, give the old secret: --previous-secret.", answers: [] };
      const message = unknownMessage(randomUUID());
      const headers = signedHeaders(message, [previousSecret]);
      return accepts(
        wire.send(message, headers),
        "a message that is signed with the previous secret, during a rotation",
      );
    },
  },
];
