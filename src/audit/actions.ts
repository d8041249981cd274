/**
 * What the audit log records, by the kind of the object: the actions with which verbs call `audit_change` and `audit_act` in SQL. A test
 * compares the two.
 */
const ACTIONS = {
  workflow_definition: [
    "created",
    "replaced",
    "policy_replaced",
    "paused",
    "resumed",
    "shared",
    "failure_seen",
    "deleted",
  ],
  trigger: ["created", "replaced", "paused", "resumed", "fired", "backfilled", "secret_rotated", "deleted"],
  workflow_run: ["stopped", "retried", "answered", "deleted"],
  path_part: ["created", "changed", "deleted"],
  user: [
    ...["created", "role_changed", "deactivated", "activated", "deleted", "login_tied", "login_untied", "signed_out"],
    ...["permission_given", "permission_changed", "permission_revoked"],
  ],
  api_key: ["created", "revoked"],
  agent_grant: ["created", "ended"],
  invite: ["created", "accepted", "withdrawn"],
  notification_endpoint: ["created", "changed", "secret_rotated", "tested", "notification_resent", "deleted"],
};

/** All actions, such as `workflow_definition.paused`. */
export const AUDIT_ACTIONS: readonly string[] = Object.entries(ACTIONS).flatMap(([kind, names]) =>
  names.map((name) => `${kind}.${name}`),
);

/** The kinds of objects. */
export const AUDIT_KINDS = Object.keys(ACTIONS);
