import type { Client as ApiClient } from "openapi-fetch";
import { unwrap } from "./connection.ts";
import { byCursor, byOffset } from "./pages.ts";
import { toProblem } from "./problem.ts";
import type {
  Backfill,
  BackfillRange,
  Firing,
  NewTrigger,
  Occurrence,
  OccurrenceRange,
  Occurrences,
  paths,
  Trigger,
  TriggerContent,
  TriggerWithSecret,
} from "./types.ts";

const PAGE = 100;

/** The methods of the client for triggers: what triggers runs of a workflow by itself. */
export function triggerMethods(api: ApiClient<paths>) {
  const ofWorkflow = (definition_id: string) => ({ params: { path: { definition_id } } });
  const ofTrigger = (trigger_id: string) => ({ params: { path: { trigger_id } } });
  const readOccurrences = (triggerId: string, query: OccurrenceRange = {}): Promise<Occurrences> =>
    unwrap(api.GET("/v1/triggers/{trigger_id}/occurrences", { params: { ...ofTrigger(triggerId).params, query } }));

  return {
    /** Creates a trigger of a workflow, which fires with your rights. The answer has the secret of a webhook, once. */
    createTrigger: (workflowId: string, trigger: NewTrigger): Promise<TriggerWithSecret> =>
      unwrap(
        api.POST("/v1/workflow-definitions/{definition_id}/triggers", { ...ofWorkflow(workflowId), body: trigger }),
      ),

    /** The triggers of a workflow, newest first. */
    listTriggers: (workflowId: string): AsyncGenerator<Trigger, void, undefined> =>
      byOffset((offset) => {
        const params = { ...ofWorkflow(workflowId).params, query: { offset, limit: PAGE } };
        return unwrap(api.GET("/v1/workflow-definitions/{definition_id}/triggers", { params }));
      }),

    /** A trigger, and when it fires next. */
    getTrigger: (triggerId: string): Promise<Trigger> =>
      unwrap(api.GET("/v1/triggers/{trigger_id}", ofTrigger(triggerId))),

    /** Replaces a trigger: what is left out gets its default. From then on it fires with your rights. */
    replaceTrigger: (triggerId: string, trigger: TriggerContent): Promise<Trigger> =>
      unwrap(api.PUT("/v1/triggers/{trigger_id}", { ...ofTrigger(triggerId), body: trigger })),

    /** Pauses a trigger. The note tells others why. */
    pauseTrigger: (triggerId: string, { note }: { note?: string } = {}): Promise<Trigger> =>
      unwrap(
        api.POST("/v1/triggers/{trigger_id}/pause", {
          ...ofTrigger(triggerId),
          body: note === undefined ? {} : { note },
        }),
      ),

    /** Resumes a trigger, which then fires with your rights. With `catchUp`, the last instant of the pause fires late. */
    resumeTrigger: (triggerId: string, { catchUp = false }: { catchUp?: boolean } = {}): Promise<Trigger> =>
      unwrap(api.POST("/v1/triggers/{trigger_id}/resume", { ...ofTrigger(triggerId), body: { catch_up: catchUp } })),

    /** Fires a trigger now. The outcome of the firing says whether it has triggered a run. */
    fireTrigger: (triggerId: string): Promise<Firing> =>
      unwrap(api.POST("/v1/triggers/{trigger_id}/fire", ofTrigger(triggerId))),

    /**
     * Gives a trigger that receives webhooks a new secret: yours, or one that the service makes. The answer has it, once. The old one is
     * taken for 24 hours, or until the next rotation. So when the answer was lost, do not repeat it before `getTrigger` has shown by
     * `webhook.old_secret_until` that nothing was rotated.
     */
    rotateTriggerSecret: (triggerId: string, { secret }: { secret?: string } = {}): Promise<TriggerWithSecret> =>
      unwrap(
        api.POST("/v1/triggers/{trigger_id}/rotate-secret", {
          ...ofTrigger(triggerId),
          body: secret === undefined ? {} : { secret },
        }),
      ),

    /** Deletes a trigger and its firings. The runs that it has triggered stay. */
    async deleteTrigger(triggerId: string): Promise<void> {
      const { response, error } = await api.DELETE("/v1/triggers/{trigger_id}", ofTrigger(triggerId));
      if (!response.ok) throw toProblem(response, error);
    },

    /** What became of each occasion on which a trigger could have fired, newest first. */
    listFirings: (triggerId: string): AsyncGenerator<Firing, void, undefined> =>
      byCursor((cursor) => {
        const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
        const params = { ...ofTrigger(triggerId).params, query };
        return unwrap(api.GET("/v1/triggers/{trigger_id}/firings", { params }));
      }),

    /** The instants of a trigger's schedule, from now on or from `from`: up to 100, or up to `limit`, which may be 500. */
    occurrences: async (triggerId: string, query: OccurrenceRange = {}): Promise<Occurrence[]> =>
      (await readOccurrences(triggerId, query)).items,

    /** The same, with `time_zone_data`: by which release of the IANA time-zone data they were computed. */
    readOccurrences,

    /** Fires a trigger for the instants of the past that have not fired, at most 500. With `dry_run` it only says which. */
    backfill: (triggerId: string, range: BackfillRange): Promise<Backfill> =>
      unwrap(api.POST("/v1/triggers/{trigger_id}/backfill", { ...ofTrigger(triggerId), body: range })),
  };
}
