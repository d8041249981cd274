/** Writes the schemas of the OpenAPI document as types of Python: a TypedDict for each object, and a Literal for each enum. */
import { z } from "zod";

const schemaType = z.union([z.string(), z.array(z.string())]).optional();

type Schema = {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  format?: string | undefined;
  description?: string | undefined;
  enum?: (string | null)[] | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  allOf?: Schema[] | undefined;
  items?: Schema | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: boolean | Schema | undefined;
};

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: schemaType,
    format: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.string().nullable()).optional(),
    anyOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
    allOf: z.array(schema).optional(),
    items: schema.optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
  }),
);

const parameter = z.object({ name: z.string(), in: z.string(), description: z.string().optional(), schema });

const openapi = z.object({
  components: z.object({ schemas: z.record(z.string(), schema) }),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ operationId: z.string().optional(), parameters: z.array(parameter).optional() }).catch({}),
    ),
  ),
});

/** The filters of lists, each with the operation that has it, and without these of its parameters. */
const FILTERS = {
  RunFilter: { operation: "list_tenant_workflow_runs", without: ["cursor", "details", "limit"] },
  FeedFilter: { operation: "list_events", without: ["limit"] },
  AuditFilter: { operation: "list_audit_events", without: ["cursor", "limit"] },
} as const;

/** Short names, as those of the TypeScript client. */
const ALIASES = {
  Answerers: "WorkflowRunAnswerers",
  ApiKey: "ApiKeyResponse",
  Backfill: "TriggerBackfill",
  Checkpoint: "WorkflowRunCheckpoint",
  ChildSpec: "GivenChildRun",
  Fault: "ValidationError",
  FeedEvent: "Event",
  Firing: "TriggerFiring",
  NewArtifact: "NewWorkflowRunArtifact",
  NewTrigger: "CreateTriggerRequest",
  NewWorkflow: "CreateWorkflowDefinitionRequest",
  Occurrences: "TriggerOccurrences",
  Policy: "WorkflowDefinitionPolicy",
  Run: "WorkflowRunResponse",
  RunDetails: "WorkflowRunDetails",
  RunEvent: "WorkflowRunEvent",
  RunExplanation: "WorkflowRunExplanation",
  RunFile: "WorkflowRunFile",
  RunLog: "WorkflowRunLog",
  RunLogEntry: "WorkflowRunLogEntry",
  RunResult: "WorkflowRunResult",
  RunSnapshot: "WorkflowRunSnapshot",
  RunStatus: "WorkflowRunStatus",
  TriggerContent: "TriggerRequest",
  TriggeredBatch: "TriggeredRunBatch",
  User: "UserResponse",
  Wait: "WorkflowRunWait",
  WaitOutcome: "WaitOutcomesValue",
  Workflow: "WorkflowDefinitionResponse",
} as const;

const HEADER = `"""The types of the API.

Made by \`npm run client:types\` from the OpenAPI document of the service. Do not edit: \`npm run check\` fails when the document
says something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
`;

const SCALARS: Readonly<Record<string, string>> = {
  string: "str",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "None",
};

/** Words that cannot be the name of a field in a class. */
const KEYWORDS = new Set(["class", "def", "from", "import", "in", "is", "lambda", "not", "pass", "return", "with"]);

const classNameOf = (name: string): string => name.replaceAll("_", "");
const capitalised = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Collects the classes, so that an object within another one gets a class of its own before that. */
class Classes {
  readonly texts: string[] = [];

  /** The type of a value. `name` is that of the class, if it needs one. */
  typeOf(one: Schema, name: string): string {
    if (one.$ref !== undefined) return classNameOf(one.$ref.split("/").at(-1) ?? "");
    if (one.allOf !== undefined) return this.typeOf(one.allOf[0] ?? {}, name);
    const options = one.anyOf ?? one.oneOf;
    if (options !== undefined) return options.map((option) => this.typeOf(option, name)).join(" | ");
    if (one.enum !== undefined)
      return `Literal[${one.enum.map((value) => JSON.stringify(value) ?? "").join(", ")}]`.replace("null", "None");
    const kinds = [one.type ?? []].flat();
    return kinds.length === 0 ? "Any" : kinds.map((kind) => this.#ofKind(kind, one, name)).join(" | ");
  }

  #ofKind(
    kind: string,
    { items, properties, required, additionalProperties, description }: Schema,
    name: string,
  ): string {
    if (kind === "array") return `list[${this.typeOf(items ?? {}, name.replace(/s$/, ""))}]`;
    if (kind !== "object") return SCALARS[kind] ?? "Any";
    if (properties !== undefined && Object.keys(properties).length > 0) {
      this.add(name, { properties, required, description });
      return name;
    }
    const values = typeof additionalProperties === "object" ? this.typeOf(additionalProperties, `${name}Value`) : "Any";
    return `dict[str, ${values}]`;
  }

