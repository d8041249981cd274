/** Compares what the file wants with what there is, and plans what changes it. Nothing is changed here. */
import type { Client } from "../../client.ts";
import type { Workflow } from "../../types.ts";
import { additionsOf, type Difference, differencesOf } from "./differences.ts";
import type { schemasIn, WantedTrigger, WantedWorkflow, WorkflowsFile } from "./file.ts";
import { isBelow, pathOfName } from "./names.ts";
import { missingFolders } from "./parts.ts";
import { eachOf, fieldsIn, known, type PresentTrigger, type PresentWorkflow, readWorkflows } from "./present.ts";
import { isFields, type KeyPath, type SchemaFault, withoutDefaults } from "./schema.ts";
import { type Step, stepsWith } from "./steps.ts";
import { treeOf } from "./tree.ts";

/** `replace` deletes a trigger and creates it anew, since its kind cannot be changed. `rotate` only sets a secret. */
export type Action = "create" | "change" | "replace" | "rotate" | "delete";

export type Change = {
  action: Action;
  kind: "folder" | "workflow" | "trigger";
  path: string;
  /** Of a trigger: its name. Its path is that of its workflow. */
  name: string | null;
  differences: Difference[];
  /** Of a workflow that is deleted: how many runs go with it. */
  runs: number;
  steps: Step[];
};

export type Plan = {
  changes: Change[];
  /** What is below the root and not in the file, and stays, because it is not to be pruned. */
  left: string[];
  /** The variables that are needed, and not set. */
  missing: { variable: string; at: KeyPath }[];
};

export type PlanOptions = {
  prune: boolean;
  rotate: boolean;
  /** The values of variables, such as `process.env`. */
  variables: Readonly<Record<string, string | undefined>>;
};

type Schemas = ReturnType<typeof schemasIn>;

