import { describe, expect, it } from "vitest";
import example from "../.dev.vars.example?raw";
import { parseKeyRing } from "../src/base/key-ring.ts";
import { ConfigError, type ConfigFault, PUBLISHED_KEYS, readConfig } from "../src/config.ts";
import { SETTINGS } from "./support/settings.ts";

const PRODUCTION = {
  ...SETTINGS,
  DATABASE_URL: "postgres://user:password@ep-cool-name-123456-pooler.eu-central-1.aws.neon.tech/main",
  ALLOW_LOCAL_RUNNERS: "false",
};

/** The vars of `.dev.vars.example`. */
const EXAMPLE = Object.fromEntries([...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));

function faultsOf(vars: Record<string, unknown>): readonly ConfigFault[] {
  try {
    readConfig(vars);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("a configuration for production", () => {
  it("is accepted when no setting in it is for the local stack", () => {
    expect(faultsOf(PRODUCTION)).toEqual([]);
    expect(faultsOf({ ...PRODUCTION, SESSION_SECRET: SETTINGS.RUN_TOKEN_SECRET })).toEqual([]);
  });

  it.each([
    [{ PUBLIC_URL: "http://service.example.com" }, "PUBLIC_URL", "must begin with https://"],
    [{ PUBLIC_URL: "http://localhost:8787" }, "PUBLIC_URL", "must begin with https://"],
    [{ ALLOW_LOCAL_RUNNERS: "true" }, "ALLOW_LOCAL_RUNNERS", "is for the local stack only"],
    [{ ENCRYPTION_KEY: EXAMPLE.ENCRYPTION_KEY }, "ENCRYPTION_KEY", "has a key of .dev.vars.example"],
    [{ RUN_TOKEN_SECRET: EXAMPLE.RUN_TOKEN_SECRET }, "RUN_TOKEN_SECRET", "has a key of .dev.vars.example"],
    [{ SESSION_SECRET: EXAMPLE.SESSION_SECRET }, "SESSION_SECRET", "has a key of .dev.vars.example"],
    [
      { SESSION_SECRET: `k2:${"x".repeat(32)},${EXAMPLE.SESSION_SECRET?.replace("local", "k1")}` },
      "SESSION_SECRET",
      "has a key of .dev.vars.example",
    ],
  ])("is refused with %j, by the name and the reason", (vars, name, reason) => {
    expect(faultsOf({ ...PRODUCTION, ...vars })).toEqual([{ name, reason }]);
    expect(() => readConfig({ ...PRODUCTION, ...vars })).toThrow(`${name} (${reason})`);
  });

  it("names every setting of the example file that is not for production", () => {
    const { DATABASE_URL } = PRODUCTION;
    const { NEON_FETCH_ENDPOINT: _, ...vars } = EXAMPLE;
    const names = faultsOf({ ...vars, DATABASE_URL }).map(({ name }) => name);
    expect(names).toEqual(["PUBLIC_URL", "ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "SESSION_SECRET"]);
  });

  it("is recognised by the endpoint of the database, not by the host in its URL", () => {
    const endpoint = { DATABASE_URL: "postgres://localhost/main", NEON_FETCH_ENDPOINT: "https://sql.example.com/sql" };
    expect(faultsOf({ ...PRODUCTION, ...endpoint, ALLOW_LOCAL_RUNNERS: "true" })).toMatchObject([
      { name: "ALLOW_LOCAL_RUNNERS" },
    ]);
  });
});

describe("the settings of the login service", () => {
  const LOGIN = { OIDC_ISSUER: "https://login.example/", OIDC_CLIENT_ID: "id", SESSION_SECRET: EXAMPLE.SESSION_SECRET };

  it("are the issuer, and by default its host as the name", () => {
    const config = readConfig({ ...EXAMPLE, ...LOGIN, OIDC_TRUSTED_EMAIL_DOMAINS: "Test.example, b.example" });
    expect(config.login).toEqual({
      issuer: new URL("https://login.example/"),
      clientId: "id",
      clientSecret: undefined,
      name: "login.example",
      trustedEmailDomains: ["test.example", "b.example"],
    });
    expect(readConfig(EXAMPLE).login).toBeUndefined();
  });

  it.each([
    ["OIDC_CLIENT_ID", { OIDC_CLIENT_ID: undefined }],
    ["SESSION_SECRET", { SESSION_SECRET: undefined }],
    ["OIDC_ISSUER", { OIDC_ISSUER: "http://login.example/" }],
    ["OIDC_ISSUER", { OIDC_ISSUER: "http://localhost:8790/", ALLOW_LOCAL_RUNNERS: "false" }],
    ["OIDC_TRUSTED_EMAIL_DOMAINS", { OIDC_TRUSTED_EMAIL_DOMAINS: "test.example,*" }],
    ["OIDC_CLIENT_AUTH_METHOD", { OIDC_CLIENT_AUTH_METHOD: "private_key_jwt" }],
    [
      "OIDC_TRUSTED_EMAIL_DOMAINS",
      { OIDC_ISSUER: "https://accounts.google.com", OIDC_TRUSTED_EMAIL_DOMAINS: "test.example" },
    ],
    [
      "OIDC_TRUSTED_EMAIL_DOMAINS",
      {
        OIDC_ISSUER: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        OIDC_TRUSTED_EMAIL_DOMAINS: "test.example",
      },
    ],
  ])("are refused, with the name of the one that is wrong: %s", (name, vars) => {
    expect(faultsOf({ ...EXAMPLE, ...LOGIN, ...vars }).map((fault) => fault.name)).toEqual([name]);
  });

  it("allow http on this machine, for the local stack", () => {
    expect(faultsOf({ ...EXAMPLE, ...LOGIN, OIDC_ISSUER: "http://localhost:8790" })).toEqual([]);
  });
});

describe("a configuration for this machine", () => {
  it.each([
    ["the example file", {}],
    ["the database's host", { NEON_FETCH_ENDPOINT: undefined }],
    ["the endpoint", { DATABASE_URL: PRODUCTION.DATABASE_URL, NEON_FETCH_ENDPOINT: "http://[::1]:8789/sql" }],
  ])("is accepted because of a database on this machine: %s", (_, vars) => {
    expect(faultsOf({ ...EXAMPLE, ...vars })).toEqual([]);
  });

  it("is refused without LOCAL_STACK, although the database is on this machine", () => {
    const { LOCAL_STACK: _, ...vars } = EXAMPLE;
    const names = faultsOf(vars).map(({ name }) => name);
    expect(names).toEqual(["PUBLIC_URL", "ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "SESSION_SECRET"]);
  });

  it("has exactly the keys that are refused elsewhere", () => {
    const rings = ["ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "SESSION_SECRET"].map((name) =>
      parseKeyRing(EXAMPLE[name] ?? ""),
    );
    expect(new Set(rings.map((ring) => ring?.newest.secret))).toEqual(PUBLISHED_KEYS);
  });
});
