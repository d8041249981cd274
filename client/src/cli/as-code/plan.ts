/** Compares the file with what the tenant has, and plans the changes. Nothing is changed here. */
import type { Client } from "../../client.ts";
import type { Workflow } from "../../types.ts";
import { type Change, changesWith, NOTHING } from "./changes.ts";
import type { Schemas, WantedTrigger, WantedWorkflow, WorkflowsFile } from "./file.ts";
import { ambiguous, meant } from "./meant.ts";
import { isBelow, pathOfName } from "./names.ts";
import { missingFolders } from "./parts.ts";
import { eachOf, readWorkflows } from "./present.ts";
import { isFields, type KeyPath, type SchemaFault } from "./schema.ts";
import { stepsWith } from "./steps.ts";
import { treeOf } from "./tree.ts";

export type Plan = {
  changes: Change[];
  /** What is below the root, is not in the file, and is kept, because of a missing `--prune`. */
  left: string[];
  /** The environment variables that `apply` needs and that are not set. Empty unless it is a dry run: otherwise each is a fault. */
  missing: { variable: string; at: KeyPath }[];
};

export type PlanOptions = {
  prune: boolean;
  rotate: boolean;
  /** True when the plan will not be carried out. Then missing variables are no fault. */
  dryRun: boolean;
  /** The values of variables, such as `process.env`. */
  variables: Readonly<Record<string, string | undefined>>;
};

/** @throws CliError with all faults that a comparison of the file with the tenant shows */
export async function planOf(
  client: Client,
  file: WorkflowsFile,
  schemas: Schemas,
  { prune, rotate, dryRun, variables }: PlanOptions,
): Promise<Plan> {
  const tree = treeOf(client);
  const workflows = await readWorkflows(client, tree, schemas);
  const steps = stepsWith(client, tree, workflows, schemas);
  const faults: SchemaFault[] = [];
  const missing: Plan["missing"] = [];
  if (prune && file.givenRoot === null) {
    faults.push({ path: [], text: "Lacks `root`: it says what --prune may delete below.", isKey: true });
  }

  // 1. Which workflow of the tenant is each one of the file, and what is there now?
  const found = findWorkflows(file, workflows.all, faults);
  const pairs = await eachOf(found, async ({ wanted, workflow }) => ({
    wanted,
    present: workflow === null ? null : await workflows.read(workflow),
  }));
  const ids = new Set(pairs.map(({ present }) => present?.id));
  const strangers = workflows.all.filter(({ id, name }) => !ids.has(id) && isBelow(file.root, pathOfName(name)));

  /**
   * The path of a workflow that a trigger or a policy names. The file may name it by its name or its id; the result has the form that
   * `workflows.pathOf` returns, so that it can be compared.
   */
  const pathAfter = (path: string, at: KeyPath): string => {
    const inFile = pairs.find(({ wanted }) => wanted.path === path);
    if (inFile) return inFile.present?.path ?? path;
    const alike = workflows.all.filter(({ id, name }) => path === pathOfName(name) || path === pathOfName(id));
    const [first] = alike;
    if (alike.length > 1) faults.push({ path: at, text: ambiguous("workflow", alike) });
    if (first === undefined) faults.push({ path: at, text: "There is no such workflow, or it is not yours to see." });
    if (prune && strangers.some(({ id }) => id === first?.id)) {
      faults.push({ path: at, text: "The workflow is not in the file, and --prune would delete it." });
    }
    return first === undefined ? path : workflows.pathOf(first.id);
  };

  function withPaths(wanted: WantedWorkflow): WantedWorkflow {
    const { may_trigger: given } = wanted.policy;
    if (!Array.isArray(given)) return wanted;
    const may_trigger = given.map((path, n) => pathAfter(String(path), [...wanted.at, "policy", "may_trigger", n]));
    return { ...wanted, policy: { ...wanted.policy, may_trigger } };
  }

  function withPathAfter(trigger: WantedTrigger): WantedTrigger {
    const { run } = trigger.fields;
    if (!isFields(run)) return trigger;
    const of = pathAfter(String(run.of), [...trigger.at, "run", "of"]);
    return { ...trigger, fields: { ...trigger.fields, run: { ...run, of } } };
  }

  // 2. What changes?
  const valueFor = (variable: string, at: KeyPath): string => {
    const value = variables[variable];
    if (!value) missing.push({ variable, at });
    return value ?? "";
  };
  const change = changesWith({ steps, schemas, rotate, valueFor });
  const ofFolders = (await missingFolders(tree, pairs, faults)).map(
    (path): Change => ({
      ...{ ...NOTHING, action: "create", kind: "folder", path: `${path}/` },
      steps: [steps.createFolder(path)],
    }),
  );
  const ofWorkflows: Change[] = [];
  const ofTriggers: Change[] = [];
  const deletions: Change[] = [];
  const left: string[] = [];
  for (const { wanted, present } of pairs) {
    ofWorkflows.push(...listOf(change.ofWorkflow(withPaths(wanted), present)));
    const seen = new Set<string>();
    for (const trigger of wanted.triggers) {
      const is = meant("trigger", trigger, present?.triggers ?? [], faults);
      if (is && seen.has(is.id)) faults.push({ path: trigger.at, text: "Is in the file twice.", isKey: true });
      if (is) seen.add(is.id);
      ofTriggers.push(...listOf(change.ofTrigger(wanted, withPathAfter(trigger), is)));
    }
    for (const { id, name } of present?.triggers.filter((one) => !seen.has(one.id)) ?? []) {
      left.push(`the trigger "${name}" of ${wanted.path}`);
      deletions.push({
        ...{ ...NOTHING, action: "delete", kind: "trigger", path: wanted.path, name },
        steps: [steps.deleteTrigger(id, wanted, name)],
      });
    }
  }
  left.push(...strangers.map(({ id }) => workflows.pathOf(id)));
  if (!dryRun) faults.push(...missing.map(({ variable, at }) => ({ path: at, text: `Set the variable ${variable}.` })));
  file.refuse(faults);
  const changes = [...ofFolders, ...ofWorkflows, ...ofTriggers];
  if (!prune) return { changes, left, missing };
  const ofStrangers = await eachOf(strangers, async ({ id }): Promise<Change> => {
    const path = workflows.pathOf(id);
    const runs = await steps.countRuns(id);
    return { ...NOTHING, action: "delete", kind: "workflow", path, runs, steps: [steps.deleteWorkflow(id, path)] };
  });
  return { changes: [...changes, ...deletions, ...ofStrangers], left: [], missing };
}

const listOf = (change: Change | null): Change[] => (change === null ? [] : [change]);

type Found = { wanted: WantedWorkflow; workflow: Workflow | null };

function findWorkflows({ workflows, root }: WorkflowsFile, all: readonly Workflow[], faults: SchemaFault[]): Found[] {
  const paths = new Map<string, string>();
  return workflows.map((wanted) => {
    const workflow = meant("workflow", wanted, all, faults);
    if (workflow === null) return { wanted, workflow };
    const fault = (text: string) => faults.push({ path: wanted.at, text, isKey: true });
    const now = pathOfName(workflow.name);
    if (!isBelow(root, now)) fault(`The workflow is ${now} now, which is not below the root of the file.`);
    const other = paths.get(workflow.id);
    if (other !== undefined) fault(`Is the same workflow as ${other}.`);
    paths.set(workflow.id, wanted.path);
    return { wanted, workflow };
  });
}
