/** Schemas that several resources use, with the names that they have in the wire contract. */
import { z } from "@hono/zod-openapi";
import { IDP_TYPES, MAX_PRIORITY, PART_TYPES, ROLES, RUNNER_TYPES } from "../db/enums.ts";
import { HAS_COMMANDS, isLongerThan, isOneLine, isPlainText, isStorable } from "./text.ts";

// These instances are shared, since each new schema delays the Worker's first answer.
const UUID = z.guid();
const INSTANT = z.iso.datetime();
const COUNT = z.int().min(0);
const PAGE_SIZE = z.int().min(1);

/** A UUID as the contract defines it: hex digits in groups of 8-4-4-4-12, any version. */
export const uuid = () => UUID;

/** How many characters a text may have. */
type Limits = { min?: number; max?: number };

/** Text that Postgres can store. `max` is in characters, as in the contract, whereas zod's `max` is in UTF-16 units. */
export const text = ({ min, max }: Limits = {}) =>
  z
    .string()
    .superRefine((value, context) => {
      if (min !== undefined && value.length < min) {
        context.addIssue({ code: "too_small", origin: "string", minimum: min, inclusive: true, input: value });
      }
      if (max !== undefined && isLongerThan(value, max)) {
        context.addIssue({ code: "too_big", origin: "string", maximum: max, inclusive: true, input: value });
      }
      if (!isStorable(value)) {
        context.addIssue({ code: "custom", message: "Must not contain a zero byte or half a surrogate pair." });
      }
    })
    .openapi({ ...(min !== undefined && { minLength: min }), ...(max !== undefined && { maxLength: max }) });

/** An instant, RFC 3339 with milliseconds in UTC. */
export const instant = () => INSTANT;

/** An instant in a request, with any UTC offset, in the years 1 to 9999. It is converted to UTC. */
export const givenInstant = () =>
  z.iso
    .datetime({ offset: true })
    .transform((text, context) => {
      const at = new Date(text);
      const year = at.getUTCFullYear();
      if (year >= 1 && year <= 9999) return at.toISOString();
      context.addIssue({ code: "invalid_format", format: "datetime", input: text });
      return z.NEVER;
    })
    .openapi({ type: "string", format: "date-time" });

/** A query parameter that may be repeated: the schema of the list of its values. A single value is not sent as a list. */
export const repeated = <Item extends z.ZodType>(list: z.ZodArray<Item>) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), list.optional());

/** A position that the database has answered: `position_of` in SQL. */
const POSITION = /^(\d{1,15})\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isPositionOfRow = (text: string): boolean => POSITION.test(text);

/** The query of a list whose pages begin after a position. */
export const positionQuery = () =>
  z.object({
    cursor: z
      .string()
      .regex(POSITION, { message: "Must be the `next_cursor` of an earlier answer, unchanged." })
      .optional()
      .openapi({ type: "string", description: "The `next_cursor` of the page before." }),
    limit: z.coerce.number().int().min(1).max(100).default(20),
  });

/** Text without characters that a terminal or a page would obey. One that cannot be stored has a fault already, and needs no second one. */
const harmless = (limits: Limits | undefined, isHarmless: (value: string) => boolean) =>
  text(limits).refine((value) => isHarmless(value) || !isStorable(value), { message: HAS_COMMANDS });

/** One line of text, such as a name. */
export const oneLine = (limits: Limits) => harmless(limits, isOneLine);

/** One line of text with 1 to `max` characters. */
export const line = (max: number) => oneLine({ min: 1, max });

/** A description, which may have several lines. */
export const plainText = (limits?: Limits) => harmless(limits, isPlainText);

export const PartTypeSchema = z.enum(PART_TYPES).openapi("PartType");

export const TenantUserRoleSchema = z.enum(ROLES).openapi("TenantUserRole");

export const IdpTypeSchema = z.enum(IDP_TYPES).openapi("IdpType");

export const WorkflowRunnerTypeSchema = z.enum(RUNNER_TYPES).openapi("WorkflowRunnerType");

/**
 * A named schema, or null. `.nullable()` must not be used for a named schema: in the OpenAPI document it would become an
 * `allOf` that null does not satisfy.
 */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);

/** The query of a list that is paged by limit and offset. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  // The type is declared explicitly: since coercion turns null into 0, the document would otherwise allow null.
  offset: z.coerce.number().int().min(0).default(0).openapi({ type: "integer", minimum: 0, default: 0 }),
});

/** One page of a list, in the form of the contract. `total` is exact. */
export const paginated = <Item extends z.ZodType>(name: string, item: Item, example: z.infer<Item>) =>
  z
    .strictObject({ items: z.array(item), total: COUNT, limit: PAGE_SIZE, offset: COUNT })
    .openapi(name, { example: { items: [example], total: 1, limit: 20, offset: 0 } });

/** The content of a request or of an answer: JSON with this schema. */
export const jsonContent = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });

/** An answer with such a content. */
export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: jsonContent(schema),
});

/** A body with such a content, which a request must have. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: jsonContent(schema),
});

/** The same for a body that a request may leave out. */
export const optionalJsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: false as const,
  content: jsonContent(schema),
});

/** How urgent a run is among those of its workflow that wait. */
export const priority = () => z.int().min(0).max(MAX_PRIORITY);

/** Tags of a runner or of what needs one: up to 20, each of up to 50 characters. */
export const runnerTags = () =>
  z
    .array(
      text({ min: 1, max: 50 })
        .refine((tag) => RUNNER_TAG.test(tag), { message: "Must be of the characters a-z, 0-9, `.`, `_` and `-`." })
        .openapi({ pattern: RUNNER_TAG.source }),
    )
    .max(20);

const RUNNER_TAG = /^[a-z0-9._-]+$/;
