/** Reads what the tenant has, in the form in which the file has it. */
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { Trigger, Workflow } from "../../types.ts";
import { NOT_FIELDS, type schemasIn } from "./file.ts";
import { keysOf, pathOfName } from "./names.ts";
import { type Fields, isFields, type Schema } from "./schema.ts";
import type { Tree } from "./tree.ts";

export type PresentTrigger = { id: string; name: string; fields: Fields };

/** A workflow of the tenant. `path` is its key in the file. `policy` also has what this version of the client does not know. */
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
  /** The path of a workflow in the file. Its id if it cannot be seen. */
  pathOf(id: string): string;
  read(workflow: Workflow): Promise<PresentWorkflow>;
};

/** The lists of a workflow's parts: in the file by paths, in the API by ids. */
export const PART_LISTS = {
  sources: "source_path_part_ids",
  instructions: "instruction_path_part_ids",
  outputs: "output_path_part_ids",
} as const;

export const KINDS = ["schedule", "webhook", "run"] as const satisfies readonly Trigger["kind"][];

/** What the schema knows of a value: an answer also has what the service alone says, such as the URL of a webhook. */
export function known(schema: Schema, value: unknown): unknown {
  const properties = schema.properties ?? schema.anyOf?.find((one) => one.properties)?.properties;
  if (properties === undefined || !isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, of]) => (name in value ? [[name, known(of, value[name])]] : [])),
  );
}

export const fieldsIn = (value: unknown): Fields => (isFields(value) ? value : {});

export async function readWorkflows(
  client: Client,
  tree: Tree,
  schemas: ReturnType<typeof schemasIn>,
): Promise<Workflows> {
  const all: Workflow[] = [];
  for await (const workflow of client.workflows()) all.push(workflow);
  const keys = keysOf(all);

  const pathOf = (id: string): string => {
    const key = keys.get(id);
    return key === undefined ? id : pathOfName(key);
  };

  /** The fields of the file, in the order of the schema. */
  const namesOf = ({ properties = {} }: Schema) => Object.keys(properties).filter((name) => !NOT_FIELDS.includes(name));

  async function fieldsOfWorkflow(workflow: Workflow): Promise<Fields> {
    const paths = (ids: readonly string[]) => Promise.all(ids.map((id) => tree.pathOf(id)));
    const { template_path_part_id: template } = workflow;
    const [sources, instructions, outputs, [templatePath = null]] = await Promise.all([
      paths(workflow.source_path_part_ids),
      paths(workflow.instruction_path_part_ids),
      paths(workflow.output_path_part_ids),
      paths(template === null ? [] : [template]),
    ]);
    const values: Fields = { ...workflow, sources, instructions, outputs, template: templatePath };
    const { properties = {} } = schemas.workflow;
    return Object.fromEntries(
      namesOf(schemas.workflow).map((name) => [name, known(properties[name] ?? {}, values[name])]),
    );
  }

  function fieldsOfTrigger(trigger: Trigger): Fields {
    const run = trigger.run && { ...trigger.run, of: pathOf(trigger.run.of) };
    // An invoke without labels is the same as one with none.
    const labels = Object.keys(trigger.labels).length === 0 ? null : trigger.labels;
    const values: Fields = { ...trigger, run, labels };
    const { properties = {} } = schemas.trigger;
    const others: readonly string[] = KINDS.filter((kind) => kind !== trigger.kind);
    return Object.fromEntries(
      namesOf(schemas.trigger).flatMap((name) =>
        others.includes(name) ? [] : [[name, known(properties[name] ?? {}, values[name])]],
      ),
    );
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
        ...{ fields, policy },
        triggers: triggers.map((trigger) => ({ id: trigger.id, name: trigger.name, fields: fieldsOfTrigger(trigger) })),
      };
    },
  };
}

const AT_ONCE = 6;

/** Does something with each item, a few at the same time, and keeps their order. */
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
