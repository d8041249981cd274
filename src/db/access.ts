import type { Scope } from "./enums.ts";

/** The credential that a caller sent. */
export type Credential =
  | {
      /** Hex SHA-256 of an API key. */
      apiKeyHash: string;
      /** What the text of the key says that it may at most do; undefined for all that its user may. */
      scopes?: readonly Scope[] | undefined;
    }
  | { session: SessionClaims };

/**
 * The claims of a session token whose signature was verified. Instants are in seconds since 1970. A session that began with an
 * API key (`apiKeyId`) ends when that key is revoked or expires, and one that began with a login (`loginId`) when its user is untied
 * from it. Both have a `signInSessionId`, and end when somebody ends that.
 */
export type SessionClaims = {
  userId: string;
  tenantId: string;
  expiresAt: number;
  notBefore: number;
  apiKeyId: string | null;
  loginId: string | null;
  signInSessionId: string | null;
  /** The email, if the login service says that it has verified it. */
  verifiedEmail: string | null;
  /** Set for an agent that asks on behalf of the user: see `agent_grants`. */
  agentGrantId?: string;
};

/** Credentials that were used: API keys by their hashes, and sessions by their ids. */
export type Uses = {
  keyHashes: ReadonlySet<string>;
  runnerSessionIds: ReadonlySet<string>;
  signInSessionIds: ReadonlySet<string>;
};

/** Whose requests, streams and waits are counted together: those with one API key, or with the sessions of one user. */
export const countedAs = (credential: Credential): string =>
  "session" in credential ? credential.session.userId : credential.apiKeyHash;

/** Thrown when the database finds that a credential is not valid now. The request is then answered 401. */
export class Unauthenticated extends Error {
  constructor() {
    super("The database knows no caller with this credential.");
    this.name = "Unauthenticated";
  }
}

/** A credential as the SQL functions take it: see `find_caller` in SQL. */
export const credentialJson = (credential: Credential): string =>
  JSON.stringify(
    "session" in credential
      ? {
          user_id: credential.session.userId,
          tenant_id: credential.session.tenantId,
          expires_at: credential.session.expiresAt,
          not_before: credential.session.notBefore,
          api_key_id: credential.session.apiKeyId,
          login_id: credential.session.loginId,
          sign_in_session_id: credential.session.signInSessionId,
          verified_email: credential.session.verifiedEmail,
          agent_grant_id: credential.session.agentGrantId,
        }
      : { api_key_hash: credential.apiKeyHash, scopes: credential.scopes?.join() },
  );
