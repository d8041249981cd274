const UNKNOWN_AUTHORITY =
  "the server is not trusted: its certificate is of an authority that is unknown here; if it is your own, name its file in " +
  "NODE_EXTRA_CA_CERTS";
const NO_TLS = "the server does not speak TLS on this port: should the URL begin with http://?";

/** The faults of TLS in words, by the codes of OpenSSL and Node. */
const TLS_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server is not trusted: its certificate has expired",
  CERT_NOT_YET_VALID:
    "the server is not trusted: its certificate is not valid yet, or the clock of this machine is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server is not trusted: its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** Node's `fetch` says "fetch failed" and has the reason in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const fault = TLS_FAULTS[code];
  if (fault !== undefined) return `${fault} (${code})`;
  const isVague = cause instanceof Error && (error.message === "fetch failed" || error.message === "terminated");
  return isVague ? cause.message || code || error.message : error.message;
}
