import { Time } from "../../components.tsx";
import { formatSize, plural } from "../../format.ts";
import type { ViewedRun } from "../kit/view-run.ts";
import { type Checkpoint, MAX_CHECKPOINT } from "./view-suspension.ts";

/** What the attempts of a run have kept for those after them. The values are folded. */
export const Checkpoints = ({ run: { id, checkpoints, total_checkpoints: total } }: { run: ViewedRun }) => {
  if (total === 0) return null;
  return (
    <section class="card" id="checkpoints" aria-label="Checkpoints">
      <h2>Checkpoints</h2>
      {total > checkpoints.length && (
        <p class="muted">
          The last {checkpoints.length} of {plural(total, "checkpoint")}.{" "}
          <a href={`/v1/workflow-runs/${id}/checkpoints?limit=100`}>All of them</a>
        </p>
      )}
      {checkpoints.map((checkpoint) => (
        <details id={`checkpoint-${checkpoint.key}`}>
          <summary>
            <span class="wrap">
              <bdi>{checkpoint.key}</bdi>{" "}
              <span class="muted">
                {formatSize(checkpoint.bytes)}, attempt {checkpoint.attempt},{" "}
                <Time at={checkpoint.kept_at} withSeconds />
              </span>
            </span>
          </summary>
          <pre class="cause" tabindex={0}>
            <bdi>{textOf(checkpoint)}</bdi>
          </pre>
        </details>
      ))}
    </section>
  );
};

/** The value as indented JSON, or the beginning of a long one. */
function textOf({ text }: Checkpoint): string {
  const characters = [...text];
  if (characters.length > MAX_CHECKPOINT) return `${characters.slice(0, MAX_CHECKPOINT).join("")}…`;
  return JSON.stringify(JSON.parse(text), null, 2);
}
