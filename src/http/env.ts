import type { RequestIdVariables } from "hono/request-id";
import type { Credential, Uses } from "../db/access.ts";
import type { VerbServices } from "../verbs/services.ts";
import type { AgentAccess } from "./credentials/agent-token.ts";
import type { RunToken } from "./credentials/run-token.ts";
import type { RunnerToken } from "./credentials/runner-token.ts";
import type { Session, VerifySession } from "./credentials/session-token.ts";

/** The services that the composition root passes to the app. Handlers find them in `c.env`. */
export type Services = Pick<VerbServices, "db" | "patientDb" | "config" | "live" | "send"> & {
  verifySession: VerifySession;
  /** For the request of a tool: on whose behalf the agent asks. `/mcp` sets it. */
  agent?: AgentAccess;
  /**
   * Notes in the database which credentials were used. Returns the ids of the tenants that have large rate limits, and null when the
   * database does not answer. Never rejects.
   */
  tellUses: (services: VerbServices, uses: Uses) => Promise<string[] | null>;
};

export type AppEnv = {
  Bindings: Services;
  Variables: RequestIdVariables & {
    /** For the verbs of the request: the services, and what the request has proved. */
    services: VerbServices;
    credential: Credential;
    /** As whom the rate limits count the caller: see `limitCaller`. */
    countedAs: string;
    /** The attempt of a run whose runner sent the request. */
    runToken: RunToken;
    /** The session of the runner that asks for runs. */
    runner: RunnerToken;
    /** The code of a command line that signs in. */
    code: string;
    /** The session of the person who requested a page. */
    session: Session;
    /** True when the answer has content that the service has not made: see `isolateFiles`. */
    isForeign?: boolean;
  };
};
