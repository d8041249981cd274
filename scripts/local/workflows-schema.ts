/**
 * The JSON Schema of the file that `workflow-runs apply` reads. It is made from the schemas of workflows, policies and triggers in the
 * OpenAPI document of the service. So a new field of one of them can be used in the file without a change here.
 */

type Schema = {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
};

/** The path relative to the root. The file is committed: the client's package has it, and the service shows it. */
export const WORKFLOWS_SCHEMA = "client/workflows.schema.json";

/** Keywords of OpenAPI that say nothing about the values, or do not help people in an editor. */
const LEFT_OUT = new Set(["example", "examples", "writeOnly"]);

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const PATH_OF_WORKFLOW =
  "The path of a workflow: `/workflows/` and its name, which may have further `/`; or `/workflows/` and its id, with its `name` below.";
const PART = "The path of a file or folder. With a `/` at its end it is a folder, which is created when it is missing.";

const path = (description: string, pattern = "^(/[^/]+)+/?$") => ({ type: "string", pattern, description });
const workflowPath = path(PATH_OF_WORKFLOW, "^/workflows/.");
const secret = (description: string) => ({
  type: "string",
  pattern: "^\\$\\{env:[A-Za-z_][A-Za-z0-9_]*\\}$",
  description: `\${env:NAME}, the name of an environment variable: a secret itself does not stand in the file. ${description}`,
});

/** Renders the schema for an OpenAPI document, which is given as JSON. */
export function renderWorkflowsSchema(document: string): string {
  const { components } = JSON.parse(document);

  /** A copy in which each reference is replaced by what it refers to. */
  const whole = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(whole);
    if (!isObject(value)) return value;
    const { $ref } = value;
    if (typeof $ref === "string") return whole(components.schemas[$ref.replace("#/components/schemas/", "")]);
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, one]) => (LEFT_OUT.has(name) ? [] : [[name, whole(one)]])),
    );
  };

  const component = (name: string): Schema => {
    const schema = whole(components.schemas[name]);
    if (!isObject(schema)) throw new Error(`The OpenAPI document has no schema ${name}.`);
    return schema;
  };

  /** Removes a property, which must be there, and returns it. */
  const taken = (schema: Schema | undefined, name: string): Schema => {
    const found = schema?.properties?.[name];
    if (schema?.properties === undefined || found === undefined) throw new Error(`There is no property ${name}.`);
    delete schema.properties[name];
    if (schema.required) schema.required = schema.required.filter((one) => one !== name);
    return found;
  };

  const put = (schema: Schema, name: string, value: Schema, isRequired = false) => {
    schema.properties = { ...schema.properties, [name]: value };
    if (isRequired) schema.required = [...(schema.required ?? []), name];
  };

  /** The schema without the alternative null. */
  const notNull = (schema: Schema): Schema => {
    const found = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== "null");
    if (found === undefined) throw new Error("It is not a schema or null.");
    return found;
  };

  const workflow = component("UpdateWorkflowDefinitionRequest");
  const trigger = component("CreateTriggerRequest");

  for (const name of ["source", "instruction", "output"]) {
    const ids = taken(workflow, `${name}_path_part_ids`);
    put(workflow, `${name}s`, { ...ids, items: path(PART), default: [] });
  }
  const template = taken(workflow, "template_path_part_id");
  put(workflow, "template", { ...path(PART), ...{ type: ["string", "null"], description: template.description } });
  taken(workflow, "runner_type");
  put(workflow, "name", { ...taken(workflow, "name"), description: "Only of a workflow whose path has its id." });
  const runner = notNull(workflow.properties?.runner_config ?? {});
  taken(runner, "webhook_secret");
  const signs =
    "It signs what the runner gets. It is set when the workflow is created, whenever it changes, and by `--rotate`.";
  put(runner, "webhook_secret", secret(signs), true);
  const policy = component("UpdateWorkflowDefinitionPolicyRequest");
  put(policy, "may_trigger", {
    ...taken(policy, "may_trigger"),
    items: workflowPath,
    description: "The paths of the workflows whose runs a run of this workflow may trigger: its children.",
  });
  put(workflow, "policy", { ...policy, default: {} });

  put(trigger, "name", { ...taken(trigger, "name"), description: "Only of a trigger that stands under its id." });
  taken(trigger, "kind");
  const kinds: string[] = components.schemas.TriggerKind.enum;
  for (const kind of kinds) put(trigger, kind, notNull(taken(trigger, kind)));
  trigger.oneOf = kinds.map((kind) => ({ required: [kind] }));
  const run = trigger.properties?.run ?? {};
  taken(run, "of");
  put(run, "of", { ...workflowPath, description: "The path of the workflow after whose runs it fires." }, true);
  taken(trigger, "secret");
  put(
    trigger,
    "secret",
    secret("Of a webhook: what the sender signs with. It is set when the trigger is created, and by `--rotate`."),
  );
  put(workflow, "triggers", {
    type: "object",
    description: "The triggers of the workflow by their names, or by their ids, with their `name` below.",
    additionalProperties: trigger,
    default: {},
  });

  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Workflows of workflow-runs",
    description:
      "The file that `workflow-runs apply` reads: the workflows at and below a path, with their policies and triggers.",
    type: "object",
    additionalProperties: false,
    required: ["workflows"],
    properties: {
      root: {
        ...path("", "^/workflows(/.*[^/])?$"),
        description:
          "The path above all workflows of the file, such as /workflows/finance. Only below it `--prune` deletes.",
        default: "/workflows",
      },
      workflows: {
        type: "object",
        description: "The workflows by their paths.",
        additionalProperties: workflow,
        propertyNames: workflowPath,
      },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
