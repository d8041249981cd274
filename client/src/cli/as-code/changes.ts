/** Finds the changes that one workflow or one trigger of the file needs. */
import { additionsOf, type Difference, differencesOf } from "./differences.ts";
import type { Schemas, WantedTrigger, WantedWorkflow } from "./file.ts";
import { KINDS, known, type PresentTrigger, type PresentWorkflow } from "./present.ts";
import { type Fields, fieldsIn, isFields, type KeyPath, withoutDefaults } from "./schema.ts";
import type { Step, Steps } from "./steps.ts";

/** `replace` deletes a trigger and creates it anew, since its kind cannot be changed. `rotate` only sets a secret. */
export type Action = "create" | "change" | "replace" | "rotate" | "delete";

export type Change = {
  action: Action;
  kind: "folder" | "workflow" | "trigger";
  path: string;
  /** The name of a trigger, whose `path` is that of its workflow. Null for a workflow or a folder. */
  name: string | null;
  differences: Difference[];
  /** How many runs are deleted with a workflow; 0 for all other changes. */
  runs: number;
  steps: Step[];
};

type Options = {
  steps: Steps;
  schemas: Schemas;
  rotate: boolean;
  /** Returns the value of an environment variable. If it is not set, notes that it is missing, and returns an empty text. */
  valueFor(variable: string, at: KeyPath): string;
};

export const NOTHING = { name: null, differences: [], runs: 0 };

/** A change of something that exists already. Null when it needs no step. */
const changed = (change: Omit<Change, "action">): Change | null =>
  change.steps.length === 0 ? null : { ...change, action: change.differences.length > 0 ? "change" : "rotate" };

export function changesWith({ steps, schemas, rotate, valueFor }: Options) {
  function ofNewWorkflow(wanted: WantedWorkflow, secret: string | null): Change {
    const policy = fieldsIn(withoutDefaults(schemas.policy, wanted.policy));
    const fields = fieldsIn(withoutDefaults(schemas.workflow, wanted.fields));
    const all = [steps.createWorkflow(wanted, secret)];
    if (Object.keys(policy).length > 0) all.push(steps.setPolicy(wanted, null));
    if (wanted.fields.is_active === false) all.push(steps.setActive(wanted, false));
    const differences = [...additionsOf(fields), ...additionsOf(policy, "policy.")];
    return { ...NOTHING, action: "create", kind: "workflow", path: wanted.path, differences, steps: all };
  }

  return {
    ofWorkflow(wanted: WantedWorkflow, is: PresentWorkflow | null): Change | null {
      const { path, name, at, secret } = wanted;
      const secretValue = () => (secret === null ? null : valueFor(secret, [...at, "runner_config", "webhook_secret"]));
      if (is === null) return ofNewWorkflow(wanted, secretValue());
      const ofFields = differencesOf(schemas.workflow, { name: is.name, ...is.fields }, { name, ...wanted.fields });
      const policy = fieldsIn(known(schemas.policy, is.policy));
      const ofPolicy = differencesOf(schemas.policy, policy, wanted.policy, "policy.");
      const all: Step[] = [];
      // Pausing and resuming need no secret. Any other change replaces the whole workflow, with its secret.
      if (ofFields.some(({ field }) => field !== "is_active") || (rotate && secret !== null)) {
        all.push(steps.replaceWorkflow(wanted, is, secretValue()));
      } else if (ofFields.length > 0) all.push(steps.setActive(wanted, wanted.fields.is_active === true));
      if (ofPolicy.length > 0) all.push(steps.setPolicy(wanted, is.policy));
      return changed({ ...NOTHING, kind: "workflow", path, differences: [...ofFields, ...ofPolicy], steps: all });
    },

    ofTrigger(workflow: WantedWorkflow, wanted: WantedTrigger, is: PresentTrigger | null): Change | null {
      const { name, at, secret, fields } = wanted;
      const secretValue = () => (secret === null ? null : valueFor(secret, [...at, "secret"]));
      const change = { ...NOTHING, kind: "trigger" as const, path: workflow.path, name };
      if (is === null) {
        const differences = additionsOf(fieldsIn(withoutDefaults(schemas.trigger, fields)));
        const all = [steps.createTrigger(workflow, wanted, secretValue())];
        return { ...change, action: "create", differences, steps: all };
      }
      const differences = differencesOf(schemas.trigger, { name: is.name, ...is.fields }, { name, ...fields });
      if (isOtherKind(is.fields, fields)) {
        const anew = steps.createTrigger(workflow, wanted, secretValue());
        const all = [steps.deleteTrigger(is.id, workflow, is.name), anew];
        return { ...change, action: "replace", differences, steps: all };
      }
      const all: Step[] = [];
      if (differences.length > 0) all.push(steps.replaceTrigger(is.id, workflow, wanted));
      const rotated = rotate ? secretValue() : null;
      if (rotated !== null) all.push(steps.rotate(is.id, workflow, wanted, rotated));
      return changed({ ...change, differences, steps: all });
    },
  };
}

/** True when a trigger cannot be changed to what is wanted: its kind, and the scheme of its webhook, are fixed. */
const isOtherKind = (is: Fields, wanted: Fields): boolean =>
  KINDS.some((kind) => isFields(is[kind]) !== isFields(wanted[kind])) ||
  fieldsIn(is.webhook).scheme !== fieldsIn(wanted.webhook).scheme;
