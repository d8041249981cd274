/** Reads the workflows of the tenant, in the form in which the file describes them. */
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { Trigger, Workflow } from "../../types.ts";
import { labelsOf, type Schemas, schemaOfFields } from "./file.ts";
import { keysOf, pathOfName } from "./names.ts";
import { type Fields, fieldsIn, isFields, propertiesOf, type Schema } from "./schema.ts";
import type { Tree } from "./tree.ts";

export type PresentTrigger = { id: string; name: string; fields: Fields };

/** A workflow of the tenant. `path` is its key in the file. `policy` may have fields that this version of the client does not know. */
export type PresentWorkflow = {
  id: string;
  name: string;
  path: string;
  runnerType: Workflow["runner_type"];
  fields: Fields;
  policy: Fields;
  triggers: PresentTrigger[];
};

export type Workflows = {
  all: readonly Workflow[];
  /** The path of a workflow in the file. For a workflow that the caller may not see, its id. */
  pathOf(id: string): string;
  read(workflow: Workflow): Promise<PresentWorkflow>;
};

/** The lists of files and folders of a workflow: the file has their paths, and the API their ids. */
export const PART_LISTS = {
  sources: "source_path_part_ids",
  instructions: "instruction_path_part_ids",
  outputs: "output_path_part_ids",
} as const;

/** The fields of a workflow in the file that have paths of files and folders. */
export const PART_FIELDS: readonly string[] = [...Object.keys(PART_LISTS), "template"];

export const KINDS = ["schedule", "webhook", "run"] as const satisfies readonly Trigger["kind"][];

/** A value without the fields that the schema does not have. An answer has more of them, such as the URL of a webhook. */
export function known(schema: Schema, value: unknown): unknown {
  const properties = propertiesOf(schema);
  if (properties === undefined || !isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, of]) => (name in value ? [[name, known(of, value[name])]] : [])),
  );
}

export async function readWorkflows(client: Client, tree: Tree, schemas: Schemas): Promise<Workflows> {
  const all: Workflow[] = [];
  for await (const workflow of client.workflows()) all.push(workflow);
  const keys = keysOf(all);

  const pathOf = (id: string): string => {
    const key = keys.get(id);
    return key === undefined ? id : pathOfName(key);
  };

  async function fieldsOfWorkflow(workflow: Workflow): Promise<Fields> {
    const paths = (ids: readonly string[]) => Promise.all(ids.map((id) => tree.pathOf(id)));
    const { template_path_part_id: template } = workflow;
    const [sources, instructions, outputs, [templatePath = null]] = await Promise.all([
      paths(workflow.source_path_part_ids),
      paths(workflow.instruction_path_part_ids),
      paths(workflow.output_path_part_ids),
      paths(template === null ? [] : [template]),
    ]);
    const values = { ...workflow, sources, instructions, outputs, template: templatePath };
    return fieldsIn(known(schemaOfFields(schemas.workflow), values));
  }

  function fieldsOfTrigger(trigger: Trigger): Fields {
    const run = trigger.run && { ...trigger.run, of: pathOf(trigger.run.of) };
    const otherKinds = KINDS.filter((kind) => kind !== trigger.kind);
    const values = { ...trigger, run, labels: labelsOf(trigger.labels) };
    return fieldsIn(known(schemaOfFields(schemas.trigger, otherKinds), values));
  }

  return {
    all,
    pathOf,
    async read(workflow) {
      const params = { path: { definition_id: workflow.id } };
      const triggers: Trigger[] = [];
      const [fields, policy] = await Promise.all([
        fieldsOfWorkflow(workflow),
        unwrap(client.api.GET("/v1/workflow-definitions/{definition_id}/policy", { params })),
      ]);
      for await (const trigger of client.listTriggers(workflow.id)) triggers.push(trigger);
      return {
        ...{ id: workflow.id, name: workflow.name, path: pathOf(workflow.id), runnerType: workflow.runner_type },
        ...{
          fields,
          policy: { ...policy, ...(policy.may_trigger && { may_trigger: policy.may_trigger.map(pathOf) }) },
        },
        triggers: triggers.map((trigger) => ({ id: trigger.id, name: trigger.name, fields: fieldsOfTrigger(trigger) })),
      };
    },
  };
}

const AT_ONCE = 6;

/** Calls `act` for each item, a few at the same time. The results have the order of the items. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  const work = async () => {
    for (const [index, item] of rest) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
