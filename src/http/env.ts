import type { RequestIdVariables } from "hono/request-id";
import type { Config } from "../config.ts";
import type { Credential } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { RunToken } from "./credentials/run-token.ts";
import type { RunnerToken } from "./credentials/runner-token.ts";
import type { Session, VerifySession } from "./credentials/session-token.ts";
import type { Live } from "./live/live.ts";

/** The services of work that no client waits for. */
export type BackgroundServices = { db: Database; config: Config; live: Live };

/**
 * The services that the composition root passes to the app. Handlers find them in `c.env`. `background` is for what they do after
 * the answer: its database is patient, see `openDatabase`.
 */
export type Services = BackgroundServices & { verifySession: VerifySession; background: BackgroundServices };

export type AppEnv = {
  Bindings: Services;
  Variables: RequestIdVariables & {
    credential: Credential;
    /** The attempt of a run whose runner sent the request. */
    runToken: RunToken;
    /** The session of the runner that asks for runs. */
    runner: RunnerToken;
    /** The session of the person who requested a page. */
    session: Session;
    /** True when the hub was told which runs the request changed. */
    isAnnounced: boolean;
  };
};
