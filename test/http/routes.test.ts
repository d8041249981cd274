import { createRoute } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { pages } from "../../src/dashboard/routes.ts";
import { createApp } from "../../src/http/app.ts";
import { createRouter } from "../../src/http/router.ts";
import { callerRead, callerWrite, openRead } from "../../src/http/routes.ts";
import { at } from "../support/contract.ts";
import { document, documentFaults, operations } from "../support/document.ts";
import { startService } from "../support/service.ts";

const securityOf = ({ path, method }: { path: string; method: string }) =>
  at(document, "paths", path, method.toLowerCase()).security;

const isSecured = (operation: { path: string; method: string }) => {
  const security = securityOf(operation);
  return Array.isArray(security) && security.length > 0;
};

const responses = { 204: { description: "Done" } };

const service = await startService();

describe("a route that declares security", () => {
  it.each(operations.filter(isSecured))("answers $operationId 401 without a credential", async (operation) => {
    const path = operation.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
    const [response, requests] = await service.counted(() => service.fetch(path, { method: operation.method }));
    // Only the database knows with what a message to a trigger must be signed.
    expect([response.status, requests]).toEqual([401, operation.path.startsWith("/v1/inbound/") ? 1 : 0]);
    expect(await documentFaults(operation, response)).toEqual([]);
  });

  it("is every route except those that describe the service and its health, and the one with a token in its path", () => {
    const open = operations.filter((operation) => !isSecured(operation)).map(({ operationId }) => operationId);
    const ofService = ["get_service", "health_check", "liveness_check", "readiness_check"];
    expect(open.toSorted()).toEqual([...ofService, "receive_webhook_by_token"].sort());
  });

  it("cannot be made without a builder, nor with a builder and a security or middleware of its own", () => {
    const route = createRoute({ method: "get", path: "/v1/open", security: [{ ApiKey: [] }], responses });
    const router = createRouter();
    router.openapi(route, (c) => c.body(null, 204));
    expect(() => createApp([router])).toThrow("get /v1/open is not made by a builder");

    // @ts-expect-error: the builder gives the security.
    openRead({ path: "/v1/open", security: [{ ApiKey: [] }], responses });
    // @ts-expect-error: the builder gives the middleware.
    callerRead({ path: "/v1/open", middleware: [], responses });
    // @ts-expect-error: a read is a GET.
    callerRead({ path: "/v1/open", method: "post", responses });
    // @ts-expect-error: a change is no GET.
    callerWrite({ path: "/v1/open", method: "get", responses });
  });
});

describe("a page", () => {
  const ways = pages.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/app/"));
  // Whoever opens the link of an invite has no session yet: its secret lets them in. The sign-in has scripts and styles, too.
  const scripts = "/app/assets/:folder/:name{.+}";
  const signIn = [
    "/app/sign-in",
    "/app/sign-in/oidc",
    "/app/sign-in/oidc/callback",
    "/app/sign-in/oidc/join",
    "/app/sign-out",
    "/app/signed-out",
  ];
  const open = new Set([...signIn, "/app/theme", "/app/invites/:id", scripts]);
  const paths = [...new Set(ways.map(({ method, path }) => `${method} ${path}`))];

  it.each(paths.map((way) => way.split(" ")).filter(([, path = ""]) => !open.has(path)))(
    "is not shown and takes nothing without a session: %s %s",
    async (method = "", path = "") => {
      const url = path.replaceAll(/:\w+/g, () => crypto.randomUUID());
      const headers = { "Sec-Fetch-Site": "same-origin" };
      const [response, requests] = await service.counted(() =>
        service.fetch(url, { method, headers, redirect: "manual" }),
      );
      expect([response.status, requests]).toEqual([303, 0]);
      expect(response.headers.get("location")).toMatch(/^\/app\/sign-in/);
    },
  );
});
