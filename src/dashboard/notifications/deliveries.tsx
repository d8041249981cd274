import type { Delivery, Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import { Empty, Send, Table, Time } from "../components.tsx";
import { secondsBetween } from "../format.ts";

const STATES = { WAITING: "Waits", DELIVERED: "Delivered", FAILED: "Given up" } as const;

/** The word for the state of a delivery. A workflow of Teams only accepts a message (202) and posts it later. */
const stateOf = (state: Delivery["state"], { format }: Endpoint) =>
  state === "DELIVERED" && format === "teams" ? "Accepted" : STATES[state];

type DeliveriesProps = { href: string; now: string; deliveries: Delivery[]; endpoint: Endpoint };

/** The table of an endpoint's deliveries, with the status and the last try of each, and a button that sends it again. */
export const Deliveries = ({ href, now, deliveries, endpoint }: DeliveriesProps) => {
  if (deliveries.length === 0) return <Empty title="There are no deliveries yet." />;
  return (
    <Table columns={["Event", "When", "State", "Last try", "Again"]}>
      {deliveries.map((delivery) => {
        const last = delivery.tries.at(-1);
        return (
          <tr>
            <td class="grow">
              {delivery.run_id === null ? delivery.type : <a href={`/app/runs/${delivery.run_id}`}>{delivery.type}</a>}
            </td>
            <td>
              <Time at={delivery.created_at} withSeconds />
            </td>
            <td>
              {stateOf(delivery.state, endpoint)}
              {delivery.next_try_at !== null && (
                <small class="muted line">
                  {secondsBetween(now, delivery.next_try_at) <= 0 ? (
                    "and is due now"
                  ) : (
                    <>
                      until <Time at={delivery.next_try_at} withSeconds />
                    </>
                  )}
                </small>
              )}
            </td>
            <td>
              {last === undefined ? "none" : `${last.status ?? "no answer"} in ${last.duration_ms} ms`}
              {last?.reason != null && (
                <small class="muted line wrap">
                  <bdi>{last.reason}</bdi>
                </small>
              )}
              {last?.answer != null && (
                <small class="muted line wrap">
                  Its answer: <bdi>{last.answer}</bdi>
                </small>
              )}
            </td>
            <td>
              {endpoint.is_active && (
                <Send
                  action={`${href}/deliveries/${delivery.id}/resend`}
                  label="Send again"
                  kind="quiet"
                  name={`Send again: ${delivery.type}`}
                />
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
};
