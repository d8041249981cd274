import type { Live } from "../http/live/live.ts";
import type { ChangedRun, LeaseWork, TenantEffects } from "../verbs/effects.ts";

/** When more runs of a tenant than this have changed, its listeners get one message instead: any of its runs may have changed. */
const MOST_RUNS = 200;

/** Stands for the changes of any number of runs. All listeners then read again. */
const MANY_RUNS: ChangedRun = { run_id: null, workflow_definition_id: null, has_ended: true };

type Collected = {
  /** In this isolate's time; null when nothing is due. */
  dueAt: number | null;
  runs: Map<string, ChangedRun>;
  hasMany: boolean;
  work: Map<string, LeaseWork>;
  endedUserIds: Set<string>;
};

/**
 * Collects what the verbs of a sweep announce, so that each hub is called once, at the end. Otherwise each transaction of the sweep would
 * call the hubs of all its tenants. `announce` replaces that of `Live`. `count` returns how many hubs there are to call, and `take`
 * returns the announcements for them, one for each hub.
 */
export function collectAnnouncements(): Pick<Live, "announce"> & { count: () => number; take: () => TenantEffects[] } {
  const collected = new Map<string, Collected>();
  const add = (change: TenantEffects) => {
    const known = collected.get(change.tenant_id) ?? emptyOf();
    collected.set(change.tenant_id, known);
    merge(known, change);
  };
  return {
    announce: async (changes) => changes.forEach(add),
    count: () => collected.size,
    take: () => [...collected].map(([tenantId, known]) => effectsOf(tenantId, known)),
  };
}

const emptyOf = (): Collected => ({
  dueAt: null,
  runs: new Map(),
  hasMany: false,
  work: new Map(),
  endedUserIds: new Set(),
});

function merge(known: Collected, { due_in_ms: dueInMs, runs, work, ended_user_ids = [] }: TenantEffects): void {
  if (dueInMs !== null) known.dueAt = Math.min(known.dueAt ?? Number.POSITIVE_INFINITY, Date.now() + dueInMs);
  for (const run of runs) {
    const { run_id: runId, workflow_definition_id: definitionId } = run;
    // A change of something else and a deleted run both lack the id of a run, and listeners must learn of each.
    known.runs.set(runId ?? `${definitionId} ${run.has_ended}`, run);
  }
  if (known.runs.size > MOST_RUNS) {
    known.hasMany = true;
    known.runs.clear();
  }
  for (const found of work) {
    const before = known.work.get(found.workflow_definition_id);
    if (before === undefined || before.event_id <= found.event_id) known.work.set(found.workflow_definition_id, found);
  }
  for (const userId of ended_user_ids) known.endedUserIds.add(userId);
}

const effectsOf = (tenantId: string, { dueAt, runs, hasMany, work, endedUserIds }: Collected): TenantEffects => ({
  tenant_id: tenantId,
  due_in_ms: dueAt === null ? null : dueAt - Date.now(),
  runs: [...(hasMany ? [MANY_RUNS] : []), ...runs.values()],
  work: [...work.values()],
  ended_user_ids: [...endedUserIds],
});
