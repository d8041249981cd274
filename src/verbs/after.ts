import type { Effects, TenantEffects } from "./effects.ts";
import type { VerbServices } from "./services.ts";

const NO_EFFECTS: Effects = { tenants: [], dispatches: [], stops: [], stopped: [] };

/**
 * Carries out the effects of a verb: tells the hubs, starts notifications, ends streams, sends to runners, and fires triggers. Effects
 * that are left out are empty. Never rejects: what is not told, sent or fired here stays due in the database, and the sweep finds it.
 */
export async function after(given: VerbServices, effects: Partial<Effects>): Promise<void> {
  const services = { ...given, db: given.patientDb };
  const { live, send, notifies } = services;
  const { tenants, dispatches, stops, stopped } = { ...NO_EFFECTS, ...effects };
  const told = notifies ? tenants : tenants.map((tenant) => ({ ...tenant, endpoint_ids: [] }));
  const firing = tenants.flatMap(({ tenant_id: tenantId, fires }) => (fires ? [tenantId] : []));
  await Promise.all([
    told.length > 0 && live.announce(told),
    dispatches.length > 0 && send.dispatches(services, dispatches),
    stops.length > 0 && send.stops(services, stops),
    stopped.length > 0 && send.stopped(services, stopped),
    firing.length > 0 && send.firings(services, firing),
  ]);
}

/**
 * Starts sending the notifications that are due to these endpoints. Only the cron's sweep calls it: its verbs start none themselves, so
 * that all of them are started once, at its end. Never rejects.
 */
export const startNotifications = ({ live }: VerbServices, endpointIds: readonly string[]): Promise<void> =>
  live.notify(endpointIds);

/**
 * Tells the hubs what the cron's sweep has collected: see `collectAnnouncements`. Only that sweep calls it, at its end. Never rejects.
 */
export const tellHubs = ({ live }: Pick<VerbServices, "live">, changes: readonly TenantEffects[]): Promise<void> =>
  live.announce(changes);
