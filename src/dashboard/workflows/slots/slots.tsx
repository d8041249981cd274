import { Name, Table } from "../../components.tsx";
import { plural } from "../../format.ts";
import { TimeLeft } from "../../live/kit/ticking.tsx";
import type { ViewedWorkflow } from "../kit/view-workflow.ts";
import type { HeldSlot } from "./view-slots.ts";

type Props = { workflow: Pick<ViewedWorkflow, "slots" | "keys" | "max_running" | "policy"> };

/** How many slots are listed also while they are free, so that nothing below them moves when runs start and end. */
const MAX_LISTED = 10;

const withKeys = (keys: ViewedWorkflow["keys"]) => keys.some(({ key }) => key !== "");

/** The slots of a workflow, and who holds them. Nothing for a workflow with one slot and without keys. */
export const Slots = ({ workflow: { slots, keys, max_running }, now }: Props & { now: string }) => {
  const hasKeys = withKeys(keys);
  if (max_running === 1 && slots.length <= 1 && !hasKeys) return null;
  const held = new Map(slots.map((slot) => [slot.slot, slot]));
  const listed = Array.from({ length: Math.min(max_running, MAX_LISTED) }, (_, index) => index + 1);
  const others = slots.map(({ slot }) => slot).filter((slot) => slot > listed.length);
  return (
    <section>
      <h2>
        Running{" "}
        <small class="muted">
          {slots.length} of {max_running}
        </small>
      </h2>
      <Table kind="slots" columns={["Run of", hasKeys && "Key", "Left"]}>
        {[...listed, ...others].map((slot) => (
          <SlotRow slot={slot} held={held.get(slot)} hasKeys={hasKeys} now={now} />
        ))}
      </Table>
    </section>
  );
};

type SlotRowProps = { slot: number; held: HeldSlot | undefined; hasKeys: boolean; now: string };

const SlotRow = ({ slot, held, hasKeys, now }: SlotRowProps) => (
  <tr id={`slot-${slot}`}>
    <td class="grow">
      {held ? (
        <a class="row-link" href={`/app/runs/${held.id}`}>
          <Name>{held.user_name}</Name>
        </a>
      ) : (
        <span class="muted">free</span>
      )}
    </td>
    {hasKeys && <td data-label="Key">{held && <Key text={held.key} />}</td>}
    <td class="when">{held && <TimeLeft at={held.deadline_at} now={now} />}</td>
  </tr>
);

/** The concurrency keys of a workflow's unfinished runs. They are last on the page, since keys come and go with runs. */
export const Keys = ({ workflow: { keys, policy } }: Props) =>
  withKeys(keys) && (
    <section>
      <h2>
        Keys{" "}
        {policy.max_running_per_key !== null && (
          <small class="muted">they take turns, with at most {plural(policy.max_running_per_key, "slot")} each</small>
        )}
      </h2>
      <Table columns={["Key"]} numbers={["Running", "Waiting"]}>
        {keys.map(({ key, running, waiting }) => (
          <tr id={`key-${key}`}>
            <td class="grow">
              <Key text={key} />
            </td>
            <td class="number right" data-label="Running">
              {running}
            </td>
            <td class="number right" data-label="Waiting">
              {waiting}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );

const Key = ({ text }: { text: string }) =>
  text === "" ? <span class="muted">none</span> : <bdi class="wrap">{text}</bdi>;