/** @throws CliError with all faults of the file that only the tenant shows */
export async function planOf(
  client: Client,
  file: WorkflowsFile,
  schemas: Schemas,
  options: PlanOptions,
): Promise<Plan> {
  const tree = treeOf(client);
  const workflows = await readWorkflows(client, tree, schemas);
  const faults: SchemaFault[] = [];
  const missing: Plan["missing"] = [];
  const isKey = true;

  const secretIn = (variable: string, at: KeyPath): string => {
    const value = options.variables[variable];
    if (!value) missing.push({ variable, at });
    return value ?? "";
  };

  if (options.prune && file.givenRoot === null) {
    faults.push({ path: [], text: "Lacks `root`: it says what --prune may delete below.", isKey });
  }

  // 1. Which workflow of the tenant is each one of the file?
  const pairs = file.workflows.map((wanted) => ({ wanted, found: find(wanted, workflows.all, file.root, faults) }));
  const ids = new Map<string, string>();
  for (const { wanted, found } of pairs) {
    if (found === null) continue;
    const other = ids.get(found.id);
    if (other !== undefined) faults.push({ path: wanted.at, text: `Is the same workflow as ${other}.`, isKey });
    ids.set(found.id, wanted.path);
  }

  /** The path by which the workflow of a `run` trigger is compared: it may be written with the name or with the id. */
  const canonical = (path: string, at: KeyPath): string => {
    const inFile = pairs.find(({ wanted }) => wanted.path === path);
    if (inFile) return inFile.found === null ? path : workflows.pathOf(inFile.found.id);
    const alike = workflows.all.filter(({ id, name }) => path === pathOfName(name) || path === pathOfName(id));
    const [first] = alike;
    if (first !== undefined && alike.length === 1) return workflows.pathOf(first.id);
    const text = first === undefined ? `There is no workflow at ${path}, or it is not yours to see.` : ambiguous(alike);
    faults.push({ path: at, text });
    return path;
  };

  const present = await eachOf(pairs, ({ found }) => (found === null ? Promise.resolve(null) : workflows.read(found)));
  const both = pairs.map(({ wanted }, index) => ({ wanted, present: present[index] ?? null }));
  const folders = await missingFolders(tree, both, faults);

  // 2. What changes?
  const steps = stepsWith(client, tree, workflows);
  const changes: Change[] = folders.map((path) => ({
    ...{ action: "create", kind: "folder", path: `${path}/`, name: null, differences: [], runs: 0 },
    steps: [steps.createFolder(path)],
  }));
  const ofTriggers: Change[] = [];
  const deletions: Change[] = [];
  const left: string[] = [];
  for (const { wanted, present: is } of both) {
    const change = changeOfWorkflow(wanted, is);
    if (change !== null) changes.push(change);
    const seen = new Set<string>();
    for (const trigger of wanted.triggers) {
      const found = findTrigger(trigger, is?.triggers ?? [], faults);
      if (found && seen.has(found.id))
        faults.push({ path: trigger.at, text: "Stands here twice, by its name and its id.", isKey });
      if (found) seen.add(found.id);
      const changed = changeOfTrigger(wanted, trigger, found);
      if (changed !== null) ofTriggers.push(changed);
    }
    for (const { id, name } of is?.triggers.filter((one) => !seen.has(one.id)) ?? []) {
      if (!options.prune) left.push(`the trigger "${name}" of ${wanted.path}`);
      else
        deletions.push({
          ...NOTHING,
          ...{ action: "delete", kind: "trigger", path: wanted.path, name },
          steps: [steps.deleteTrigger(id, wanted, name)],
        });
    }
  }
  const strangers = workflows.all.filter(({ id, name }) => !ids.has(id) && isBelow(file.root, pathOfName(name)));
  if (!options.prune) left.push(...strangers.map(({ id }) => workflows.pathOf(id)));
  else {
    deletions.push(
      ...(await eachOf(strangers, async ({ id }) => ({
        ...{ ...NOTHING, action: "delete" as const, kind: "workflow" as const, path: workflows.pathOf(id) },
        ...{ runs: await steps.countRuns(id), steps: [steps.deleteWorkflow(id, workflows.pathOf(id))] },
      }))),
    );
  }
  file.refuse(faults);
  return { changes: [...changes, ...ofTriggers, ...deletions], left, missing };

  function changeOfWorkflow(wanted: WantedWorkflow, is: PresentWorkflow | null): Change | null {
    const { path, at, secret } = wanted;
    const secretAt = [...at, "runner_config", "webhook_secret"];
    const withSecret = () => (secret === null ? null : secretIn(secret, secretAt));
    if (is === null) {
      const policy = fieldsIn(withoutDefaults(schemas.policy, wanted.policy));
      const said = {
        ...fieldsIn(withoutDefaults(schemas.workflow, wanted.fields)),
        ...(Object.keys(policy).length > 0 && { policy }),
      };
      const all = [steps.createWorkflow(wanted, withSecret())];
      if (Object.keys(policy).length > 0) all.push(steps.setPolicy(wanted, null));
      if (wanted.fields.is_active === false) all.push(steps.setActive(wanted, false));
      return { ...NOTHING, action: "create", kind: "workflow", path, differences: additionsOf(said), steps: all };
    }
    const named = { name: is.name, ...is.fields };
    const ofFields = differencesOf(schemas.workflow, named, { name: wanted.name, ...wanted.fields });
    const ofPolicy = differencesOf(
      schemas.policy,
      fieldsIn(known(schemas.policy, is.policy)),
      wanted.policy,
      "policy.",
    );
    const isRotated = options.rotate && secret !== null;
    const all: Step[] = [];
    const content = ofFields.filter(({ field }) => field !== "is_active");
    if (content.length > 0 || isRotated) all.push(steps.replaceWorkflow(wanted, is, withSecret()));
    else if (ofFields.length > 0) all.push(steps.setActive(wanted, wanted.fields.is_active === true));
    if (ofPolicy.length > 0) all.push(steps.setPolicy(wanted, is.policy));
    if (all.length === 0) return null;
    const differences = [...ofFields, ...ofPolicy];
    return {
      ...NOTHING,
      action: differences.length > 0 ? "change" : "rotate",
      kind: "workflow",
      path,
      differences,
      steps: all,
    };
  }

  function changeOfTrigger(workflow: WantedWorkflow, wanted: WantedTrigger, is: PresentTrigger | null): Change | null {
    const { name, at, secret } = wanted;
    const run = isFields(wanted.fields.run)
      ? { ...wanted.fields.run, of: canonical(String(wanted.fields.run.of), [...at, "run", "of"]) }
      : undefined;
    const trigger = { ...wanted, fields: { ...wanted.fields, ...(run && { run }) } };
    const withSecret = () => (secret === null ? null : secretIn(secret, [...at, "secret"]));
    const change = { ...NOTHING, kind: "trigger" as const, path: workflow.path, name };
    if (is === null) {
      const said = fieldsIn(withoutDefaults(schemas.trigger, trigger.fields));
      return {
        ...change,
        action: "create",
        differences: additionsOf(said),
        steps: [steps.createTrigger(workflow, trigger, withSecret())],
      };
    }
    const differences = differencesOf(schemas.trigger, { name: is.name, ...is.fields }, { name, ...trigger.fields });
    if (isOtherKind(is, trigger)) {
      const all = [steps.deleteTrigger(is.id, workflow, is.name), steps.createTrigger(workflow, trigger, withSecret())];
      return { ...change, action: "replace", differences, steps: all };
    }
    const all: Step[] = [];
    if (differences.length > 0) all.push(steps.replaceTrigger(is.id, workflow, trigger));
    if (options.rotate && secret !== null)
      all.push(steps.rotate(is.id, workflow, trigger, secretIn(secret, [...at, "secret"])));
    if (all.length === 0) return null;
    return { ...change, action: differences.length > 0 ? "change" : "rotate", differences, steps: all };
  }
}

