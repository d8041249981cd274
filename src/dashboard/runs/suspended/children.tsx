/** The runs that a run has triggered. */
import { Id, Name } from "../../components.tsx";
import { plural } from "../../format.ts";
import { Status } from "../../run-state.tsx";
import type { ViewedRun } from "../kit/view-run.ts";

export const Children = ({ run: { family } }: { run: ViewedRun }) => {
  const { children, total } = family;
  if (total === 0) return null;
  return (
    <section class="card" id="children" aria-label="Children">
      <h2>Children</h2>
      <p class="muted">
        It has triggered {plural(total, "run")}.{total > children.length && ` These are the first ${children.length}.`}
      </p>
      <ul class="waits">
        {children.map(({ run_id, key, workflow_name, status, error }) => (
          <li>
            <Status status={status} /> <Id id={run_id} href={`/app/runs/${run_id}`} /> <bdi>{key}</bdi>,{" "}
            <Name>{workflow_name}</Name>
            {error !== null && (
              <p class="wrap muted">
                <bdi>{error}</bdi>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
};
