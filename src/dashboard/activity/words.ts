/** What the audit log says, in the words of the pages. */
import type { AuditEvent } from "../../audit/audit-events.ts";
import { plural } from "../format.ts";

/** The words for actions, by the part behind the kind. An action that is not listed here is shown by its name, without underscores. */
const DONE: Record<string, string> = {
  replaced: "changed",
  policy_replaced: "changed the policy of",
  failure_seen: "has seen a failure of",
  fired: "fired by hand",
  backfilled: "fired for the past",
  secret_rotated: "gave a new secret to",
  tested: "sent a test to",
  notification_resent: "sent a notification again to",
  role_changed: "changed the role of",
  permission_given: "gave a permission to",
  permission_changed: "changed a permission of",
  permission_revoked: "revoked a permission of",
  login_tied: "tied a login to",
  login_untied: "untied the login of",
};

const KINDS: Record<string, string> = {
  workflow_definition: "workflow",
  workflow_run: "run",
  path_part: "file or folder",
  api_key: "API key",
  agent_grant: "access of an agent",
  notification_endpoint: "endpoint",
};

/** The section of the pages in which an object has its page. */
const PLACES: Record<string, string> = {
  workflow_definition: "workflows",
  workflow_run: "runs",
  path_part: "files",
  user: "people",
  trigger: "triggers",
  notification_endpoint: "settings/notifications",
};

const spaced = (name: string) => name.replaceAll("_", " ");

export const kindWord = (kind: string): string => KINDS[kind] ?? spaced(kind);

/** `paused`, `changed the policy of`. */
export function doneWord(action: string): string {
  const [, done = action] = action.split(".");
  return DONE[done] ?? spaced(done);
}

/** `workflow: paused`, as an action is called in the filter. */
export const actionWord = (action: string): string => {
  const [kind = "", done = ""] = action.split(".");
  return `${kindWord(kind)}: ${spaced(done)}`;
};

/** The page of an object; null for one that has none, or that is gone. */
export const placeOf = ({ kind, id }: AuditEvent["object"], isGone: boolean): string | null =>
  isGone || id === null || PLACES[kind] === undefined ? null : `/app/${PLACES[kind]}/${id}`;

const LONGEST = 80;

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (value === true || value === false) return value ? "yes" : "no";
  const items = Array.isArray(value) ? value.filter((item) => typeof item === "string") : null;
  const isOfTexts = items !== null && Array.isArray(value) && items.length === value.length;
  if (isOfTexts && items.length === 0) return "none";
  if (isOfTexts && items.every((item) => item.length === 36)) return plural(items.length, "id");
  const text = typeof value === "string" ? value : isOfTexts ? items.join(", ") : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What has changed: `role: USER → ADMIN`. Empty for a new object and for a deleted one, of which the name says enough. */
export function changesOf({ before, after, hidden, detail }: AuditEvent): string[] {
  const isNewOrGone = (before === null) !== (after === null);
  const names = isNewOrGone ? [] : [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return [
    ...names.map((name) => `${spaced(name)}: ${valueText(before?.[name])} → ${valueText(after?.[name])}`),
    ...(isNewOrGone || hidden.length === 0 ? [] : [`changed: ${hidden.map(spaced).join(", ")}`]),
    ...detailsOf(detail),
  ];
}

function detailsOf(detail: AuditEvent["detail"]): string[] {
  if (detail === null) return [];
  const { reason, count, given, path_parts: parts } = detail;
  return [
    ...(typeof reason === "string" ? [`reason: ${reason}`] : []),
    ...(typeof count === "number" ? [plural(count, "run")] : []),
    ...(typeof given === "number" ? [plural(given, "permission")] : []),
    ...(typeof parts === "number" && parts > 1 ? [plural(parts, "file or folder", "files and folders")] : []),
  ];
}

/** The credential with which they did it, `via Demo key`: the name of the key, or else its kind. */
export const credentialText = ({ actor }: AuditEvent): string =>
  `via ${
    actor.credential_kind === "api_key" && actor.credential_name !== null
      ? actor.credential_name
      : [spaced(actor.credential_kind), actor.credential_name].filter((part) => part !== null).join(" ")
  }`;
