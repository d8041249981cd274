import type { AuditEvent } from "../types.ts";
import { harmless, instantOf, paint, timeOf } from "./output.ts";

const named = ({ kind, id, name }: AuditEvent["object"]): string => `${kind} ${name ?? id ?? ""}`.trim();

const objectText = ({ object, about }: AuditEvent): string =>
  harmless(about === null ? named(object) : `${named(object)}, ${named(about)}`);

const actorText = ({ actor }: AuditEvent): string => {
  const credential = actor.credential_name ?? actor.credential_kind;
  return harmless(`${actor.name ?? actor.user_id} (${credential})`);
};

const valueText = (value: unknown): string => {
  if (value === undefined || value === null) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** What has changed: `role: USER → ADMIN`. Empty for a new object and for a deleted one, of which the name says enough. */
function changeText({ before, after, hidden, detail }: AuditEvent): string {
  const isNewOrGone = (before === null) !== (after === null);
  const names = isNewOrGone ? [] : [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const parts = names.map((name) => `${name}: ${valueText(before?.[name])} → ${valueText(after?.[name])}`);
  if (!isNewOrGone && hidden.length > 0) parts.push(`changed: ${hidden.join(", ")}`);
  if (detail !== null) parts.push(JSON.stringify(detail));
  return harmless(parts.join("; "));
}

export const auditRow = (event: AuditEvent) => ({
  at: instantOf(event.at),
  who: actorText(event),
  action: event.action,
  object: objectText(event),
  change: changeText(event).slice(0, 120),
});

/** An event that is shown as it comes. */
export const auditLine = (event: AuditEvent): string =>
  [paint("dim", timeOf(event.at)), harmless(event.action), objectText(event), actorText(event), changeText(event)]
    .join("  ")
    .trimEnd();
