import { isConnected, type Presence } from "../../../runs/leases/presence.ts";
import { Ago, Id, Name } from "../../components.tsx";
import { plural } from "../../format.ts";
import type { SessionRow, UrlRunner } from "./view-runners.ts";

export type ViewedRunner = SessionRow & { presence: Presence };

type Props = {
  runners: readonly ViewedRunner[];
  now: string;
  /** When set, only runs of this workflow are named; runs of other workflows are only counted. */
  workflowId?: string;
  /** True to offer a further runner for this workflow, which only an OWNER or ADMIN can make. */
  mayConnect?: boolean;
};

/** The runners with an open session, the connected ones first: how many runs each holds, or since when it is silent. */
export const Runners = ({ runners, now, workflowId, mayConnect = false }: Props) => (
  <section class="card" aria-label="Runners">
    <div class="head">
      <h2>Runners</h2>
      {mayConnect && workflowId !== undefined && (
        <div class="actions">
          <a class="button" href={`/app/runners?workflow=${workflowId}#ask-runner`}>
            Connect a runner
          </a>
        </div>
      )}
    </div>
    {!runners.some(isConnected) && (
      <p class="muted">No runner is connected. Runs for which runners ask wait until one is.</p>
    )}
    <ul class="items">
      {runners
        .toSorted((a, b) => Number(isConnected(b)) - Number(isConnected(a)))
        .map((runner) => (
          <li id={`runner-${runner.id}`}>
            <span class="item-name">
              <Name>{runner.name}</Name>
            </span>
            {runner.tags.length > 0 && <span class="muted">{runner.tags.join(", ")}</span>}
            <State runner={runner} now={now} />
            {runner.holds
              .filter((run) => workflowId === undefined || run.workflow_definition_id === workflowId)
              .map(({ run_id }) => (
                <Id id={run_id} href={`/app/runs/${run_id}`} />
              ))}
          </li>
        ))}
    </ul>
  </section>
);

/** The runners with a URL, each with its workflow, and when it was last seen. */
export const UrlRunners = ({ runners, now }: { runners: readonly UrlRunner[]; now: string }) => (
  <section class="card" aria-label="Runners with a URL">
    <h2>Runners with a URL</h2>
    <ul class="items">
      {runners.map(({ workflow_id, workflow_name, server, last_seen_at }) => (
        <li>
          <span class="item-name">
            <bdi>{server}</bdi> <span class="muted">for</span>{" "}
            <a href={`/app/workflows/${workflow_id}`}>
              <Name>{workflow_name}</Name>
            </a>
          </span>
          <span class="muted">
            {last_seen_at === null ? (
              "has taken none of its newest runs"
            ) : (
              <>
                last seen <Ago at={last_seen_at} now={now} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  </section>
);

const State = ({ runner, now }: { runner: ViewedRunner; now: string }) => {
  const lastSeen = <Ago at={runner.last_seen_at} now={now} />;
  switch (runner.presence) {
    case "working":
      return (
        <span>
          holds {runner.holds.length} of {plural(runner.capacity, "run")}
          {runner.is_late && <strong class="stuck"> and is silent</strong>}, last seen {lastSeen}
        </span>
      );
    case "idle":
      return (
        <span>
          waits for work, up to {plural(runner.capacity, "run")} at a time, last seen {lastSeen}
        </span>
      );
    case "silent":
      return <span class="muted">silent, it may have ended: last seen {lastSeen}</span>;
    case "unknown":
      return <span class="muted">last asked for work {lastSeen}; whether it waits now is not known</span>;
  }
};
