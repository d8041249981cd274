import { Ago, Fact } from "../components.tsx";
import { type Attempt, attemptsOf } from "./attempts.ts";
import type { ViewedRun } from "./view-run.ts";

type Props = { run: ViewedRun; now: string };

/** Why a run failed, the runner's last answer, and what to do next; for the latest attempt and for earlier ones. */
export const Failures = ({ run, now }: Props) => {
  const attempts = attemptsOf(run);
  const latest = attempts.find(({ number }) => number === run.attempt);
  const earlier = attempts.filter(({ number, cause }) => number !== run.attempt && cause !== null).toReversed();
  return (
    <>
      {run.status === "FAILED" && latest && (
        <section class="card failed-card" aria-label="Error">
          <h2>Why it failed {run.attempt > 1 && <small class="muted">attempt {run.attempt}</small>}</h2>
          <Failure run={run} attempt={latest} />
        </section>
      )}
      {earlier.length > 0 && (
        <section class="card" aria-label="Earlier attempts">
          <h2>Earlier attempts</h2>
          {earlier.map((attempt) => (
            <div class="earlier">
              <h3>
                Attempt {attempt.number}: {attempt.outcome === "RELEASED" ? "given back" : "failed"}{" "}
                {attempt.endedAt !== null && (
                  <small class="muted">
                    <Ago at={attempt.endedAt} now={now} focusable />
                  </small>
                )}
              </h3>
              <Failure run={run} attempt={attempt} />
            </div>
          ))}
        </section>
      )}
    </>
  );
};

const Failure = ({ run, attempt }: { run: ViewedRun; attempt: Attempt }) => {
  const isLatest = attempt.number === run.attempt;
  const hasResult = isLatest && (run.output !== null || run.summary !== null || run.artifacts !== null);
  return (
    <>
      <p class="wrap pre cause">
        <bdi>{attempt.cause ?? "It gave no reason."}</bdi>
      </p>
      <dl class="rows">
        {attempt.lastAnswer !== null && (
          <Fact name="Last answer">
            <bdi class="wrap">{attempt.lastAnswer}</bdi>
          </Fact>
        )}
        {isLatest && attempt.advice !== null && <Fact name="What to do">{attempt.advice}</Fact>}
        {(run.logged_attempts.includes(attempt.number) || hasResult) && (
          <Fact name="More">
            {run.logged_attempts.includes(attempt.number) && (
              <a href={`/app/runs/${run.id}/log?attempt=${attempt.number}`}>The runner’s log</a>
            )}{" "}
            {hasResult && <a href={`/v1/workflow-runs/${run.id}/result`}>Its result</a>}
          </Fact>
        )}
      </dl>
    </>
  );
};
