import { Ago, Id, Name } from "../components.tsx";
import { plural } from "../format.ts";
import type { ConnectedRunner } from "./view-runners.ts";

type Props = {
  runners: readonly ConnectedRunner[];
  now: string;
  /** When set, only runs of this workflow are named; runs of other workflows are only counted. */
  workflowId?: string;
};

/** The connected runners: the name of each, how many runs it holds of its capacity, and when it last asked for work. */
export const Runners = ({ runners, now, workflowId }: Props) => (
  <section class="card" aria-label="Connected runners">
    <h2>Connected runners</h2>
    {runners.length === 0 ? (
      <p class="muted">No runner is connected. Runs that are leased wait until one is.</p>
    ) : (
      <ul class="items">
        {runners.map(({ name, capacity, last_seen_at, holds }) => (
          <li>
            <span class="item-name">
              <Name>{name}</Name>
            </span>
            <span>
              holds {holds.length} of {plural(capacity, "run")}
            </span>
            <span class="muted">
              last seen <Ago at={last_seen_at} now={now} />
            </span>
            {holds
              .filter((run) => workflowId === undefined || run.workflow_definition_id === workflowId)
              .map(({ run_id }) => (
                <Id id={run_id} href={`/app/runs/${run_id}`} />
              ))}
          </li>
        ))}
      </ul>
    )}
  </section>
);
