/** The answers of errors.ts in the OpenAPI document. Only the document needs them, so they are not loaded before it. */
import { z } from "@hono/zod-openapi";
import { PROBLEM_HEADERS, problemBody } from "./errors.ts";
import { PROBLEMS, type ProblemCode } from "./problems.ts";

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

const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    request_id: z.string(),
  })
  .openapi("Problem");

/** The OpenAPI responses of these problems, grouped by status. */
export function problemResponses(...codes: ProblemCode[]) {
  const byStatus = Object.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group.map((code) => PROBLEMS[code].title).join(" · "),
        ...describeHeaders(PROBLEM_HEADERS[Number(status)]),
        content: {
          "application/problem+json": {
            schema: ProblemSchema,
            examples: Object.fromEntries(group.map((code) => [code, { value: problemBody(code, "0b6f3c1e-…") }])),
          },
        },
      },
    ]),
  );
}

function describeHeaders(headers: Record<string, string | number> | undefined) {
  if (headers === undefined) return {};
  const described = Object.entries(headers).map(([name, example]) => {
    const type = typeof example === "number" ? ("integer" as const) : ("string" as const);
    return [name, { required: true, schema: { type, example } }] as const;
  });
  return { headers: Object.fromEntries(described) };
}

/** The OpenAPI response for a request with invalid values. */
export const validationResponse = {
  422: {
    description: "Validation failed: every fault is listed",
    content: { "application/json": { schema: HTTPValidationErrorSchema } },
  },
};
