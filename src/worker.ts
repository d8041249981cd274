import { ConfigError, readConfig } from "./config.ts";
import { openDatabase } from "./db/client.ts";
import { openSessions } from "./http/credentials/session-token.ts";
import type { Services } from "./http/env.ts";
import { describeError, log } from "./log.ts";
import { createService } from "./routes.ts";
import { sweep } from "./sweep/sweep.ts";

const app = createService();

/** The platform hands the same bindings to every request of an isolate, so what is made of them is made once. */
const servicesOf = new WeakMap<object, Services>();

function compose(bindings: object): Services {
  const known = servicesOf.get(bindings);
  if (known) return known;
  const config = readConfig(bindings);
  const services = { db: openDatabase(config), config, verifySession: openSessions(config.sessions) };
  servicesOf.set(bindings, services);
  return services;
}

export default {
  fetch(request, bindings, context) {
    try {
      return app.fetch(request, compose(bindings), context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log("error", "misconfigured", { error: error.message });
      return new Response("The service is misconfigured; its log says how.\n", { status: 500 });
    }
  },

  async scheduled(_controller, bindings) {
    try {
      await sweep(compose(bindings));
    } catch (error) {
      log("error", "sweep", describeError(error));
      // So that the platform counts it as failed, too.
      throw error;
    }
  },
} satisfies ExportedHandler<object>;
