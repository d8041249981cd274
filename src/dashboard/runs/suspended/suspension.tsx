/** What a suspended run waits for, and what was answered before. */
import { Name, Time } from "../../components.tsx";
import { plural } from "../../format.ts";
import { TimeLeft } from "../../live/kit/ticking.tsx";
import type { ViewedRun } from "../kit/view-run.ts";
import { AnswerForm } from "./answer-form.tsx";
import type { Question, Suspension, Wait } from "./view-suspension.ts";

type WaitsProps = { run: ViewedRun; suspension: Suspension; now: string };

export const WaitsFor = ({ run, suspension, now }: WaitsProps) => (
  <section class="card" id="waits" aria-label="What it waits for">
    <h2>What it waits for</h2>
    <p class="muted">
      It is suspended since <Time at={suspension.since} /> and holds nothing.{" "}
      <Limit suspension={suspension} now={now} />
    </p>
    {suspension.note !== null && (
      <p class="wrap pre">
        <bdi>{suspension.note}</bdi>
      </p>
    )}
    <ul class="waits">
      {suspension.waits.map((wait) => {
        const question = run.questions.find((asked) => asked.key === wait.key);
        return (
          <li id={`wait-${wait.key}`}>
            {question ? <Asked run={run} question={question} /> : <Awaited run={run} wait={wait} now={now} />}
          </li>
        );
      })}
    </ul>
  </section>
);

/** What it waits for that is no question. */
const Awaited = ({ run, wait, now }: { run: ViewedRun; wait: Wait; now: string }) => {
  const { key, prompt, name, correlation, due_at, children } = wait;
  if (due_at !== null) {
    return (
      <p>
        <Time at={due_at} withSeconds />, in <TimeLeft at={due_at} now={now} />
      </p>
    );
  }
  if (children !== null) {
    return (
      <p>
        {children.ended.toLocaleString("en-GB")} of {plural(children.total, "child", "children")}{" "}
        {children.total === 1 ? "has" : "have"} ended: <bdi>{key}</bdi>
      </p>
    );
  }
  // One of more questions than are read.
  if (name === null) {
    return (
      <p class="wrap pre">
        <bdi>{prompt ?? key}</bdi>
      </p>
    );
  }
  return (
    <p>
      The signal{" "}
      <strong>
        <bdi>{name}</bdi>
      </strong>{" "}
      for {correlation === run.id ? "this run" : <bdi class="wrap">{correlation}</bdi>}
    </p>
  );
};

/** When the time is over, and what happens then. A run that waits only for instants has no other end. */
const Limit = ({ suspension: { waits, ends_at, on_timeout }, now }: Omit<WaitsProps, "run">) => {
  if (waits.every(({ kind }) => kind === "timer")) return null;
  return (
    <>
      {on_timeout === "fail" ? "It fails if not all has come by " : "It goes on without what has not come by "}
      <Time at={ends_at} withSeconds />, in <TimeLeft at={ends_at} now={now} />.
    </>
  );
};

const Asked = ({ run, question }: { run: ViewedRun; question: Question }) => (
  <>
    <p class="wrap pre">
      <bdi>{question.prompt}</bdi>
    </p>
    {question.refused === null ? (
      <AnswerForm runId={run.id} attempt={run.attempt} question={question} />
    ) : (
      <p class="muted">{WHY_NOT[question.refused] ?? "Others may answer this."}</p>
    )}
  </>
);

const WHY_NOT: Record<string, string> = {
  people_only: "Only a person may answer this, and you are signed in with an API key. Sign in with a login to answer.",
};

/** What was answered, by whom and when. */
export const Answers = ({ run }: { run: ViewedRun }) => {
  const answered = run.questions.filter(({ value }) => value !== null);
  if (answered.length === 0) return null;
  return (
    <section class="card" id="answered" aria-label="Answered">
      <h2>Answered</h2>
      <ul class="waits">
        {answered.map(({ key, prompt, value, comment, user_name, answered_at }) => (
          <li id={`answer-${key}`}>
            <p class="wrap pre muted">
              <bdi>{prompt}</bdi>
            </p>
            <p>
              <strong class="wrap pre">
                <bdi>{value}</bdi>
              </strong>{" "}
              <span class="muted">
                by <Name>{user_name ?? "somebody"}</Name>
                {answered_at !== null && (
                  <>
                    , <Time at={answered_at} withSeconds />
                  </>
                )}
              </span>
            </p>
            {comment !== null && (
              <p class="wrap pre">
                <bdi>{comment}</bdi>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
};
