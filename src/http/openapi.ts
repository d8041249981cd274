import { type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { version } from "../../package.json";
import type { AppEnv } from "./env.ts";
import { PROBLEM_HEADERS, problemBody } from "./errors.ts";
import { TOKEN_COOKIE } from "./middleware/authenticate.ts";
import { entityTag, NOT_MODIFIED } from "./middleware/conditional.ts";
import { PROBLEMS, type ProblemCode } from "./problems.ts";
import { createRouter } from "./router.ts";
import { FIELDS_OF_KIND, kindOf } from "./routes.ts";

export { version };

export type Document = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;

const SECURITY_SCHEMES = {
  ApiKey: {
    type: "http",
    scheme: "bearer",
    description:
      "An API key: `Authorization: Bearer wr_…`. A key with scopes may only do what names one of them in `x-scopes`.",
  },
  Session: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A session token: `Authorization: Bearer <JWT>` with the claims `sub` (the id of a user of this service), `tenant_id` " +
      "(the id of their tenant) and `exp`.",
  },
  SessionCookie: {
    type: "apiKey",
    in: "cookie",
    name: TOKEN_COOKIE,
    description: "A session token as a cookie. Changes need a same-origin `Origin`, or `Sec-Fetch-Site: same-origin`.",
  },
  RunToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "The `callback_token` in the dispatch or lease of a run. It is valid for that attempt of the run only.",
  },
  RunnerSession: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The `token` of a runner's session: see `/v1/runner-sessions`.",
  },
  WebhookSignature: {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description:
      "The signature of a message to a trigger, as its scheme wants it: this header of Standard Webhooks, `X-Hub-Signature-256` of GitHub, " +
      "`Stripe-Signature`, `X-Slack-Signature`, or the header that the trigger names; of GitLab the secret itself, in `X-Gitlab-Token`.",
  },
  CommandLineCode: {
    type: "http",
    scheme: "bearer",
    description:
      "The code that `/app/command-line` sends to the loopback address of a command line, when a signed-in person has agreed. " +
      "It works once, and for a minute.",
  },
} as const;

/** What the operations and webhooks with each tag are about, in the order in which readers see them. */
const TAGS = {
  "Workflow runs":
    "Executions of workflows: how they stand and how they ended, their logs and files, and how to stop or retry them.",
  "Workflow definitions":
    "Reusable configurations: the runner, the time limit, the files that are read and written, and the policy.",
  Triggers: "What triggers runs by itself: schedules, webhooks of other services, and the ends of other runs.",
  Runner: "What runners call: to lease runs, to say that they still work, and to report results, logs and files.",
  Events: "What has happened to runs, as a list without gaps and as a stream.",
  Notifications: "Webhooks and chat messages about events: where they are sent, and what has become of them.",
  "Path parts": "The tree of the tenant: folders, documents, versions of documents, and workflows.",
  Folders: "The folders of that tree.",
  Users: "The people of the tenant, and their roles.",
  "User permissions": "What a user may read or write: a path part and everything below it.",
  "API keys": "Keys for programs, and the keys that a command line or a runner gets.",
  "Sign-in sessions": "Where a person is signed in on the pages.",
  Invites: "Invitations to the tenant.",
  "Audit log": "Who has changed what.",
  Service: "Whether the service works, and how much it does.",
  "Messages to runners": "The webhooks that a runner with a URL gets.",
};

/** The OpenAPI 3.1 document of the routes of these routers, and of the webhooks. */
export function describeRoutes(routers: readonly Hono<AppEnv>[], webhooks: readonly RouteConfig[]): Document {
  const app = createRouter();
  for (const router of routers) app.route("/", router);
  for (const webhook of webhooks) app.openAPIRegistry.registerWebhook(webhook);
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  app.openAPIRegistry.register("Problem", ProblemSchema);
  app.openAPIRegistry.register("HTTPValidationError", HTTPValidationErrorSchema);
  const shared: SharedResponses = { validation_failed: VALIDATION_RESPONSE };
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    definition.route.responses = allResponses(definition.route, shared);
    for (const field of FIELDS_OF_KIND) Reflect.deleteProperty(definition.route, field);
  }
  for (const [name, response] of Object.entries(shared)) {
    app.openAPIRegistry.registerComponent("responses", name, response);
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "workflow-runs",
      version,
      description:
        "The control plane for workflow runs: trigger runs, follow their state, and see how they ended. " +
        "Unknown fields of a body are refused (422), and so are unknown query parameters. Only operations of the wire contract, " +
        "whose clients may send more, and those without authentication ignore unknown query parameters.",
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
}

