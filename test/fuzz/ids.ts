/** Ids in a fuzzed request. The seed chooses a place for one; which id that is, shows when the request is sent. */
import fc from "fast-check";
import type { Json } from "../support/contract.ts";
import type { Stage } from "../support/stage.ts";

export type IdKind =
  | "tenant"
  | "user"
  | "part"
  | "definition"
  | "run"
  | "batch"
  | "permission"
  | "key"
  | "invite"
  | "endpoint"
  | "delivery"
  | "trigger"
  | "session";

export type Ids = Record<IdKind, string[]>;

/** Of what a parameter or field is the id. */
const KINDS: Record<string, IdKind> = {
  tenant_id: "tenant",
  user_id: "user",
  actor_id: "user",
  path_part_id: "part",
  parent_path_id: "part",
  source_path_part_ids: "part",
  instruction_path_part_ids: "part",
  output_path_part_ids: "part",
  template_path_part_id: "part",
  definition_id: "definition",
  workflow_definition_id: "definition",
  workflow_definition_ids: "definition",
  of: "definition",
  object_id: "definition",
  may_trigger: "definition",
  run_id: "run",
  parent_run_id: "run",
  // Of a list of children, or of results of a batch: the id of the last run.
  cursor: "run",
  run_ids: "run",
  batch: "batch",
  batch_id: "batch",
  // Any UUID that the caller has not used before.
  request_id: "run",
  permission_id: "permission",
  api_key_id: "key",
  parent_path_part_id: "part",
  folder_id: "part",
  invite_id: "invite",
  endpoint_id: "endpoint",
  delivery_id: "delivery",
  trigger_id: "trigger",
  // Texts that are never the right one.
  token: "trigger",
  name: "trigger",
  key: "trigger",
  session_id: "session",
};

/** Ids that nothing has. */
const UNUSED = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFE",
  "01920000-0000-7000-8000-000000000403",
];

/** A place for an id of the caller's tenant, now and then of another one, or an id that nothing has. */
export function idFor(name: string): fc.Arbitrary<string> {
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(`test/fuzz/ids.ts does not say of what ${name} is the id.`);
  return fc.oneof(
    { weight: 6, arbitrary: fc.nat(7).map((index) => `$${kind}.own.${index}`) },
    { weight: 2, arbitrary: fc.nat(7).map((index) => `$${kind}.other.${index}`) },
    { weight: 1, arbitrary: fc.constantFrom(...UNUSED) },
  );
}

const PLACE =
  /^\$(tenant|user|part|definition|run|batch|permission|key|invite|endpoint|delivery|trigger|session)\.(own|other)\.(\d)$/;

/** The same value with an id for each place. */
export function fillIds(value: Json, ids: { own: Ids; other: Ids }): Json {
  if (typeof value === "string") {
    const [, kind, whose, index] = PLACE.exec(value) ?? [];
    const list = isKind(kind) ? ids[whose === "own" ? "own" : "other"][kind] : [];
    return list[Number(index) % list.length] ?? value;
  }
  if (Array.isArray(value)) return value.map((item) => fillIds(item, ids));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIds(item, ids)]));
}

const isKind = (kind: string | undefined): kind is IdKind => Object.values<string | undefined>(KINDS).includes(kind);

/**
 * The ids of a stage's tenant. Without its callers and their keys, who have to go on calling, the roots of its tree, in which
 * new things are put, and the document without which no run can be triggered.
 */
export async function readIds({ service, tenant, bare, reader, writer }: Stage): Promise<Ids> {
  const callers = [tenant.owner, tenant.admin, bare, reader, writer].map(({ id }) => id);
  const rows = await service.database.sql`
    select 'user' as kind, id from users where tenant_id = ${tenant.id} and id <> all (${callers}::uuid[])
    union all
    select 'key', id from api_keys where tenant_id = ${tenant.id} and user_id <> all (${callers}::uuid[])
    union all
    select 'part', id from path_parts
    where tenant_id = ${tenant.id} and parent_id is not null and materialized_path <> '/sources/sales.csv'
    union all
    select 'definition', id from workflow_definitions where tenant_id = ${tenant.id}
    union all
    select 'run', id from workflow_runs where tenant_id = ${tenant.id}
    union all
    select 'batch', id from run_batches where tenant_id = ${tenant.id}
    union all
    select 'permission', id from user_permissions where tenant_id = ${tenant.id}
    union all
    select 'invite', id from invites where tenant_id = ${tenant.id}
    union all
    select 'endpoint', id from notification_endpoints where tenant_id = ${tenant.id}
    union all
    select 'delivery', id from notifications where tenant_id = ${tenant.id}
    union all
    select 'trigger', id from triggers where tenant_id = ${tenant.id}
    union all
    select 'session', id from sign_in_sessions where tenant_id = ${tenant.id}
    order by id`;
  const of = (kind: IdKind) => rows.filter((row) => row.kind === kind).map((row) => String(row.id));
  return {
    tenant: [tenant.id],
    user: of("user"),
    part: of("part"),
    definition: of("definition"),
    run: of("run"),
    batch: of("batch"),
    permission: of("permission"),
    key: of("key"),
    invite: of("invite"),
    endpoint: of("endpoint"),
    delivery: of("delivery"),
    trigger: of("trigger"),
    session: of("session"),
  };
}
