/** The runs that a run has triggered, as a tree. */
import { Name } from "../../components.tsx";
import { plural } from "../../format.ts";
import { TimePassed } from "../../live/kit/ticking.tsx";
import { Status, shownStateOf } from "../../run-state.tsx";
import { Duration } from "../kit/run-list.tsx";
import type { ViewedRun } from "../kit/view-run.ts";
import { CHILD_STATES, type Child, type ChildCounts, MOST_BELOW, MOST_COUNTED_BELOW } from "./view-family.ts";

type ChildrenProps = { run: ViewedRun; now: string };

export const Children = ({ run: { id, family }, now }: ChildrenProps) => {
  const { children, counts, below } = family;
  if (counts === null) return null;
  const total = sumOf(counts);
  return (
    <section class="card" id="children" aria-label="Children">
      <h2>Children</h2>
      <p class="child-counts">
        <a class="chip" href={`/app/runs?parent=${id}`}>
          All <span class="count">{total.toLocaleString("en-GB")}</span>
        </a>
        {CHILD_STATES.filter((state) => counts[state] > 0).map((state) => (
          <a
            class="chip"
            href={`/app/runs?parent=${id}&${state === "SUSPENDED" ? "waits=suspended" : `status=${state}`}`}
          >
            <Status status={state} /> <span class="count">{counts[state].toLocaleString("en-GB")}</span>
          </a>
        ))}
      </p>
      {total > children.length && (
        <p class="muted">
          These are {children.length} of {total.toLocaleString("en-GB")}: first those that have failed, then those that
          go on.
        </p>
      )}
      <Branch of={children} now={now} />
      {below >= MOST_BELOW && <p class="muted">Below its children, the first {MOST_BELOW} runs are shown.</p>}
    </section>
  );
};

const sumOf = (counts: ChildCounts): number => CHILD_STATES.reduce((sum, state) => sum + counts[state], 0);

const Branch = ({ of, now }: { of: readonly Child[]; now: string }) => (
  <ul class="family">
    {of.map((child) => (
      <li id={`child-${child.id}`}>
        <p class="child">
          <a href={`/app/runs/${child.id}`}>
            <Status status={shownStateOf(child)} /> <bdi class="name">{child.key}</bdi>
          </a>
          <span class="muted">
            <Name>{child.workflow_name}</Name>
          </span>
          {!child.is_live && <span class="muted">triggered anew</span>}
          <span class="number">
            <HowLong run={child} now={now} />
          </span>
        </p>
        {child.error !== null && (
          <p class="error-line" title={child.error}>
            <bdi>{child.error.slice(0, 200)}</bdi>
          </p>
        )}
        {child.children.length > 0 && <Branch of={child.children} now={now} />}
        <More of={child} />
      </li>
    ))}
  </ul>
);

/** In a line, without the bar of the lists. */
const HowLong = ({ run, now }: { run: Child; now: string }) =>
  run.status === "RUNNING" && run.begun_at !== null ? (
    <TimePassed at={run.begun_at} now={now} />
  ) : (
    <Duration run={run} now={now} />
  );

/** A link to the children of a child that are not shown. */
const More = ({ of: { id, children, counts } }: { of: Child }) => {
  const total = counts === null ? 0 : sumOf(counts);
  if (total <= children.length) return null;
  return (
    <p class="more">
      <a href={`/app/runs?parent=${id}`}>
        {total >= MOST_COUNTED_BELOW && "At least "}
        {plural(total - children.length, "more child", "more children")}
      </a>
    </p>
  );
};
