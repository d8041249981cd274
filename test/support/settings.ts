/** The Worker's configuration in the tests, except its database. */
export const SETTINGS = {
  PUBLIC_URL: "https://service.test",
  ENCRYPTION_KEY: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  RUN_TOKEN_SECRET: "k1:run-token-secret-of-the-tests-0123456789",
  ALLOW_LOCAL_RUNNERS: "true",
  LOCAL_STACK: "true",
  // While other programs keep the CPU busy, a statement may take longer than the 10 seconds of the default.
  DATABASE_TIMEOUT_SECONDS: "60",
};
