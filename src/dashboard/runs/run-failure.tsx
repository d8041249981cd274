import { Fact, Id } from "../components.tsx";
import { type Attempt, attemptsOf } from "./attempts.ts";
import type { ViewedRun } from "./kit/view-run.ts";

/** Why the latest attempt of a FAILED run failed, and what to do next. */
export const WhyItFailed = ({ run }: { run: ViewedRun }) => {
  const latest = attemptsOf(run).find(({ number }) => number === run.attempt);
  if (run.status !== "FAILED" || latest === undefined) return null;
  return (
    <section class="card failed-card" aria-label="Error">
      <h2>Why it failed {run.attempt > 1 && <small class="muted">attempt {run.attempt}</small>}</h2>
      <Failure run={run} attempt={latest} />
    </section>
  );
};

/** Why an attempt failed, what to do next, the runner's last answer, and where its log and its result are. */
export const Failure = ({ run, attempt }: { run: ViewedRun; attempt: Attempt }) => {
  const isLatest = attempt.number === run.attempt;
  const hasResult = isLatest && (run.output !== null || run.summary !== null || run.artifacts !== null);
  const hasLog = run.logged_attempts.includes(attempt.number);
  return (
    <>
      <pre class="cause" tabindex={0}>
        <bdi>{attempt.cause ?? "It gave no reason."}</bdi>
      </pre>
      <dl class="rows">
        {attempt.words !== null && (
          <Fact name="The runner said">
            <bdi class="wrap">{attempt.words}</bdi>
          </Fact>
        )}
        {attempt.supersededBy !== null && (
          <Fact name="Newer run">
            <Id id={attempt.supersededBy} href={`/app/runs/${attempt.supersededBy}`} />
          </Fact>
        )}
        {isLatest && attempt.advice !== null && <Fact name="What to do">{attempt.advice}</Fact>}
        {(attempt.lastAnswer !== null || hasLog || hasResult) && (
          <Fact name="Last answer">
            <bdi class="wrap">{attempt.lastAnswer ?? "None."}</bdi>{" "}
            {hasLog && <a href={isLatest ? "#log" : `/app/runs/${run.id}?attempt=${attempt.number}#log`}>Its log</a>}{" "}
            {hasResult && <a href="#result">Its result</a>}
          </Fact>
        )}
      </dl>
    </>
  );
};