/** The responses of errors, by their names in `components.responses`: each is there once, and operations refer to it. */
type SharedResponses = Record<string, ReturnType<typeof describeProblems> | typeof VALIDATION_RESPONSE>;

const refer = (name: string) => ({ $ref: `#/components/responses/${name}` });

/** A route's own responses, and those that its kind adds. Adds to `shared` what it refers to. */
function allResponses(route: RouteConfig, shared: SharedResponses): RouteConfig["responses"] {
  const { problems, isConditional, isSigned = false } = kindOf(route);
  const isSecured = isSigned || (route.security !== undefined && route.security.length > 0);
  const own = isConditional ? conditionalResponses(route.responses) : route.responses;
  // The contract lists 422 for every secured operation, even for those that have no values to check.
  return { ...problemResponses(problems, shared), ...(isSecured && { 422: refer("validation_failed") }), ...own };
}

/** Adds the `ETag` to the 200 of a conditional route, and a 304 with the same headers. */
function conditionalResponses(responses: RouteConfig["responses"]): RouteConfig["responses"] {
  const { 200: found } = responses;
  if (!found || "$ref" in found) return responses;
  const headers = { ...entityTag, ...found.headers };
  return { ...responses, 200: { ...found, headers }, 304: { description: NOT_MODIFIED, headers } };
}

const HTTPValidationErrorSchema = z
  .object({
    // It is always present, but optional in the schema because the contract has it so.
    detail: z
      .array(
        z
          .object({
            loc: z.array(z.union([z.string(), z.int()])),
            msg: z.string(),
            type: z.string(),
            input: z.any().optional(),
            ctx: z.object({}).optional(),
          })
          .openapi("ValidationError"),
      )
      .optional(),
  })
  .openapi("HTTPValidationError", {
    example: {
      detail: [
        { loc: ["path", "run_id"], type: "uuid_parsing", msg: "Must be a UUID of 8-4-4-4-12 hex digits.", input: "42" },
      ],
    },
  });

const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  request_id: z.string(),
});

/** References to the responses of these problems, one for each status. */
function problemResponses(codes: readonly ProblemCode[], shared: SharedResponses): RouteConfig["responses"] {
  const byStatus = Object.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => {
      const name = group.join("_or_");
      shared[name] ??= describeProblems(Number(status), group);
      return [status, refer(name)];
    }),
  );
}

const describeProblems = (status: number, codes: readonly ProblemCode[]) => ({
  description: codes.map((code) => PROBLEMS[code].title).join(" · "),
  ...describeHeaders(status, codes),
  content: {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: Object.fromEntries(codes.map((code) => [code, { value: problemBody(code, "0b6f3c1e-…") }])),
    },
  },
});

/** Headers that some of the answers with a problem have. */
const OPTIONAL_HEADERS: Partial<Record<ProblemCode, Record<string, object>>> = {
  busy: {
    "X-Blocked-By-Run": {
      schema: { type: "string", format: "uuid" },
      description: "When the workflow is busy: the run that is in the way, if you may see it.",
    },
  },
  misdirected: {
    Location: {
      schema: { type: "string", format: "uri" },
      description: "The URL of the cell that the credential is of, if it is known here.",
    },
  },
};

/** The headers of each answer with this status, and those that some of these problems have. */
function describeHeaders(status: number, codes: readonly ProblemCode[]) {
  const always = Object.entries(PROBLEM_HEADERS[status] ?? {}).map(([name, example]) => {
    const type = typeof example === "number" ? ("integer" as const) : ("string" as const);
    return [name, { required: true, schema: { type, example } }] as const;
  });
  const described = Object.assign(Object.fromEntries(always), ...codes.map((code) => OPTIONAL_HEADERS[code]));
  return Object.keys(described).length === 0 ? {} : { headers: described };
}

/** The response for a request with invalid values. */
const VALIDATION_RESPONSE = {
  description: "Validation failed: every fault is listed",
  content: { "application/json": { schema: { $ref: "#/components/schemas/HTTPValidationError" } } },
};
