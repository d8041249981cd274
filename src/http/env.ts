import type { RequestIdVariables } from "hono/request-id";
import type { Config } from "../config.ts";
import type { RunToken } from "../runner/token.ts";
import type { Database } from "../store/client.ts";
import type { Credential, SessionClaims } from "../store/principal.ts";
import type { VerifySession } from "./session-token.ts";

/** What the composition root hands to the app; Hono carries it as `c.env`. */
export type Services = { db: Database; config: Config; verifySession: VerifySession };

export type AppEnv = {
  Bindings: Services;
  Variables: RequestIdVariables & {
    credential: Credential;
    runToken: RunToken;
    /** Of who looks at a page. */
    session: SessionClaims;
  };
};
