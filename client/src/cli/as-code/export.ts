/** Writes the workflows of a tenant as a file for `apply`. */
import { Document, visit } from "yaml";
import type { Client } from "../../client.ts";
import { CliError, EXIT } from "../exit.ts";
import { isId } from "../names.ts";
import { harmless, isHarmless } from "../output.ts";
import { type Schemas, schemasIn } from "./file.ts";
import { isBelow, keyOf, keysOf, pathOfName } from "./names.ts";
import { eachOf, known, PART_FIELDS, type PresentTrigger, type PresentWorkflow, readWorkflows } from "./present.ts";
import { type Fields, fieldsIn, isFields, type Schema, withoutDefaults } from "./schema.ts";
import { treeOf } from "./tree.ts";

/** The content of a file that describes all workflows below `root` which the caller may see. */
export async function exportOf(client: Client, root: string, schema: Schema): Promise<Fields> {
  const schemas = schemasIn(schema);
  const workflows = await readWorkflows(client, treeOf(client), schemas);
  const chosen = workflows.all.filter(({ name }) => isBelow(root, pathOfName(name)));
  const all = await eachOf(chosen, (workflow) => workflows.read(workflow));
  const sorted = all.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const variables = variablesOf(sorted);
  return { root, workflows: Object.fromEntries(sorted.map((one) => [one.path, workflowIn(one, schemas, variables)])) };
}

/**
 * The file as YAML. The comment tells editors where its schema is. What a terminal would obey is escaped, which YAML allows only between
 * double quotes, so that `apply` still reads the same.
 */
export function yamlOf(content: Fields, url: string): string {
  const document = new Document(content);
  document.commentBefore = ` yaml-language-server: $schema=${url}/docs/workflows.schema.json`;
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && !isHarmless(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return harmless(document.toString({ lineWidth: 120 }));
}

function workflowIn(workflow: PresentWorkflow, schemas: Schemas, variables: Variables): Fields {
  const { id, path, name, fields, triggers } = workflow;
  const policy = fieldsIn(withoutDefaults(schemas.policy, known(schemas.policy, workflow.policy)));
  const { runner_config: runner, ...rest } = fieldsIn(withoutDefaults(schemas.workflow, fields));
  refuseUnseen(workflow);
  const keys = keysOf(triggers);
  return {
    ...(keyOf(path) === name ? {} : { name }),
    ...rest,
    ...(isFields(runner) && { runner_config: { ...runner, webhook_secret: `\${env:${variables.get(id)}}` } }),
    ...(Object.keys(policy).length > 0 && { policy }),
    ...(triggers.length > 0 && {
      triggers: Object.fromEntries(
        // The API lists the newest first.
        triggers.toReversed().map((trigger) => {
          const key = keys.get(trigger.id) ?? trigger.id;
          return [key, triggerIn(trigger, key, schemas, variables)];
        }),
      ),
    }),
  };
}

function triggerIn({ id, name, fields }: PresentTrigger, key: string, schemas: Schemas, variables: Variables): Fields {
  return {
    ...(key === name ? {} : { name }),
    ...fieldsIn(withoutDefaults(schemas.trigger, fields)),
    ...(variables.has(id) && { secret: `\${env:${variables.get(id)}}` }),
  };
}

/** The names of the environment variables for the secrets, by the ids of the workflows and triggers whose secrets they are. */
type Variables = ReadonlyMap<string, string>;

/** Where several would have the same name, such as those of Japanese workflows, each ends with the last digits of its id, which are random. */
function variablesOf(all: readonly PresentWorkflow[]): Variables {
  const named = all.flatMap(({ id, name, fields, triggers }) => [
    ...(isFields(fields.runner_config) ? [{ id, name: variable(name, "WEBHOOK_SECRET") }] : []),
    ...triggers.filter(hasSecret).map((one) => ({ id: one.id, name: variable(`${name} ${one.name}`, "SECRET") })),
  ]);
  const keys = keysOf(named);
  return new Map(
    named.map(({ id, name }) => [id, keys.get(id) === name ? name : `${name}_${id.slice(-12).toUpperCase()}`]),
  );
}

const hasSecret = ({ fields: { webhook } }: PresentTrigger): boolean => isFields(webhook) && webhook.scheme !== "token";

/** It is named after the workflow or trigger. */
function variable(name: string, end: string): string {
  const words = name
    .normalize("NFKD")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return `${/^[A-Z]/.test(words) ? "" : "W_"}${words}_${end}`;
}

/** @throws CliError when the workflow names something that the caller may not see: it has an id there, and no path */
function refuseUnseen({ path, fields, policy, triggers }: PresentWorkflow): void {
  const parts = PART_FIELDS.flatMap((name) => fields[name]);
  const { may_trigger: children = [] } = policy;
  const named = [...parts, ...[children].flat(), ...triggers.map((one) => fieldsIn(one.fields.run).of)];
  if (!named.some((one) => typeof one === "string" && isId(one))) return;
  throw new CliError(
    `${path} names a file, a folder or a workflow that is not yours to see, so it cannot be exported. Ask an OWNER or ADMIN to do it.`,
    EXIT.notThere,
  );
}
