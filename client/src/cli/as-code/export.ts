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
  return { root, workflows: Object.fromEntries(sorted.map((one) => [one.path, workflowIn(one, schemas)])) };
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

function workflowIn(workflow: PresentWorkflow, schemas: Schemas): Fields {
  const { path, name, fields, triggers } = workflow;
  const policy = fieldsIn(withoutDefaults(schemas.policy, known(schemas.policy, workflow.policy)));
  const { runner_config: runner, ...rest } = fieldsIn(withoutDefaults(schemas.workflow, fields));
  refuseUnseen(workflow);
  const keys = keysOf(triggers);
  return {
    ...(keyOf(path) === name ? {} : { name }),
    ...rest,
    ...(isFields(runner) && { runner_config: { ...runner, webhook_secret: variable(name, "WEBHOOK_SECRET") } }),
    ...(Object.keys(policy).length > 0 && { policy }),
    ...(triggers.length > 0 && {
      triggers: Object.fromEntries(
        // The API lists the newest first.
        triggers.toReversed().map((trigger) => {
          const key = keys.get(trigger.id) ?? trigger.id;
          return [key, triggerIn(trigger, key, name, schemas)];
        }),
      ),
    }),
  };
}

function triggerIn({ name, fields }: PresentTrigger, key: string, workflow: string, schemas: Schemas): Fields {
  const { webhook } = fields;
  const hasSecret = isFields(webhook) && webhook.scheme !== "token";
  return {
    ...(key === name ? {} : { name }),
    ...fieldsIn(withoutDefaults(schemas.trigger, fields)),
    ...(hasSecret && { secret: variable(`${workflow} ${name}`, "SECRET") }),
  };
}

/** The reference to an environment variable for a secret. The variable is named after the workflow or trigger whose secret it is. */
function variable(name: string, end: string): string {
  const words = name
    .normalize("NFKD")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return `\${env:${/^[A-Z]/.test(words) ? "" : "W_"}${words}_${end}}`;
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