const NOTHING = { name: null, differences: [], runs: 0 };

/** True when a trigger cannot be changed to what is wanted, since its kind, or the scheme of its webhook, is fixed. */
function isOtherKind({ fields: is }: PresentTrigger, { fields: wanted }: WantedTrigger): boolean {
  const kindOf = ({ schedule, webhook, run }: typeof is) =>
    schedule ? "schedule" : webhook ? "webhook" : run && "run";
  return kindOf(is) !== kindOf(wanted) || fieldsIn(is.webhook).scheme !== fieldsIn(wanted.webhook).scheme;
}

const RENAME = "Rename all but one by `workflow-runs workflows update <id> --name`, or write";

const ambiguous = (alike: readonly Workflow[]): string =>
  `${alike.length} workflows have this name: ${alike.map(({ id }) => id).join(", ")}. ${RENAME} /workflows/<id> instead, with \`name\` below.`;

/** The workflow of the tenant that the file means. Null when it is new, and after a fault. */
function find(wanted: WantedWorkflow, all: readonly Workflow[], root: string, faults: SchemaFault[]): Workflow | null {
  const { id, name, at } = wanted;
  const isKey = true;
  if (id !== null) {
    const found = all.find((one) => one.id === id.toLowerCase());
    if (found === undefined) {
      faults.push({
        path: at,
        text: "There is no workflow with this id, or it is not yours to see. A new one stands under its name.",
        isKey,
      });
    } else if (!isBelow(root, pathOfName(found.name))) {
      faults.push({
        path: at,
        text: `The workflow is ${pathOfName(found.name)} now, which is not below the root of the file.`,
        isKey,
      });
    }
    return found ?? null;
  }
  const alike = all.filter((one) => one.name === name);
  if (alike.length > 1) faults.push({ path: at, text: ambiguous(alike), isKey });
  return alike[0] ?? null;
}

function findTrigger(
  wanted: WantedTrigger,
  all: readonly PresentTrigger[],
  faults: SchemaFault[],
): PresentTrigger | null {
  const { id, name, at } = wanted;
  const isKey = true;
  if (id !== null) {
    const found = all.find((one) => one.id === id.toLowerCase());
    if (found === undefined) {
      faults.push({
        path: at,
        text: "The workflow has no trigger with this id. A new one stands under its name.",
        isKey,
      });
    }
    return found ?? null;
  }
  const alike = all.filter((one) => one.name === name);
  if (alike.length > 1) {
    const ids = alike.map((one) => one.id).join(", ");
    const text = `${alike.length} triggers of the workflow have this name: ${ids}. Write the id of one in place of the name, and \`name\` below.`;
    faults.push({ path: at, text, isKey });
  }
  return alike[0] ?? null;
}
