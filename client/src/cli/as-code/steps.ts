/** The steps of a plan: each is one request that changes something. */
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import { callJson } from "../call-json.ts";
import { isId } from "../names.ts";
import type { Schemas, WantedTrigger, WantedWorkflow } from "./file.ts";
import { pathOfName } from "./names.ts";
import { KINDS, PART_LISTS, type PresentWorkflow, type Workflows } from "./present.ts";
import { type Fields, fieldsIn, isFields, type KeyPath, withoutDefaults } from "./schema.ts";
import type { Tree } from "./tree.ts";

/** A secret that the service has made for a trigger, and shows once. With the scheme `token`, it belongs at the end of the `url`. */
export type MadeSecret = { triggerId: string; path: string; name: string; url: string; secret: string; scheme: string };

export type Step = {
  /** What it does: "Create the workflow …". */
  text: string;
  /** The place in the file of what it changes. Null when that is not in the file. */
  at: KeyPath | null;
  /** True when it names other workflows, which may have to be created first. */
  isLate?: boolean;
  /** True when it ends the old secret of a trigger at once if it is repeated. */
  isRotation?: boolean;
  /** Returns the secret if the service has made one. */
  run(): Promise<MadeSecret | null>;
};

export type Steps = ReturnType<typeof stepsWith>;

const NEW_RUNNER_TYPE = "SELF_HOSTED";

