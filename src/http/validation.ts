import { type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { routePath } from "hono/route";
import type { AppEnv } from "./env.ts";
import { type Fault, type FaultType, ValidationFailed } from "./problems.ts";
import { counted } from "./text.ts";

type Issue = z.core.$ZodIssue;
type Location = "path" | "query" | "header" | "body";

/** Fields whose values, and all values within them, must not be repeated in an answer. */
const SECRET_FIELDS = new Set(["webhook_secret", "secret"]);

/** Fields that contain a secret. If a caller sends a plain text in their place, that text may be the secret. */
const FIELDS_WITH_SECRETS = new Set(["body", "runner_config"]);

/**
 * Finds every fault of a request. Hono's validators stop at the first invalid part of the request (path, query, headers or
 * body). This function runs only after one of them has failed, so valid requests are not validated twice.
 * @throws ValidationFailed always
 */
export async function rejectRequest(app: OpenAPIHono<AppEnv>, c: Context<AppEnv>): Promise<never> {
  const request = findRequestConfig(app, c);
  const media = request?.body?.content["application/json"];
  const json = media && "schema" in media ? media.schema : undefined;
  const checks: [Location, unknown, unknown][] = [
    ["path", request?.params, c.req.param()],
    ["query", request?.query, queryValues(c)],
    ["header", request?.headers, headerValues(c, request?.headers)],
    ["body", json, json && (await c.req.json().catch(() => ({})))],
  ];
  const faults = checks.flatMap(([location, schema, value]) =>
    schema instanceof z.ZodType ? faultsOf(location, schema, value) : [],
  );
  throw new ValidationFailed(faults);
}

function findRequestConfig(app: OpenAPIHono<AppEnv>, c: Context<AppEnv>): RouteConfig["request"] {
  const path = routePath(c);
  const method = c.req.method === "HEAD" ? "get" : c.req.method.toLowerCase();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route" || definition.route.method !== method) continue;
    if (definition.route.path.replaceAll(/\/{(.+?)}/g, "/:$1") === path) return definition.route.request;
  }
  return undefined;
}

function queryValues(c: Context): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

/** The headers with the names that the schema uses. Hono has them in lower case. */
function headerValues(c: Context, schema: unknown): Record<string, string | undefined> {
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return Object.fromEntries(names.map((name) => [name, c.req.header(name)]));
}

/**
 * Checks a body that was not sent as JSON, such as a form, like the API checks JSON.
 * @throws ValidationFailed
 */
export function checkBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = parse(schema, value);
  if (result.success) return result.data;
  throw new ValidationFailed(toFaults("body", result.error, value));
}

/** The faults that {@link checkBody} would throw. */
export const findFaults = (schema: z.ZodType, value: unknown): Fault[] => faultsOf("body", schema, value);

function faultsOf(location: Location, schema: z.ZodType, value: unknown): Fault[] {
  const result = parse(schema, value);
  return result.success ? [] : toFaults(location, result.error, value);
}

/** `reportInput` is needed to distinguish a missing field from one of the wrong type. */
const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown) =>
  schema.safeParse(value, { reportInput: true });

const toFaults = (location: Location, { issues }: z.ZodError, sent: unknown) =>
  issues.flatMap((issue) => readIssue(location, issue, sent));

function readIssue(location: Location, issue: Issue, sent: unknown): Fault[] {
  const loc = [location, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code === "invalid_union") {
    // All unions in our schemas are "this schema or null", so the faults of the schema are the ones to report.
    const [ofSchema = []] = issue.errors;
    return ofSchema.flatMap((inner) => readIssue(location, { ...inner, path: [...issue.path, ...inner.path] }, sent));
  }
  if (issue.code === "unrecognized_keys") {
    const msg = location === "query" ? "There is no such parameter." : "There is no such field.";
    return issue.keys.map((key) => ({ loc: [...loc, key], type: "extra_forbidden", msg }));
  }
  const value = valueAt(sent, issue.path);
  const { type, msg } = isRepeated(location, issue, value) ? REPEATED : describe(location, issue);
  const isSecret = loc.some((key) => SECRET_FIELDS.has(String(key))) || FIELDS_WITH_SECRETS.has(String(loc.at(-1)));
  const input = isSecret ? undefined : scalar(value);
  return [{ loc, type, msg, ...(input !== undefined && { input }) }];
}

