import { readConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/db/client.ts";
import type { Live } from "../../src/http/live/live.ts";
import type { TenantEffects } from "../../src/verbs/effects.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import type { Service } from "./service.ts";

/** A deployment without Durable Objects. `announced` gets what would be told to hubs. */
const liveOf = (announced: TenantEffects[]): Live => ({
  hasHubs: false,
  mark: async () => {},
  announce: async (tenants) => void announced.push(...tenants),
  notify: async () => {},
  listen: async () => "unavailable",
  waitForWork: async () => "unavailable",
  isFollowed: async () => true,
  heardOfRunners: async () => null,
  readHubLoad: async () => null,
  noteAlarm: async () => {},
  noteRefusedSignIn: async () => {},
  readStatus: async () => null,
  tellDatabaseUse: () => undefined,
});

/** The services for calling verbs of a service directly, as its sweep does. Nothing is sent to runners. */
export function verbServices({ bindings }: Service, announced: TenantEffects[] = []): VerbServices {
  const config = readConfig(bindings);
  const send = { dispatches: async () => {}, stops: async () => {}, stopped: async () => {}, firings: async () => {} };
  const db = openDatabase(config);
  return {
    ...{ db, patientDb: db, config, send, live: liveOf(announced) },
    ...{ proof: {}, requestId: null, sends: false, notifies: true, afterwards: (work) => void work() },
  };
}
