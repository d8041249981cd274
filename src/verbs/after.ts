import type { Effects } from "./effects.ts";
import type { VerbServices } from "./services.ts";

/**
 * Carries out the effects of a verb: tells the hubs, starts notifications, ends streams, and sends to runners. Never rejects: what
 * is not told or sent here stays due in the database, and the sweep finds it.
 */
export async function after(given: VerbServices, effects: Effects): Promise<void> {
  const services = { ...given, db: given.patientDb };
  const { live, send } = services;
  const { tenants, dispatches, stops, stopped } = effects;
  await Promise.all([
    tenants.length > 0 && live.announce(tenants),
    dispatches.length > 0 && send.dispatches(services, dispatches),
    stops.length > 0 && send.stops(services, stops),
    stopped.length > 0 && send.stopped(services, stopped),
  ]);
}