  add(name: string, { properties = {}, required = [], description }: Schema): void {
    const fields = Object.entries(properties).map(([field, value]) => {
      const type = this.typeOf(value, name + capitalised(field));
      return { field, type: required.includes(field) ? type : `NotRequired[${type}]`, description: value.description };
    });
    this.texts.push(
      fields.some(({ field }) => KEYWORDS.has(field)) ? inCall(name, fields) : inClass(name, fields, description),
    );
  }
}

type Field = { field: string; type: string; description?: string | undefined };

function inClass(name: string, fields: readonly Field[], description?: string): string {
  const lines = [
    ...docstring(description),
    ...fields.flatMap(({ field, type, description }) => [`${field}: ${type}`, ...docstring(description)]),
  ];
  return [`class ${name}(TypedDict):`, ...(lines.length === 0 ? ["pass"] : lines).map((line) => `    ${line}`)].join(
    "\n",
  );
}

/** The other form, for a field whose name is a keyword. Its types are texts, since they are evaluated at once. */
const inCall = (name: string, fields: readonly Field[]): string =>
  [
    `${name} = TypedDict(`,
    `    "${name}",`,
    "    {",
    ...fields.map(
      ({ field, type }) =>
        `        "${field}": ${type.startsWith("NotRequired[") ? `NotRequired["${type.slice(12, -1)}"]` : `"${type}"`},`,
    ),
    "    },",
    ")",
  ].join("\n");

const docstring = (text: string | undefined): string[] =>
  text === undefined
    ? []
    : [`"""${text.replaceAll("\\", "\\\\").replaceAll('"""', "'''")}${text.endsWith('"') ? " " : ""}"""`];

/** In a filter, one value may stand for a list of it, and an instant may be a \`datetime\`. */
const inFilter = (type: string, isInstant: boolean): string => {
  if (isInstant) return `${type} | datetime`;
  const [, item] = /^list\[(.*)\]$/.exec(type) ?? [];
  return item === undefined ? type : `${item} | Sequence[${item}]`;
};

/** The module `workflow_runs.types` for an OpenAPI document, which is given as JSON. */
export function renderPythonTypes(document: string): string {
  const { components, paths } = openapi.parse(JSON.parse(document));
  const classes = new Classes();
  /** Unlike the classes, they are evaluated when the module is loaded, so each stands behind what it names. */
  const others: string[] = [];
  for (const [name, one] of Object.entries(components.schemas)) {
    if (one.properties !== undefined) classes.add(classNameOf(name), one);
    else others.push(`${classNameOf(name)}: TypeAlias = ${classes.typeOf(one, classNameOf(name))}`);
  }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  for (const [name, { operation, without }] of Object.entries(FILTERS)) {
    const found = operations.find(({ operationId }) => operationId === operation)?.parameters ?? [];
    const fields = found.filter((one) => one.in === "query" && !without.some((other) => other === one.name));
    const lines = fields.map((one) => {
      const type = classes.typeOf(one.schema, name + capitalised(one.name));
      const isInstant = one.schema.format === "date-time";
      return { field: one.name, type: `NotRequired[${inFilter(type, isInstant)}]`, description: one.description };
    });
    classes.texts.push(inClass(name, lines));
  }
  const aliases = Object.entries(ALIASES).map(([name, of]) => `${name}: TypeAlias = ${of}`);
  const literals = others.filter((text) => text.includes("= Literal["));
  const rest = others.filter((text) => !literals.includes(text));
  const texts = [HEADER.trimEnd(), literals.join("\n"), ...classes.texts, [...rest, ...aliases].join("\n")];
  return `${texts.join("\n\n\n")}\n`;
}
