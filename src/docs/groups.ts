/** The operations by their tags. Each group has a page. */
import type { Document } from "../http/openapi.ts";
import type { Operation } from "./examples.ts";
import { GUIDES } from "./guides/guides.ts";

export type Group = { slug: string; title: string; operations: readonly Operation[] };

const slugOf = (tag: string) => tag.toLowerCase().replaceAll(" ", "-");

/**
 * The operations that come first in a group, in the order in which one needs them. They may have another tag: a reader looks for
 * the invoke of a workflow where its run is. All others follow in the order of the document.
 */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  "Workflow runs": [
    "invoke_workflow",
    "get_workflow_run",
    "stream_workflow_run",
    "get_workflow_run_result",
    "get_workflow_run_details",
    "read_workflow_run_log",
    "explain_workflow_run",
    "list_workflow_runs",
    "list_tenant_workflow_runs",
    "stop_workflow_run",
    "retry_workflow_run",
    "invoke_workflow_batch",
    "get_run_batch",
  ],
  "Workflow definitions": ["create_workflow_definition"],
  Triggers: ["create_trigger"],
  Runner: [
    "create_runner_key",
    "create_runner_session",
    "create_leases",
    "heartbeat_workflow_run",
    "workflow_run_callback",
  ],
  Events: ["list_events"],
  Notifications: ["create_notification_endpoint", "test_notification_endpoint"],
  Users: ["get_me"],
};

const GROUP_OF = new Map(Object.entries(FIRST).flatMap(([title, ids]) => ids.map((id) => [id, title] as const)));

/** The groups, in the order of the tags of the document. A group whose page would have the address of a guide has another one. */
export function groupsOf(operations: readonly Operation[], { tags = [] }: Document): Group[] {
  const byTitle = Map.groupBy(operations, ({ id, tag }) => GROUP_OF.get(id) ?? tag);
  const placeOf = (title: string) => tags.findIndex(({ name }) => name === title);
  return [...byTitle]
    .sort(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([title, members]) => {
      const first = FIRST[title] ?? [];
      const rank = ({ id }: Operation) => (first.includes(id) ? first.indexOf(id) : first.length);
      const slug = slugOf(title);
      const isTaken = GUIDES.some((guide) => guide.slug === slug);
      return { slug: isTaken ? `${slug}-api` : slug, title, operations: members.toSorted((a, b) => rank(a) - rank(b)) };
    });
}

/** The address of an operation. */
export const operationHref = ({ slug }: Group, { id }: Operation): string => `/docs/${slug}#${id}`;
