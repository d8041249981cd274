import { exports, tracing, WorkerEntrypoint } from "cloudflare:workers";
import { describeError, log } from "./base/log.ts";
import { traceWith } from "./base/trace.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { openDatabase } from "./db/client.ts";
import type { VerifySession } from "./http/credentials/session-token.ts";
import type { Services } from "./http/env.ts";
import { readObjects } from "./hub/bindings.ts";
import { openLive } from "./hub/open-live.ts";
import { sweepUnlessIdle } from "./hub/sweep-unless-idle.ts";
import { service } from "./routes.ts";
import type { TenantSweep } from "./sweep/sweep-tenant.ts";
import type { Sender, VerbServices } from "./verbs/services.ts";

export { Hub } from "./hub/hub.ts";
export { Register } from "./hub/register.ts";

declare global {
  namespace Cloudflare {
    /** Types `ctx.exports`. */
    interface GlobalProps {
      mainModule: typeof import("./worker.ts");
    }
  }
}

traceWith(tracing);

type Composed = Services & { live: ReturnType<typeof openLive> };

/**
 * The services for each bindings object. All requests of an isolate get the same bindings object, so its services are created
 * once.
 */
const servicesOf = new WeakMap<object, Composed>();

function compose(bindings: object): Composed {
  const known = servicesOf.get(bindings);
  if (known) return known;
  const config = readConfig(bindings);
  const live = openLive(readObjects(bindings), config.hubLocation, (endpointIds) =>
    exports.Notifier.notify(endpointIds),
  );
  const services = {
    db: openDatabase(config),
    patientDb: openDatabase({ ...config, isPatient: true }),
    config,
    verifySession: openSessionsLater(config),
    ...{ live, send, tellUses },
  };
  servicesOf.set(bindings, services);
  return services;
}

/** Sends by modules that are loaded here, since the answer of a new isolate does not need them. */
const send: Sender = {
  dispatches: async (services, dispatches) =>
    (await import("./dispatches/send-dispatches.ts")).sendDispatches(services, dispatches),
  stops: async (services, stops) => (await import("./dispatches/stop-dispatch.ts")).sendStops(services, stops),
  stopped: async (services, stopped) =>
    (await import("./dispatches/send-dispatches.ts")).sendStopped(services, stopped),
  firings: async (services, tenantIds) => (await import("./triggers/fire-due.ts")).fireDueOf(services, tenantIds),
};

/** The module is loaded here, since isolates need it at most once an hour. */
const tellUses: Services["tellUses"] = async (services, uses) =>
  (await import("./people/sign-ins/note-uses.ts")).tellUses(services, uses);

/** For verbs that are not part of a request. No client waits for them. */
const ofService = (services: Composed, ctx: { waitUntil(work: Promise<unknown>): void }): VerbServices => ({
  ...services,
  db: services.patientDb,
  proof: {},
  requestId: null,
  sends: true,
  notifies: true,
  afterwards: (work) => ctx.waitUntil(work()),
});

/** Verifies session tokens by a module that is loaded with the first of them, since most requests have an API key. */
function openSessionsLater(config: Config): VerifySession {
  let verify: VerifySession | undefined;
  return async (token) => {
    if (!verify) {
      const { openSessions } = await import("./http/credentials/session-token.ts");
      // Another request may have got here first, and its verifier has the keys that it fetched.
      verify ??= openSessions(config);
    }
    return verify(token);
  };
}

/**
 * Called by the alarm of a hub. The sweep of a tenant thus runs in an invocation of its own, and the hub does not wait for
 * runners.
 */
export class TenantSweeper extends WorkerEntrypoint<object> {
  /** Tests replace it: see test/support/live-service.ts. */
  protected load = () => import("./sweep/sweep-tenant.ts");

  /** `lateMs` is how much later than planned the alarm fired. Returns null when the sweep has failed, and then logs why. */
  async sweepTenant(tenantId: string, lateMs: number): Promise<TenantSweep | null> {
    try {
      const services = compose(this.env);
      this.ctx.waitUntil(services.live.noteAlarm(lateMs));
      const { sweepTenant } = await this.load();
      const swept = await sweepTenant(ofService(services, this.ctx), tenantId);
      this.ctx.waitUntil(Promise.resolve(services.live.tellDatabaseUse()));
      return swept;
    } catch (error) {
      log("error", "tenant sweep", { tenant_id: tenantId, ...describeError(error) });
      return null;
    }
  }
}

/**
 * Called after a change of which endpoints are notified. It runs in invocations of its own, so that no dispatch waits for an
 * endpoint, and no endpoint for another.
 */
export class Notifier extends WorkerEntrypoint<object> {
  /** Tests replace it: see test/support/service.ts. */
  protected load = () => import("./notify/sending/send-notifications.ts");

  async notify(endpointIds: string[]): Promise<void> {
    const { sendNotifications } = await this.load();
    const services = compose(this.env);
    const sending = sendNotifications(ofService(services, this.ctx), endpointIds);
    this.ctx.waitUntil(sending.finally(() => services.live.tellDatabaseUse()));
  }
}

export default {
  fetch(request, bindings, context) {
    try {
      return service.fetch(request, compose(bindings), context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log("error", "misconfigured", { error: error.message });
      return new Response("The service is misconfigured; its log says how.\n", { status: 500 });
    }
  },

  async scheduled(_controller, bindings) {
    try {
      const services = compose(bindings);
      const { sweep } = await import("./sweep/sweep.ts");
      await sweepUnlessIdle(services.live.openRegister(), () => sweep(services));
      await services.live.tellDatabaseUse();
    } catch (error) {
      log("error", "sweep", describeError(error));
      // Thrown again, so that the platform also counts the invocation as failed.
      throw error;
    }
  },
} satisfies ExportedHandler<object>;