const REPEATED: { type: FaultType; msg: string } = {
  type: "value_error",
  msg: "Was given more than once. Give it once.",
};

/** Whether it is a query parameter that was repeated and may not be. One that may be repeated, but not as often, is an array, too. */
const isRepeated = (location: Location, issue: Issue, value: unknown) =>
  location === "query" && Array.isArray(value) && !(issue.code === "too_big" && issue.origin === "array");

/**
 * The value that was sent at a path. The `input` of an issue cannot be used, since coercion may have changed it: it is NaN for
 * `limit=abc`. A query parameter that may be repeated is a plain text when it was sent once. The path then has one step more,
 * which is ignored.
 */
function valueAt(sent: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return value;
    return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }, sent);
}

/** Only plain values are repeated in an answer, since an object may contain a secret. */
function scalar(input: unknown): string | number | boolean | null | undefined {
  if (typeof input === "string") return input.slice(0, 255);
  return typeof input === "number" || typeof input === "boolean" || input === null ? input : undefined;
}

function describe(location: Location, issue: Issue): { type: FaultType; msg: string } {
  if (issue.code !== "custom" && issue.input === undefined && location !== "header") {
    return { type: "missing", msg: "This field is required." };
  }
  switch (issue.code) {
    case "invalid_format":
      return formatFault(issue.format);
    case "too_small":
      return sizeFault(issue.origin, "at least", issue.minimum, [
        "greater_than_equal",
        "too_short",
        "string_too_short",
      ]);
    case "too_big":
      return sizeFault(issue.origin, "at most", issue.maximum, ["less_than_equal", "too_long", "string_too_long"]);
    case "invalid_value":
      return { type: "enum", msg: `Must be one of ${issue.values.map((value) => `\`${String(value)}\``).join(", ")}.` };
    case "invalid_type":
      return typeFault(location, issue.expected);
    default:
      return { type: "value_error", msg: issue.message };
  }
}

function formatFault(format: string): { type: FaultType; msg: string } {
  switch (format) {
    case "guid":
      return { type: "uuid_parsing", msg: "Must be a UUID of 8-4-4-4-12 hex digits." };
    case "datetime":
      return { type: "datetime_parsing", msg: "Must be an instant such as `2026-01-31T12:00:00Z`." };
    case "email":
      return { type: "value_error", msg: "Must be an email address such as `name@example.com`." };
    case "url":
      return { type: "url_parsing", msg: "Must be an absolute URL such as `https://runner.example.com/hook`." };
    default:
      return { type: "value_error", msg: "Has the wrong form." };
  }
}

function sizeFault(
  origin: string,
  bound: string,
  limit: number | bigint,
  [ofNumber, ofArray, ofString]: readonly [FaultType, FaultType, FaultType],
): { type: FaultType; msg: string } {
  if (origin === "string") return { type: ofString, msg: `Must have ${bound} ${counted(Number(limit), "character")}.` };
  if (origin === "array") return { type: ofArray, msg: `Must have ${bound} ${counted(Number(limit), "item")}.` };
  return { type: ofNumber, msg: `Must be ${bound} ${limit}.` };
}

function typeFault(location: Location, expected: string): { type: FaultType; msg: string } {
  switch (expected) {
    case "string":
      return { type: "string_type", msg: "Must be a string." };
    case "int":
    case "number":
      // In a query, the value is a text that is not a number. In JSON, the value has the wrong type.
      return { type: location === "body" ? "int_type" : "int_parsing", msg: "Must be a whole number." };
    case "boolean":
      return { type: "bool_parsing", msg: "Must be `true` or `false`." };
    default:
      return { type: "value_error", msg: `Must be ${expected === "array" ? "an array" : "an object"}.` };
  }
}
