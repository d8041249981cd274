import { Name } from "../../components.tsx";
import { plural } from "../../format.ts";
import { TimeLeft } from "../../live/ticking.tsx";
import type { ViewedWorkflow } from "../view-workflow.ts";

type Props = { workflow: Pick<ViewedWorkflow, "slots" | "keys" | "max_running" | "policy">; now: string };

/** The slots of a workflow that are held, and the keys of its runs. Nothing for a workflow with one slot and without keys. */
export const Slots = ({ workflow: { slots, keys, max_running, policy }, now }: Props) => {
  const hasKeys = keys.some(({ key }) => key !== "");
  const isOne = max_running === 1 && slots.length <= 1;
  if ((isOne || slots.length === 0) && !hasKeys) return null;
  return (
    <section>
      <h2>
        Slots{" "}
        <small class="muted">
          {slots.length} of {max_running} held
        </small>
      </h2>
      {slots.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Slot</th>
              <th scope="col">Run of</th>
              {hasKeys && <th scope="col">Key</th>}
              <th scope="col">Left</th>
            </tr>
          </thead>
          <tbody>
            {slots.map((held) => (
              <tr id={`slot-${held.slot}`}>
                <td class="number">{held.slot}</td>
                <td class="grow">
                  <a class="row-link" href={`/app/runs/${held.id}`}>
                    <Name>{held.user_name}</Name>
                  </a>
                </td>
                {hasKeys && (
                  <td data-label="Key">
                    <Key text={held.key} />
                  </td>
                )}
                <td class="when">
                  <TimeLeft at={held.deadline_at} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hasKeys && (
        <>
          <h3>
            Keys{" "}
            {policy.max_running_per_key !== null && (
              <small class="muted">
                they take turns, with at most {plural(policy.max_running_per_key, "slot")} each
              </small>
            )}
          </h3>
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Running</th>
                <th scope="col">Waiting</th>
              </tr>
            </thead>
            <tbody>
              {keys.map(({ key, running, waiting }) => (
                <tr id={`key-${key}`}>
                  <td class="grow">
                    <Key text={key} />
                  </td>
                  <td class="number" data-label="Running">
                    {running}
                  </td>
                  <td class="number" data-label="Waiting">
                    {waiting}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
};

const Key = ({ text }: { text: string }) =>
  text === "" ? <span class="muted">none</span> : <bdi class="wrap">{text}</bdi>;
