import type { RequestIdVariables } from "hono/request-id";
import type { Config } from "../config.ts";
import type { RunToken } from "../runner/token.ts";
import type { Database } from "../store/client.ts";
import type { Credential } from "../store/principal.ts";

/** What the composition root hands to the app; Hono carries it as `c.env`. */
export type Services = { db: Database; config: Config };

export type AppEnv = {
  Bindings: Services;
  Variables: RequestIdVariables & { credential: Credential; runToken: RunToken };
};