export function stepsWith(client: Client, tree: Tree, workflows: Workflows, schemas: Schemas) {
  /** The ids of the workflows that were created, by their paths. */
  const created = new Map<string, string>();
  /** The ids of the workflows that existed before, by their paths with the name and by those with the id. */
  const known = new Map(
    workflows.all.flatMap(({ id }) => [workflows.pathOf(id), pathOfName(id)].map((path) => [path, id])),
  );

  /** @throws Error when an earlier step should have created it */
  function idOf(path: string): string {
    const id = created.get(path) ?? known.get(path);
    if (id === undefined) throw new Error(`There is no workflow at ${path}.`);
    return id;
  }

  async function partIds(paths: unknown): Promise<string[]> {
    const all = Array.isArray(paths) ? paths.map(String) : [];
    return Promise.all(all.map(async (path) => (await tree.at(path))?.path_part_id ?? path));
  }

  const send = (method: string, path: string, body?: object) => callJson<unknown>(client, method, path, body);

  async function workflowBody(wanted: WantedWorkflow, secret: string | null): Promise<Fields> {
    const { sources, instructions, outputs, template, runner_config: runner, ...others } = wanted.fields;
    const lists = await Promise.all([sources, instructions, outputs].map(partIds));
    const [templateId = null] = await partIds(template === null ? [] : [template]);
    return {
      ...others,
      name: wanted.name,
      runner_config: isFields(runner) ? { ...runner, webhook_secret: secret } : null,
      ...Object.fromEntries(Object.values(PART_LISTS).map((name, index) => [name, lists[index]])),
      template_path_part_id: templateId,
    };
  }

  /** The content of a trigger for the API. Fields that have their defaults are left out, as in `setPolicy`. */
  function triggerBody({ name, fields }: WantedTrigger): Fields {
    const given = fieldsIn(withoutDefaults(schemas.trigger, fields));
    const { run } = given;
    return {
      ...given,
      name,
      kind: KINDS.find((kind) => isFields(fields[kind])),
      ...(isFields(run) && { run: { ...run, of: idOf(String(run.of)) } }),
    };
  }

  const none = (sent: Promise<unknown>) => sent.then(() => null);

  return {
    createFolder: (path: string): Step => ({
      ...{ text: `Create the folder ${path}/`, at: null },
      run: () => none(tree.createFolder(path)),
    }),

    createWorkflow: (wanted: WantedWorkflow, secret: string | null): Step => ({
      ...{ text: `Create the workflow ${wanted.path}`, at: wanted.at },
      async run() {
        const { is_active: _, ...body } = await workflowBody(wanted, secret);
        const answer = await send("POST", "/v1/workflow-definitions", { ...body, runner_type: NEW_RUNNER_TYPE });
        created.set(wanted.path, String(fieldsIn(answer).id));
        return null;
      },
    }),

    replaceWorkflow: (wanted: WantedWorkflow, { id, runnerType }: PresentWorkflow, secret: string | null): Step => ({
      ...{ text: `Change the workflow ${wanted.path}`, at: wanted.at },
      async run() {
        const body = { ...(await workflowBody(wanted, secret)), runner_type: runnerType };
        return none(send("PUT", `/v1/workflow-definitions/${id}`, body));
      },
    }),

    /**
     * Fields of the policy that this version of the client does not know stay as they are `before`. Those that have their defaults are left
     * out, since an older service refuses a field that it does not know.
     */
    setPolicy: (wanted: WantedWorkflow, before: Fields | null): Step => ({
      ...{ text: `Set the policy of ${wanted.path}`, at: [...wanted.at, "policy"] },
      isLate: Array.isArray(wanted.policy.may_trigger) && wanted.policy.may_trigger.length > 0,
      run: () => {
        const policy = fieldsIn(withoutDefaults(schemas.policy, { ...before, ...wanted.policy }));
        const { may_trigger: paths } = policy;
        // One that the caller may not see has its id there.
        const ids = Array.isArray(paths) && paths.map(String).map((path) => (isId(path) ? path : idOf(path)));
        const body = { ...policy, ...(ids && { may_trigger: ids }) };
        return none(send("PUT", `/v1/workflow-definitions/${idOf(wanted.path)}/policy`, body));
      },
    }),

    setActive: (wanted: WantedWorkflow, isActive: boolean): Step => ({
      ...{ text: `${isActive ? "Resume" : "Pause"} the workflow ${wanted.path}`, at: wanted.at },
      run: () => none(send("POST", `/v1/workflow-definitions/${idOf(wanted.path)}/${isActive ? "resume" : "pause"}`)),
    }),

    deleteWorkflow: (id: string, path: string): Step => ({
      ...{ text: `Delete the workflow ${path}`, at: null },
      run: () => none(send("DELETE", `/v1/workflow-definitions/${id}`)),
    }),

    createTrigger: (workflow: WantedWorkflow, wanted: WantedTrigger, secret: string | null): Step => ({
      ...{ text: `Create the trigger "${wanted.name}" of ${workflow.path}`, at: wanted.at },
      async run() {
        const body = { ...triggerBody(wanted), ...(secret !== null && { secret }) };
        const answer = await send("POST", `/v1/workflow-definitions/${idOf(workflow.path)}/triggers`, body);
        const { id, webhook, secret: made } = fieldsIn(answer);
        if (secret !== null || typeof made !== "string") return null;
        const { url, scheme } = fieldsIn(webhook);
        return {
          ...{ triggerId: String(id), path: workflow.path, name: wanted.name },
          ...{ url: String(url), scheme: String(scheme), secret: made },
        };
      },
    }),

    replaceTrigger: (id: string, workflow: WantedWorkflow, wanted: WantedTrigger): Step => ({
      ...{ text: `Change the trigger "${wanted.name}" of ${workflow.path}`, at: wanted.at },
      run: () => none(send("PUT", `/v1/triggers/${id}`, triggerBody(wanted))),
    }),

    rotate: (id: string, workflow: WantedWorkflow, { name, at }: WantedTrigger, secret: string): Step => ({
      ...{ text: `Rotate the secret of the trigger "${name}" of ${workflow.path}`, at },
      isRotation: true,
      run: () => none(send("POST", `/v1/triggers/${id}/rotate-secret`, { secret })),
    }),

    deleteTrigger: (id: string, workflow: WantedWorkflow, name: string): Step => ({
      ...{ text: `Delete the trigger "${name}" of ${workflow.path}`, at: null },
      run: () => none(client.deleteTrigger(id)),
    }),

    /** How many runs a workflow has. All of them are deleted with it. */
    async countRuns(id: string): Promise<number> {
      const params = { path: { definition_id: id }, query: { limit: 1 } };
      return (await unwrap(client.api.GET("/v1/workflow-definitions/{definition_id}/runs", { params }))).total;
    },
  };
}
