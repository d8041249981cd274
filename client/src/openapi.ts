/**
 * Made by `npm run client:types` from the OpenAPI document of the service. Do not edit: `npm run check` fails when the document
 * says something else.
 */

export interface paths {
    "/v1/workflow-definitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workflows
         * @description Newest first. Lists and counts only the definitions that the caller may see.
         */
        get: operations["list_workflow_definitions"];
        put?: never;
        /**
         * Create a workflow
         * @description For an OWNER or ADMIN. Sources and instructions are folders or documents, outputs are folders, the template is a document or a version of one. No path part may be named twice, or lie below another one that is named.
         */
        post: operations["create_workflow_definition"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a workflow
         * @description Its configuration as it is now. Runs keep the snapshot with which they were triggered. The secret of its runner is never shown.
         */
        get: operations["get_workflow_definition"];
        /**
         * Replace a workflow
         * @description Replaces everything: a field that is left out gets its default, and without `runner_config` the runner is removed. Needs write on the definition. Runs that were triggered before keep their snapshot. With `is_active` false the workflow is paused: it accepts no new runs, and PENDING runs do not start.
         */
        put: operations["update_workflow_definition"];
        post?: never;
        /**
         * Delete a workflow
         * @description With its runs. For an OWNER or ADMIN. 409 while one of its runs is RUNNING: stop it first.
         */
        delete: operations["delete_workflow_definition"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a workflow
         * @description It accepts no new runs, and PENDING runs do not start. Its RUNNING run may finish. Needs write on the definition.
         */
        post: operations["pause_workflow_definition"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a workflow
         * @description It accepts runs again, and its first PENDING run starts. Needs write on the definition.
         */
        post: operations["resume_workflow_definition"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a policy
         * @description How its runs get to a runner, how many run at once, and when they are retried. Every field is there: one that nobody has set has its default.
         */
        get: operations["get_workflow_definition_policy"];
        /**
         * Replace a policy
         * @description Replaces everything: a field that is left out gets its default. Needs write on the definition. A run that is RUNNING keeps the lease or dispatch that it has, and its slot; one that waits keeps its place.
         */
        put: operations["update_workflow_definition_policy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/input-schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the input schema
         * @description The JSON Schema of its policy; null when any input fits.
         */
        get: operations["get_workflow_input_schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/invoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trigger a run
         * @description The run is RUNNING at once when a slot of the workflow is free for it, and PENDING behind the others when none is. By its policy (`when_busy`), a busy workflow may instead refuse the run, or the run may take the place of those that wait or run. Send an idempotency key, in the body or as a header, to be able to try again: while its run waits or runs, and for 24 hours after it was triggered, the same key answers with that run and `Idempotency-Replayed: true`.
         */
        post: operations["invoke_workflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs of a workflow
         * @description Newest first. With an exact `total`. The runs of all workflows are in `/v1/workflow-runs`, which has more filters.
         */
        get: operations["list_workflow_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/invoke-batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trigger a batch of runs
         * @description Up to 500 runs. All of them or none, with the same snapshot, in a body of at most 1 MiB. They go to the end of the workflow's queue, and start as slots become free: in their order, those with a higher priority first, or when the policy limits the runs of each key, in their order within a key, and keys in turn, beginning after the key that started last. With an idempotency key, in the body or as a header, the request can be repeated: as long as the batch exists, the same key with the same runs answers it and `Idempotency-Replayed: true`.
         */
        post: operations["invoke_workflow_batch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/run-batches/{batch_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a batch
         * @description How many of its runs wait, run and have ended. The runs themselves are in the list of runs: `/v1/workflow-runs?batch=`, and how they have ended in `…/results`. Send the `ETag` of the last answer as `If-None-Match` to get 304 while nothing has changed. With `Prefer: wait=30` the answer comes as soon as the batch has ended, or with `If-None-Match` as soon as one of its runs has changed, but after 30 seconds at the latest.
         */
        get: operations["get_run_batch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/run-batches/{batch_id}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the results of a batch
         * @description How each of its runs has ended or stands, in the order in which they were given; those that were deleted are not there. A page ends before its outputs have more than 256 KiB, so it may have fewer items than `limit` although there is a `next_cursor`.
         */
        get: operations["list_run_batch_results"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/triggers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List triggers of a workflow
         * @description Newest first. Those that are paused, too.
         */
        get: operations["list_triggers"];
        put?: never;
        /**
         * Create a trigger
         * @description It triggers runs by itself, with the rights that you have whenever it fires. Needs write on the definition. A workflow may have 100 triggers. Of a webhook, only this answer has the secret.
         */
        post: operations["create_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a trigger
         * @description Also when it fires next. Its secret, if it has one, is never shown.
         */
        get: operations["get_trigger"];
        /**
         * Replace a trigger
         * @description Replaces everything: a field that is left out gets its default. A change of its schedule counts from now on. From then on it fires with your rights.
         */
        put: operations["update_trigger"];
        post?: never;
        /**
         * Delete a trigger
         * @description With its firings. The runs that it has triggered stay.
         */
        delete: operations["delete_trigger"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the secret of a webhook
         * @description For 24 hours, or until it is rotated again, messages with the old secret are taken, too. Only this answer has the new one. When this request is repeated, also after an answer that was lost and with the same `secret`, the secret of before the first one ends at once. So first read the trigger: its `old_secret_until` says whether it was rotated. From then on it fires with your rights.
         */
        post: operations["rotate_trigger_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a trigger
         * @description It does not fire until it is resumed. One that is paused already keeps its note.
         */
        post: operations["pause_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a trigger
         * @description From then on it fires with your rights. The instants of the pause are recorded as MISSED. With `catch_up`, the last of them fires late, unless it is older than `catch_up_window_seconds`. A trigger that fires after another run catches nothing up.
         */
        post: operations["resume_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/fire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fire a trigger now
         * @description The run is triggered with the rights of the user who changed the trigger last, as when it fires by itself. You need the rights that an invoke needs, too. This also works while the trigger is paused. The schedule goes on as before.
         */
        post: operations["fire_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/firings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List firings of a trigger
         * @description What became of each occasion, newest first. All firings of the last seven days are kept; of older ones, those that are among the newest 1,000.
         */
        get: operations["list_trigger_firings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/occurrences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List instants of a schedule
         * @description Of the past and of the future, as the schedule is now, also while the trigger is paused. Without the jitter. A trigger without a schedule has none.
         */
        get: operations["list_trigger_occurrences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{trigger_id}/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Backfill a schedule
         * @description Fires it for instants of the past. For each instant of its schedule in the range, at most 500 and in at most ten years, that has not fired before as far as its firings are kept. The runs wait for their turns, whatever `when_busy` says. It ends at the first firing that is refused. You need the rights that an invoke needs, too.
         */
        post: operations["backfill_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbound/{trigger_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a signed message
         * @description For other services: GitHub, Stripe, Slack, GitLab, or whatever can sign. The signature is verified with the secret of the trigger, before anything else is looked at.
         */
        post: operations["receive_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbound/{trigger_id}/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message with a token
         * @description For services that can sign nothing. Whoever knows the URL can trigger runs.
         */
        post: operations["receive_webhook_by_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream events of all runs
         * @description From now on. The events of all runs that you may see, over all workflows. A caller may have 20 streams at a time. A stream is for who looks on: of two changes at the same moment, the event with the lower id may be committed last, and a stream that goes on after the other one (`Last-Event-ID`) does not send it any more. Who must miss none reads the feed, `/v1/events`.
         */
        get: operations["stream_tenant_workflow_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream events of a run
         * @description From the first event on, and its progress. The stream ends when the run has ended. An `EventSource` that then reconnects gets 204, which tells it to stop. A caller may have 20 streams at a time. A message with the `event` `progress` and no `id` has what the runner last reported of the current attempt: when the stream begins, and whenever that has changed, at most once a second. With `log=true` the stream also has the log of the current attempt and of later ones: messages with the `event` `log`, whose `data` is an entry as in `/log` with its `attempt`, in the same order and with the same gaps as in `/log`. A `log_cut` follows a log that was too long to be stored completely, and whose runner has not sent its end, when the attempt has ended.
         */
        get: operations["stream_workflow_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all runs
         * @description Newest first. All runs that you may see, over all workflows. It has a cursor, so the last page is as fast as the first. With `label`, at most 10,000 runs are looked at for a page, so a page may have fewer runs than `limit`, or none, although there is a `next_cursor`.
         */
        get: operations["list_tenant_workflow_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarise runs
         * @description How many runs wait, run and have ended, and how long they take. Of the runs that the caller may see: those that wait and run now, and those that have ended within the window.
         */
        get: operations["summarise_workflow_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a run
         * @description The current state of the run. A run whose deadline has passed is FAILED from that instant on. Send the `ETag` of the last answer as `If-None-Match` to get 304 while nothing has changed. With `Prefer: wait=30` the answer comes as soon as the run has ended or was suspended, or with `If-None-Match` as soon as it has changed, but after 30 seconds at the latest.
         */
        get: operations["get_workflow_run"];
        put?: never;
        post?: never;
        /**
         * Delete a run
         * @description With its events. A RUNNING run cannot be deleted: stop it first.
         */
        delete: operations["delete_workflow_run"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events of a run
         * @description Oldest first. What has happened to the run, in all of its attempts. The stream of the run sends the same events as they happen.
         */
        get: operations["list_workflow_run_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a run
         * @description Without `grace_seconds` the run is FAILED at once and its slot is free; the runner of a RUNNING run gets one message. With them a RUNNING run stays RUNNING and keeps its slot until its runner says how it ended, or the time is over. The runner is told by webhooks until it confirms one, or by the answer to its next heartbeat. If it reports COMPLETED, that counts; otherwise the run is FAILED as STOPPED, or as DEADLINE if its deadline comes no later. A second stop can only shorten the time. A run whose runner could not learn of it is FAILED at once: it is PENDING, or was not sent to a runner yet, or its workflow no longer has a runner.
         */
        post: operations["stop_workflow_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/start-now": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a delayed run now
         * @description A PENDING run that waits for its `start_after`, or for an automatic retry, joins the end of its workflow's queue now. It starts when it is its turn.
         */
        post: operations["start_workflow_run_now"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/priority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the priority of a run
         * @description Of a PENDING run, by whoever may write its workflow. In the queue, it comes behind those with this priority that joined before it. Retries keep it.
         */
        put: operations["prioritize_workflow_run"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a run
         * @description The same run, as its next attempt and with the same snapshot, at the end of its workflow's queue.
         */
        post: operations["retry_workflow_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report the result
         * @description For the run's runner, with the run token of the dispatch or lease. The same result may be reported again, also when its attempt was retried meanwhile. Another one, or any after the deadline, is answered 409 and is kept in the run's events.
         */
        post: operations["workflow_run_callback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop, retry or delete many runs
         * @description Up to 1000 runs a call: those of `run_ids`, or the newest that match the `filter`, whose conditions are those of the list of runs. Each run is changed completely or refused, by the rules of its own stop, retry or delete. Repeat the call with `next_cursor` until that is null.
         */
        post: operations["change_workflow_runs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/details": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get run details
         * @description Attempt, progress, key, labels, batch, place in the queue, instants and links. What the run itself does not say, in a form for programs. To follow the progress without polling, read the run's stream.
         */
        get: operations["get_workflow_run_details"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/input": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the input of a run
         * @description The `input` of the invoke, frozen when the run was triggered. A retry has the same input.
         */
        get: operations["get_workflow_run_input"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the result of a run
         * @description Until the run has ended, only its `status` and `attempt` are set. With `Prefer: wait=N` the answer waits for the end.
         */
        get: operations["get_workflow_run_result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain why a run waits
         * @description One sentence, and the facts. The facts about the runner and about durations are from the workflow's latest 100 runs.
         */
        get: operations["explain_workflow_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the log of a run
         * @description In the order of `sequence`, whatever the order of arrival. Where entries are missing, the page ends until they arrive, 30 seconds have passed, or the attempt has ended. To follow a log, ask again with the `attempt` of the answer, and after the last `sequence` that you have, until `is_complete`. With `Accept: text/plain` it comes as text without the colours of a terminal, in which control characters are made visible.
         */
        get: operations["read_workflow_run_log"];
        put?: never;
        /**
         * Append to the log
         * @description For the run's runner, with the run token of the dispatch or lease. Entries may be sent again, and in any order. The log of an attempt may have 1 MiB, and the logs of all attempts together 4 MiB. For the end of a longer log there are 256 KiB more for each attempt, and 1 MiB for all: see `omitted_bytes`.
         */
        post: operations["append_workflow_run_log"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file
         * @description The content, with the type that the runner gave. Browsers show PNG, JPEG, GIF, WebP, PDF and plain text, and save all else. One `Range` of bytes is answered with 206; several, with the whole file. A page that would load it as a script or a style is refused with 403, by the header `Sec-Fetch-Dest` of its browser.
         */
        get: operations["get_workflow_run_artifact"];
        /**
         * Upload a file
         * @description For the run's runner, with the run token of the dispatch or lease. The body is the file, with its `Content-Type` and its `Content-Length`: at most 95 MB. The same name again replaces the file of this attempt. A run may have 50 files, and 1 GiB altogether, those of all its attempts. A file is there completely or not at all.
         */
        put: operations["put_workflow_run_artifact"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List files of a run
         * @description The newest of each name since the last retry of the run, also of attempts that have suspended it, as soon as they are stored. With `attempt`, only those of that attempt. The result of the run has them, too, when it has ended.
         */
        get: operations["list_workflow_run_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lease runs
         * @description With the token of a session. The oldest runs first, over all workflows that the session takes, and no more than its capacity. With `wait_seconds`, the answer may take that long. It is 503 when waiting is not available; 0 always works. At most 20 requests of a session wait at a time.
         */
        post: operations["create_leases"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a heartbeat
         * @description It may bring the progress and the log of the run. With the run's token. It extends the lease, never the deadline. A runner with a URL may send heartbeats, too: from its first one on, its run fails as LOST when they stop. The entries of the log are stored as `/log` stores them.
         */
        post: operations["heartbeat_workflow_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a run back
         * @description For a runner that shuts down, with the run's token. The run is PENDING again, as its next attempt and at its old place in the queue. From then on, requests with the token are answered 409. A run that was asked to stop is STOPPED instead. From the third time on, the run waits for some seconds before it can start again.
         */
        post: operations["release_workflow_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/children": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the children of a run
         * @description For the run's runner, with the run's token: what has become of the runs that it has triggered, in the order in which it has. A page ends before its outputs have more than 256 KiB, so it may have fewer items than `limit` although there is a `next_cursor`. Those that were deleted are not there, nor those that have failed before a person has retried the run. People read `/v1/workflow-runs?parent_run_id=`.
         */
        get: operations["list_child_runs"];
        put?: never;
        /**
         * Trigger children of a run
         * @description For the run's runner, with the run's token: up to 500 runs of the workflows that the policy of the run's workflow names in `may_trigger`, all or none, in a body of at most 1 MiB. They need the rights of the user who has triggered the run, as an invoke does, and always queue. The workflow and the `key` identify a child: asked again, also by a later attempt, the same child is answered, and its input stays. A run may have 1,000 children, and at most 10 runs trigger each other in a chain. When the run ends otherwise than COMPLETED, its unfinished children are stopped. To wait for their ends, suspend the run.
         */
        post: operations["trigger_child_runs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/checkpoints/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Keep a checkpoint
         * @description For the run's runner, with the run's token: what the attempts after this one need not do again, such as the result of a step. The first value of a key stays: the same one again is 200, and another one is 409, as is any with the token of an attempt that has ended. A run may have 1,000 checkpoints, of 4 MiB altogether. It extends no lease.
         */
        put: operations["keep_checkpoint"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the checkpoints of a run
         * @description What its attempts have kept, the oldest first. A run that is triggered again begins without.
         */
        get: operations["list_checkpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what a run can go on with
         * @description For the run's runner, with the run's token: the outcomes of all that the run has waited for, and all checkpoints with their values. The dispatch and the lease have only the outcomes of the last suspension, and the number of checkpoints.
         */
        get: operations["get_workflow_run_resume"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend a run
         * @description Until an answer, an instant, a signal, or the ends of its children have come. For the run's runner, with the run's token. The attempt ends, and with it the slot, the lease and the deadline, but the run does not: it is PENDING until all that it waits for has come. Then it joins the queue at the place that it had, and its next attempt gets the outcomes: `resume`. A handler that begins anew asks again with the same keys. What has come already is not asked again; when all has come, the answer has the outcomes, and the attempt goes on. The same request of the same attempt gets the same answer, also later. A run that was asked to stop is STOPPED instead, which is answered 409.
         */
        post: operations["suspend_workflow_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/waits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List open questions
         * @description The questions of suspended runs that you may answer, over all workflows, newest first. With an API key, only those that are not `people_only`. A page may have fewer items than `limit`, or none, although there is a `next_cursor`.
         */
        get: operations["list_waits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-runs/{run_id}/waits/{key}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a question
         * @description Of a suspended run. The first answer counts: the same one again is answered in the same way, and another one is 409. When it was the last thing that the run waited for, the run joins its workflow's queue at once.
         */
        post: operations["answer_wait"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflow-definitions/{definition_id}/signals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a signal
         * @description To the suspended runs of a workflow. Exactly one run gets it: the oldest that waits for this name and correlation. When none does, it is kept for seven days for the next run that asks; of one workflow at most 1,000 are kept, and then it is 429. The same signal, with the same `id`, gets the same answer for seven days, and another one with this `id` is 409. You need what an invoke needs.
         */
        post: operations["signal_workflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runner-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a runner key
         * @description For an OWNER or ADMIN. It opens sessions of runners, and nothing else: every other operation answers 401. It is listed and revoked like any other key, at `/v1/api-keys`, and works as long as its user is an OWNER or ADMIN.
         */
        post: operations["create_runner_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runner-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a runner session
         * @description For a runner that leases its runs instead of getting them by webhook. Send a runner key, or the API key of an OWNER or ADMIN. The session ends at the latest when this key is revoked or expires. A key has at most 100 open sessions: another one closes the oldest that holds no run and was not heard of for a minute, and is 429 when there is none.
         */
        post: operations["create_runner_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runner-sessions/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a runner session
         * @description With the token of the session. No further run is leased to it, so the runs that it then gives back go to other runners. It keeps the runs that it holds. When it holds none, requests for leases are 401 from then on. Closing it twice is no error.
         */
        post: operations["close_runner_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events
         * @description Oldest first. The events of the runs that you may see. If you continue from each answer's `next_cursor`, you get every event exactly once, in an order that never changes. A page may have fewer items than `limit`, or none, although `has_more` is true. The events of deleted runs are not included.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream events
         * @description As server-sent events, from now on or after a position. The same events in the same order as `GET /v1/events`, as they happen. A caller may have 20 streams at a time. It begins with an `id` and no event, so that a client which is cut off before the first event misses none either.
         */
        get: operations["stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List notification endpoints
         * @description Newest first. For an OWNER or ADMIN. Without their secrets.
         */
        get: operations["list_notification_endpoints"];
        put?: never;
        /**
         * Create a notification endpoint
         * @description Events are then sent to its URL. A tenant may have 50 endpoints. Only this answer has the secret. A chat (`format`) has none: there, the URL is the secret, and no answer has it. With `labels` and `on`, a failure is not sent when another run of the workflow, with whatever labels, has failed before it.
         */
        post: operations["create_notification_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a notification endpoint
         * @description For an OWNER or ADMIN. Its state says whether notifications arrive, and when the next one is tried.
         */
        get: operations["get_notification_endpoint"];
        put?: never;
        post?: never;
        /**
         * Delete a notification endpoint
         * @description With its deliveries. For an OWNER or ADMIN. What was not sent yet is not sent any more.
         */
        delete: operations["delete_notification_endpoint"];
        options?: never;
        head?: never;
        /**
         * Change a notification endpoint
         * @description Also to enable it again: conflict while sweeps still give up thousands of notifications that waited when it was disabled. Fields that are not sent stay as they are. With another `url` the endpoint gets a new secret, which only this answer has: the old one signs nothing that is sent to the new URL. For a new `url` of a chat, `format` must be sent, too. With `labels` and `on`, a failure is not sent when another run of the workflow, with whatever labels, has failed before it.
         */
        patch: operations["update_notification_endpoint"];
        trace?: never;
    };
    "/v1/notification-endpoints/{endpoint_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the secret of an endpoint
         * @description For 24 hours, or until it is rotated again, notifications are signed with both secrets, so that none is lost while you replace it on your side. When this request is repeated, also after an answer that was lost, the secret of before the first one signs nothing more. A chat has no secret to rotate: change its `url`.
         */
        post: operations["rotate_notification_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{endpoint_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries of an endpoint
         * @description Newest first. Includes those that are waiting to be sent. Deliveries are kept for 30 days.
         */
        get: operations["list_notification_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{endpoint_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test to an endpoint
         * @description Its type is `notification_endpoint.test`. It is sent at once, even when the endpoint is failing, or after the pause that a chat has asked for.
         */
        post: operations["test_notification_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description It is sent at once, or after the pause that a chat has asked for, with the same `webhook-id`, whatever its state.
         */
        post: operations["resend_notification_delivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/path-parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List path parts
         * @description What is below a part, or at the top. Only what the caller may see is listed and counted. 404 when the caller may not see the parent.
         */
        get: operations["list_path_parts"];
        put?: never;
        /**
         * Create a path part
         * @description A folder, a document, or a version of one. Needs write on the parent; at the root only an OWNER or ADMIN may add a part.
         */
        post: operations["create_path_part"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/path-parts/{path_part_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a path part
         * @description A folder, a document, a version of one, or a workflow that the caller may see, and what they may do with it.
         */
        get: operations["get_path_part"];
        put?: never;
        post?: never;
        /**
         * Delete a path part
         * @description With everything below it. Needs write on the part. 409 names the workflow definitions that refer to it or to something below it.
         */
        delete: operations["delete_path_part"];
        options?: never;
        head?: never;
        /**
         * Rename or move a path part
         * @description The paths of everything below change with it; permissions and definitions still refer to it. Renaming needs write on the part; moving also on the new parent, and to the root only an OWNER or ADMIN may move.
         */
        patch: operations["update_path_part"];
        trace?: never;
    };
    "/v1/folders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List folders
         * @description Those in a folder, or at the top. Only what the caller may see is listed and counted. 404 when the caller may not see the parent.
         */
        get: operations["list_folders"];
        put?: never;
        /**
         * Create a folder
         * @description Needs write on the parent.
         */
        post: operations["create_folder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/folders/{folder_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a folder
         * @description A folder that the caller may see. `GET /v1/path-parts/{path_part_id}` also says what they may do with it.
         */
        get: operations["get_folder"];
        put?: never;
        post?: never;
        /**
         * Delete a folder
         * @description With everything below it. Needs write on the folder. 409 names the workflow definitions that refer to it or to something below it.
         */
        delete: operations["delete_folder"];
        options?: never;
        head?: never;
        /**
         * Rename or move a folder
         * @description Fields that are left out or null stay as they are: to move a folder to the root, change its path part. Renaming needs write on the folder; moving also needs it on the new parent. The paths of everything below change with it.
         */
        patch: operations["update_folder"];
        trace?: never;
    };
    "/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get your user
         * @description With the tenant and the role in which this credential acts.
         */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant_id}/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description By email. For OWNER and ADMIN.
         */
        get: operations["list_tenant_users"];
        put?: never;
        /**
         * Create a user
         * @description For OWNER and ADMIN. OWNER is not possible here: each tenant has one OWNER, who can pass the role on. Without an email, it is a service user: a USER for a program, who does not sign in by a login, and whose keys an OWNER or ADMIN makes at `/v1/users/{user_id}/api-keys`. What it may do is its permissions.
         */
        post: operations["create_tenant_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant_id}/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description At once. For OWNER and ADMIN; nobody can delete the OWNER or themselves. Their keys, sessions and permissions end at once. Their runs stay, and still name them. They are no longer listed.
         */
        delete: operations["delete_tenant_user"];
        options?: never;
        head?: never;
        /**
         * Change a user's role
         * @description For OWNER and ADMIN. Nobody changes their own role, and an ADMIN cannot change the OWNER. The OWNER passes ownership on by making somebody else the OWNER, and is an ADMIN from then on.
         */
        patch: operations["update_tenant_user"];
        trace?: never;
    };
    "/v1/tenants/{tenant_id}/users/{user_id}/deactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deactivate a user
         * @description At once. For OWNER and ADMIN; nobody can deactivate the OWNER or themselves. No credential of the user works from now on. Their runs continue, and everything that they created stays.
         */
        post: operations["deactivate_tenant_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant_id}/users/{user_id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Activate a user
         * @description For OWNER and ADMIN. Keys that were neither revoked nor have expired meanwhile work again.
         */
        post: operations["activate_tenant_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant_id}/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the tenant's use and limits
         * @description How much the tenant has, and how much it may have. For OWNER and ADMIN. The operator of the service can raise a cap. Caps are approximate: what is added at the same moment may exceed one, and what was deleted may count for some seconds more. A run that is retried or given back is never refused by one.
         */
        get: operations["get_tenant_use"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/user-permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's permissions
         * @description By path. For OWNER and ADMIN; a USER may list their own.
         */
        get: operations["list_user_permissions"];
        put?: never;
        /**
         * Give a permission
         * @description To read, or to read and write, the part and everything below it, wherever they move. For OWNER and ADMIN. At most 50 for a user. 409 also when another permission of the user already covers it.
         */
        post: operations["create_user_permission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/user-permissions/{permission_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a permission
         * @description At once. For OWNER and ADMIN.
         */
        delete: operations["delete_user_permission"];
        options?: never;
        head?: never;
        /**
         * Change a permission
         * @description For OWNER and ADMIN. Fields that are left out or null stay as they are.
         */
        patch: operations["update_user_permission"];
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your API keys
         * @description Newest first. An OWNER or ADMIN can list those of another user with `user_id`. Revoked and expired keys are not listed.
         */
        get: operations["list_api_keys"];
        put?: never;
        /**
         * Create an API key
         * @description It has all of your permissions, as far as its scopes allow. Only this answer has the key itself.
         */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your API and runner keys
         * @description Newest first, with their scopes, expiry and last use. Revoked and expired keys are not listed.
         */
        get: operations["list_own_api_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API keys of a user
         * @description Newest first, with their scopes, expiry and last use. For OWNER and ADMIN; for others, the list of another user is empty. Revoked and expired keys are not listed.
         */
        get: operations["list_user_api_keys"];
        put?: never;
        /**
         * Create a key of a service user
         * @description For OWNER and ADMIN. A service user is a USER without an email and a login; people make their own keys. The key has the permissions of the service user, as far as its scopes allow. Only this answer has the key itself.
         */
        post: operations["create_user_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{api_key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an API key
         * @description When it expires, and when it was last used. The key itself is only in the answer to its creation.
         */
        get: operations["get_api_key"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description At once. You may revoke your own keys. An OWNER or ADMIN may revoke any key of the tenant, but only the OWNER those of the OWNER.
         */
        delete: operations["delete_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sign-in sessions
         * @description Newest first. Each sign-in on the dashboard begins one. An OWNER or ADMIN can list those of another user with `user_id`. Sessions that have ended are not listed.
         */
        get: operations["list_sign_in_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in-sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a sign-in session
         * @description At once. You may end your own. An OWNER or ADMIN may end any of the tenant, but only the OWNER those of the OWNER. The key or the login with which it began still works.
         */
        delete: operations["end_sign_in_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in-sessions/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out everywhere
         * @description Ends all sessions that you have on the dashboard, and the access of all agents that you have let in; or with `user_id` those of another user, for OWNER and ADMIN. Only the OWNER ends those of the OWNER. API keys still work, and the user can sign in again.
         */
        post: operations["end_sign_in_sessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/command-line-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a key for a command line
         * @description A person has agreed to it. `workflow-runs login` calls it. It listens at a loopback address, and opens `/app/command-line` in a browser, with `redirect_uri` (that address: `http://127.0.0.1:<port>/`), `state`, `code_challenge` (PKCE, S256) and `machine` (a name). When the person who is signed in there agrees, the browser calls the address with `code` and `state`. The code works once, and for a minute. The key has all permissions of the person.
         */
        post: operations["create_command_line_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invites
         * @description Newest first. For OWNER and ADMIN.
         */
        get: operations["list_invites"];
        put?: never;
        /**
         * Invite somebody
         * @description For OWNER and ADMIN. Send the `invite_link` to the invited person: it is open for 7 days, and only this answer has its secret. An open invite for the same email is replaced. 409 for the email of a user who can already sign in.
         */
        post: operations["create_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{invite_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraw an invite
         * @description At once. For OWNER and ADMIN. 409 for an accepted invite.
         */
        delete: operations["delete_invite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{invite_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invite
         * @description For a session token whose `email` is the invited one and whose `email_verified` is true; 404 for everybody else. Its `sub` becomes the id of the user. People who have the link open that instead.
         */
        post: operations["accept_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List audit events
         * @description Who changed what, newest first. One event for each call that has changed something, and for each stop, retry and deletion of runs by a person or with a key. There is none for a call that was refused, that was repeated, or that changed nothing. With several filters, a page may have fewer items than `limit`, or none, although `next_cursor` is not null. `Accept: application/jsonl` answers one event in each line, and the next page as `Link`.
         */
        get: operations["list_audit_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read metrics for Prometheus
         * @description For OWNERs and ADMINs, in Prometheus' text format: runs by state, the queue's age, how long runs take and wait, how late deadlines were recorded, failed dispatches, connected runners, suspended runs and how long they wait for what. For each of the 50 workflows with the most runs, and for all others together: its runs, failures, waiting runs, and how long its attempts take. Of the deployment: refused sign-ins, and requests to the database. The counters begin with 0 at the first request.
         */
        get: operations["read_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the health
         * @description It asks the database for its time, so it is 503 when that cannot be reached. `/readyz` also says whether the sweep keeps up.
         */
        get: operations["health_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the Worker answers
         * @description It does not ask the database, and so does not keep it awake. For monitors that ask often.
         */
        get: operations["liveness_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the readiness
         * @description Whether the service keeps up with its work. 503 with the reasons when the database does not answer, when the sweep is paused or none has ended for 3 minutes, when runs have been overdue, or due to be dispatched, for longer than that, or when a step of the sweep fails for all tenants.
         */
        get: operations["readiness_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get name, version and links
         * @description A browser, which prefers `text/html`, is sent to the dashboard.
         */
        get: operations["get_service"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "workflow_run.dispatched": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The dispatch: a run for the runner to work on
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_dispatched"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.stopping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The run must stop, and the runner has time to clean up
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_stopping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.stopped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The run was stopped
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_stopped"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "runner.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A test message, which asks for no work
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_runner_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.started": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A run has started
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_started"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.suspended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A run was suspended, until an answer or an instant has come
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_suspended"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A run has completed
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A run has failed, for the reason that `failure_code` names
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_run.late_result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A result came after the run had ended
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_run_late_result"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "run_batch.ended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * No run of a batch waits or runs any more
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_run_batch_ended"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "workflow_definition.paused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A workflow was paused, since its runner has answered 410
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_workflow_definition_paused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "trigger.skipped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A trigger did not fire, since a run was in the way
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_trigger_skipped"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "trigger.missed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A trigger has missed instants of its schedule, or messages: it was paused, or the service was not there
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_trigger_missed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "trigger.refused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A trigger did not fire, since an invoke by its user would be refused
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_trigger_refused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "trigger.paused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A trigger has paused itself, since its user has lost the rights, or since the workflow after which it fires was deleted
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_trigger_paused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "notification_endpoint.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Another endpoint was disabled, since it is gone or has failed for five days
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_notification_endpoint_disabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "notification_endpoint.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A test that a person has requested
         * @description Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.
         */
        post: operations["on_notification_endpoint_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        /** @description What the run was asked to do, frozen when it was triggered. */
        WorkflowRunSnapshot: {
            /** Format: uuid */
            workflow_definition_id: string;
            workflow_name: string;
            runner_type: components["schemas"]["WorkflowRunnerType"];
            /** Format: uuid */
            user_id: string;
            max_run_duration_seconds: number;
            sources: components["schemas"]["ABCDPathSnapshot"][];
            instructions: components["schemas"]["ABCDPathSnapshot"][];
            outputs: components["schemas"]["ABCDPathSnapshot"][];
            template: components["schemas"]["ABCDPathSnapshot"] | null;
        };
        /** @enum {string} */
        WorkflowRunnerType: "SELF_HOSTED";
        ABCDPathSnapshot: {
            /** Format: uuid */
            path_part_id: string;
            materialized_path: string;
            part_type: components["schemas"]["PartType"];
        };
        /** @enum {string} */
        PartType: "FOLDER" | "DOCUMENT" | "DOCUMENT_VERSION" | "SECTION" | "CHUNK" | "THREAD" | "THREAD_MESSAGE" | "WORKFLOW_DEFINITION" | "WORKFLOW_RUN";
        /** @description From the second attempt on: what has come of what the last suspension of the run waited for. Empty when it was never suspended. It is missing when the outcomes have more than 256 KiB: then ask `GET …/resume`. */
        WorkflowRunResume: {
            outcomes: components["schemas"]["WaitOutcomes"];
            /** @description How many the run has: `GET …/resume` has their values. */
            checkpoints: number;
        };
        /**
         * @description What has come, by the keys.
         * @example {
         *       "approve": {
         *         "kind": "question",
         *         "outcome": "answered",
         *         "at": "2026-01-31T14:00:00.000Z",
         *         "value": "yes",
         *         "comment": null,
         *         "user_id": "01920000-0000-7000-8000-000000000201"
         *       }
         *     }
         */
        WaitOutcomes: {
            [key: string]: {
                /** @enum {string} */
                kind: "question" | "timer" | "children" | "signal";
                /**
                 * @description `answered`, `elapsed` (a timer), `received` (a signal), `ended` (children), or `timed_out`: the run went on without it.
                 * @enum {string}
                 */
                outcome: "answered" | "elapsed" | "ended" | "received" | "timed_out";
                /** Format: date-time */
                at: string;
                /** @description Of an answer: the choice, or the text. */
                value?: string;
                comment?: string | null;
                /**
                 * Format: uuid
                 * @description Who answered.
                 */
                user_id?: string;
                /** @description Of a signal: the id that its sender has given it. */
                signal_id?: string;
                /** @description Of a signal: any JSON, as it was sent; null for none. */
                payload?: unknown;
            };
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            request_id: string;
        };
        /**
         * @example {
         *       "detail": [
         *         {
         *           "loc": [
         *             "path",
         *             "run_id"
         *           ],
         *           "type": "uuid_parsing",
         *           "msg": "Must be a UUID of 8-4-4-4-12 hex digits.",
         *           "input": "42"
         *         }
         *       ]
         *     }
         */
        HTTPValidationError: {
            detail?: components["schemas"]["ValidationError"][];
        };
        ValidationError: {
            loc: (string | number)[];
            msg: string;
            type: string;
            input?: unknown;
            ctx?: Record<string, never>;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "name": "Quarterly report",
         *           "runner_type": "SELF_HOSTED",
         *           "runner_config": {
         *             "url": "https://runner.example.com/hook"
         *           },
         *           "max_run_duration_seconds": 300,
         *           "source_path_part_ids": [
         *             "01920000-0000-7000-8000-000000000103"
         *           ],
         *           "instruction_path_part_ids": [
         *             "01920000-0000-7000-8000-000000000104"
         *           ],
         *           "output_path_part_ids": [
         *             "01920000-0000-7000-8000-000000000105"
         *           ],
         *           "id": "01920000-0000-7000-8000-000000000301",
         *           "description": null,
         *           "template_path_part_id": null,
         *           "is_active": true,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_WorkflowDefinitionResponse_: {
            items: components["schemas"]["WorkflowDefinitionResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "name": "Quarterly report",
         *       "runner_type": "SELF_HOSTED",
         *       "runner_config": {
         *         "url": "https://runner.example.com/hook"
         *       },
         *       "max_run_duration_seconds": 300,
         *       "source_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000103"
         *       ],
         *       "instruction_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000104"
         *       ],
         *       "output_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000105"
         *       ],
         *       "id": "01920000-0000-7000-8000-000000000301",
         *       "description": null,
         *       "template_path_part_id": null,
         *       "is_active": true,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        WorkflowDefinitionResponse: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string | null;
            runner_type: components["schemas"]["WorkflowRunnerType"];
            runner_config: components["schemas"]["SelfHostedRunnerConfigResponse"] | null;
            max_run_duration_seconds: number;
            source_path_part_ids: string[];
            instruction_path_part_ids: string[];
            output_path_part_ids: string[];
            /** Format: uuid */
            template_path_part_id: string | null;
            is_active: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        SelfHostedRunnerConfigResponse: {
            /** Format: uri */
            url: string;
        };
        /**
         * @example {
         *       "name": "Quarterly report",
         *       "runner_type": "SELF_HOSTED",
         *       "runner_config": {
         *         "url": "https://runner.example.com/hook",
         *         "webhook_secret": "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ="
         *       },
         *       "max_run_duration_seconds": 300,
         *       "source_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000103"
         *       ],
         *       "instruction_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000104"
         *       ],
         *       "output_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000105"
         *       ]
         *     }
         */
        CreateWorkflowDefinitionRequest: {
            name: string;
            /** @description At most 8192 bytes of UTF-8. */
            description?: string | null;
            runner_type: components["schemas"]["WorkflowRunnerType"];
            runner_config?: components["schemas"]["SelfHostedRunnerConfig"] | null;
            /**
             * @description Counted from the start of a run. A run that has not ended by then is FAILED.
             * @default 300
             */
            max_run_duration_seconds?: number;
            /** @description A: what a run reads. Folders or documents. Empty for none. */
            source_path_part_ids?: string[];
            /** @description B: what it follows. Folders or documents. Empty for none. */
            instruction_path_part_ids?: string[];
            /** @description C: where it writes. Folders. Empty for none: then the policy says who may run it, by `run_needs`. */
            output_path_part_ids?: string[];
            /**
             * Format: uuid
             * @description D: what it fills in. A document or a version of one.
             */
            template_path_part_id?: string | null;
        };
        SelfHostedRunnerConfig: {
            /**
             * Format: uri
             * @description Where dispatches are sent. Public and `https`.
             */
            url: string;
            /**
             * Format: password
             * @description Signs the dispatches (Standard Webhooks): `whsec_` and a key in base64, or any other text. Never returned.
             */
            webhook_secret: string;
        };
        /**
         * @example {
         *       "name": "Quarterly report",
         *       "runner_type": "SELF_HOSTED",
         *       "runner_config": {
         *         "url": "https://runner.example.com/hook",
         *         "webhook_secret": "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ="
         *       },
         *       "max_run_duration_seconds": 300,
         *       "source_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000103"
         *       ],
         *       "instruction_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000104"
         *       ],
         *       "output_path_part_ids": [
         *         "01920000-0000-7000-8000-000000000105"
         *       ],
         *       "is_active": true
         *     }
         */
        UpdateWorkflowDefinitionRequest: {
            name: string;
            /** @description At most 8192 bytes of UTF-8. */
            description?: string | null;
            runner_type: components["schemas"]["WorkflowRunnerType"];
            runner_config?: components["schemas"]["SelfHostedRunnerConfig"] | null;
            /**
             * @description Counted from the start of a run. A run that has not ended by then is FAILED.
             * @default 300
             */
            max_run_duration_seconds?: number;
            /** @description A: what a run reads. Folders or documents. Empty for none. */
            source_path_part_ids: string[];
            /** @description B: what it follows. Folders or documents. Empty for none. */
            instruction_path_part_ids: string[];
            /** @description C: where it writes. Folders. Empty for none: then the policy says who may run it, by `run_needs`. */
            output_path_part_ids: string[];
            /**
             * Format: uuid
             * @description D: what it fills in. A document or a version of one.
             */
            template_path_part_id?: string | null;
            /**
             * @description False pauses the workflow.
             * @default true
             */
            is_active?: boolean;
        };
        /**
         * @example {
         *       "handover": "lease",
         *       "lease_seconds": 300,
         *       "max_attempts": 3,
         *       "retry_on": [
         *         "LOST"
         *       ],
         *       "max_running": 5,
         *       "max_running_per_key": 1,
         *       "key_from": "/customer/id",
         *       "when_busy": "replace_queued",
         *       "replace_grace_seconds": 0,
         *       "max_queued": 500,
         *       "run_needs": "write",
         *       "runner_tags": [
         *         "gpu"
         *       ],
         *       "may_trigger": [
         *         "01920000-0000-7000-8000-000000000302"
         *       ],
         *       "input_schema": {
         *         "type": "object",
         *         "properties": {
         *           "quarter": {
         *             "type": "string",
         *             "pattern": "^20[0-9]{2}-Q[1-4]$"
         *           }
         *         },
         *         "required": [
         *           "quarter"
         *         ],
         *         "additionalProperties": false
         *       }
         *     }
         */
        WorkflowDefinitionPolicy: {
            /**
             * @description How a run gets to its runner. `webhook`: the service sends it to the URL in `runner_config`. `lease`: runners ask for it at `/v1/leases`; a run is PENDING until one gets it, and its time limit begins then.
             * @enum {string}
             */
            handover: "webhook" | "lease";
            /** @description How long a runner may be silent, for example while it cannot reach the service. After that its run is FAILED with LOST. */
            lease_seconds: number;
            /** @description How many attempts a run can have, including the first. Those that a runner gave back do not count. */
            max_attempts: number;
            /** @description The failures after which a run is retried automatically: after 5 seconds, twice as long after each further failure, at most 5 minutes, each time up to a fifth more or less. Of REPORTED ones, a result can say that it must not be retried, or when. */
            retry_on: ("LOST" | "UNREACHED" | "DEADLINE" | "REPORTED")[];
            /** @description How many runs of the workflow are RUNNING at the same time, at most. When it is raised, waiting runs start at once; when it is lowered, none is stopped. */
            max_running: number;
            /** @description How many of these have the same concurrency key, at most: `max_running` or less. Then keys take turns: the next run to start is the first of the next key that has room, by name and beginning after the key that started last. Runs without a key take a turn like one key, and only `max_running` limits them. null: runs start first in, first out. */
            max_running_per_key: number | null;
            /** @description Where the input of a run has its concurrency key: a JSON Pointer to a text of 1 to 128 characters, a number or a boolean. An invoke that sends `concurrency_key` needs none there. A run keeps the key that it was triggered with. */
            key_from: string | null;
            /**
             * @description What an invoke does when as many runs as may be RUNNING are unfinished, PENDING ones included: of the workflow, or, with `max_running_per_key`, of its concurrency key. `queue`: its run waits. `skip`: it is refused with 409. `replace_queued`: its run takes the place of those that wait, which are FAILED with SUPERSEDED. `replace_running`: the same, and the RUNNING one is asked to stop. This needs a `max_running` of 1, or a `max_running_per_key` of 1 with a `key_from`. A retry always waits. An invoke replaces up to 500 runs at once. If more wait, the others follow within seconds, and none starts meanwhile.
             * @enum {string}
             */
            when_busy: "queue" | "skip" | "replace_queued" | "replace_running";
            /** @description With `replace_running`: how many seconds the runner has to end the RUNNING run after it was asked to stop, like `grace_seconds` of a stop. The new run starts when the old one has ended. Further invokes do not give it more time. */
            replace_grace_seconds: number;
            /** @description How many runs of the workflow are PENDING, at most. An invoke whose run would be one more is refused with 409. Retries are not. null: any number. */
            max_queued: number | null;
            /**
             * @description What a USER needs to run a workflow that has no outputs: write on the workflow itself, or only read. With outputs, it has no effect: who may write these may run it.
             * @enum {string}
             */
            run_needs: "write" | "read";
            /** @description What a runner needs to get a run of the workflow, when runners ask for its runs: only a session with all of these tags gets one. */
            runner_tags: string[];
            /** @description The workflows whose runs a run of this workflow may trigger: its children. It may name itself. */
            may_trigger: string[];
            /** @description A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits. */
            input_schema: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * @example {
         *       "handover": "lease",
         *       "lease_seconds": 300,
         *       "max_attempts": 3,
         *       "retry_on": [
         *         "LOST"
         *       ],
         *       "max_running": 5,
         *       "max_running_per_key": 1,
         *       "key_from": "/customer/id",
         *       "when_busy": "replace_queued",
         *       "replace_grace_seconds": 0,
         *       "max_queued": 500,
         *       "run_needs": "write",
         *       "runner_tags": [
         *         "gpu"
         *       ],
         *       "may_trigger": [
         *         "01920000-0000-7000-8000-000000000302"
         *       ],
         *       "input_schema": {
         *         "type": "object",
         *         "properties": {
         *           "quarter": {
         *             "type": "string",
         *             "pattern": "^20[0-9]{2}-Q[1-4]$"
         *           }
         *         },
         *         "required": [
         *           "quarter"
         *         ],
         *         "additionalProperties": false
         *       }
         *     }
         */
        UpdateWorkflowDefinitionPolicyRequest: {
            /**
             * @description How a run gets to its runner. `webhook`: the service sends it to the URL in `runner_config`. `lease`: runners ask for it at `/v1/leases`; a run is PENDING until one gets it, and its time limit begins then.
             * @default webhook
             * @enum {string}
             */
            handover?: "webhook" | "lease";
            /**
             * @description How long a runner may be silent, for example while it cannot reach the service. After that its run is FAILED with LOST.
             * @default 300
             */
            lease_seconds?: number;
            /**
             * @description How many attempts a run can have, including the first. Those that a runner gave back do not count.
             * @default 1
             */
            max_attempts?: number;
            /**
             * @description The failures after which a run is retried automatically: after 5 seconds, twice as long after each further failure, at most 5 minutes, each time up to a fifth more or less. Of REPORTED ones, a result can say that it must not be retried, or when.
             * @default []
             */
            retry_on?: ("LOST" | "UNREACHED" | "DEADLINE" | "REPORTED")[];
            /**
             * @description How many runs of the workflow are RUNNING at the same time, at most. When it is raised, waiting runs start at once; when it is lowered, none is stopped.
             * @default 1
             */
            max_running?: number;
            /**
             * @description How many of these have the same concurrency key, at most: `max_running` or less. Then keys take turns: the next run to start is the first of the next key that has room, by name and beginning after the key that started last. Runs without a key take a turn like one key, and only `max_running` limits them. null: runs start first in, first out.
             * @default null
             */
            max_running_per_key?: number | null;
            /**
             * @description Where the input of a run has its concurrency key: a JSON Pointer to a text of 1 to 128 characters, a number or a boolean. An invoke that sends `concurrency_key` needs none there. A run keeps the key that it was triggered with.
             * @default null
             */
            key_from?: string | null;
            /**
             * @description What an invoke does when as many runs as may be RUNNING are unfinished, PENDING ones included: of the workflow, or, with `max_running_per_key`, of its concurrency key. `queue`: its run waits. `skip`: it is refused with 409. `replace_queued`: its run takes the place of those that wait, which are FAILED with SUPERSEDED. `replace_running`: the same, and the RUNNING one is asked to stop. This needs a `max_running` of 1, or a `max_running_per_key` of 1 with a `key_from`. A retry always waits. An invoke replaces up to 500 runs at once. If more wait, the others follow within seconds, and none starts meanwhile.
             * @default queue
             * @enum {string}
             */
            when_busy?: "queue" | "skip" | "replace_queued" | "replace_running";
            /**
             * @description With `replace_running`: how many seconds the runner has to end the RUNNING run after it was asked to stop, like `grace_seconds` of a stop. The new run starts when the old one has ended. Further invokes do not give it more time.
             * @default 0
             */
            replace_grace_seconds?: number;
            /**
             * @description How many runs of the workflow are PENDING, at most. An invoke whose run would be one more is refused with 409. Retries are not. null: any number.
             * @default null
             */
            max_queued?: number | null;
            /**
             * @description What a USER needs to run a workflow that has no outputs: write on the workflow itself, or only read. With outputs, it has no effect: who may write these may run it.
             * @default write
             * @enum {string}
             */
            run_needs?: "write" | "read";
            /**
             * @description What a runner needs to get a run of the workflow, when runners ask for its runs: only a session with all of these tags gets one.
             * @default []
             */
            runner_tags?: string[];
            /**
             * @description The workflows whose runs a run of this workflow may trigger: its children. It may name itself.
             * @default []
             */
            may_trigger?: string[];
            /** @description A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits. */
            input_schema?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * @example {
         *       "input_schema": {
         *         "type": "object",
         *         "properties": {
         *           "quarter": {
         *             "type": "string",
         *             "pattern": "^20[0-9]{2}-Q[1-4]$"
         *           }
         *         },
         *         "required": [
         *           "quarter"
         *         ],
         *         "additionalProperties": false
         *       }
         *     }
         */
        WorkflowInputSchema: {
            /** @description A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits. */
            input_schema: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000403",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "user_id": "01920000-0000-7000-8000-000000000201",
         *       "runner_type": "SELF_HOSTED",
         *       "status": "COMPLETED",
         *       "started_at": "2026-01-31T12:00:00.000Z",
         *       "completed_at": "2026-01-31T12:01:30.250Z",
         *       "run_snapshot": {
         *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *         "workflow_name": "Quarterly report",
         *         "runner_type": "SELF_HOSTED",
         *         "user_id": "01920000-0000-7000-8000-000000000201",
         *         "max_run_duration_seconds": 300,
         *         "sources": [
         *           {
         *             "path_part_id": "01920000-0000-7000-8000-000000000102",
         *             "materialized_path": "/shared/reports/q1",
         *             "part_type": "FOLDER"
         *           }
         *         ],
         *         "instructions": [
         *           {
         *             "path_part_id": "01920000-0000-7000-8000-000000000103",
         *             "materialized_path": "/shared/how-to-summarise.md",
         *             "part_type": "DOCUMENT"
         *           }
         *         ],
         *         "outputs": [
         *           {
         *             "path_part_id": "01920000-0000-7000-8000-000000000104",
         *             "materialized_path": "/shared/summaries",
         *             "part_type": "FOLDER"
         *           }
         *         ],
         *         "template": null
         *       },
         *       "error": null,
         *       "created_at": "2026-01-31T11:59:58.120Z",
         *       "updated_at": "2026-01-31T12:01:30.250Z"
         *     }
         */
        WorkflowRunResponse: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            /**
             * Format: uuid
             * @description Who triggered the run.
             */
            user_id: string;
            runner_type: components["schemas"]["WorkflowRunnerType"];
            status: components["schemas"]["WorkflowRunStatus"];
            /**
             * Format: date-time
             * @description When the run became RUNNING; `created_at` until then.
             */
            started_at: string;
            /**
             * Format: date-time
             * @description When the run ended: null while PENDING or RUNNING.
             */
            completed_at: string | null;
            run_snapshot: components["schemas"]["WorkflowRunSnapshot"];
            /** @description Why the run FAILED. */
            error: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @enum {string} */
        WorkflowRunStatus: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
        /**
         * @example {
         *       "idempotency_key": "order-4711",
         *       "input": {
         *         "quarter": "2026-Q1"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       }
         *     }
         */
        InvokeWorkflowRequest: {
            idempotency_key?: string | null;
            /** @description What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input. */
            input?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels?: {
                [key: string]: string;
            } | null;
            /** @description At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it. */
            concurrency_key?: string | null;
            /** @description Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key. */
            priority?: number;
            /**
             * Format: date-time
             * @description The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect.
             */
            start_after?: string | null;
            /**
             * Format: date-time
             * @description Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire.
             */
            must_start_by?: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000403",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "user_id": "01920000-0000-7000-8000-000000000201",
         *           "runner_type": "SELF_HOSTED",
         *           "status": "COMPLETED",
         *           "started_at": "2026-01-31T12:00:00.000Z",
         *           "completed_at": "2026-01-31T12:01:30.250Z",
         *           "run_snapshot": {
         *             "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *             "workflow_name": "Quarterly report",
         *             "runner_type": "SELF_HOSTED",
         *             "user_id": "01920000-0000-7000-8000-000000000201",
         *             "max_run_duration_seconds": 300,
         *             "sources": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000102",
         *                 "materialized_path": "/shared/reports/q1",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "instructions": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000103",
         *                 "materialized_path": "/shared/how-to-summarise.md",
         *                 "part_type": "DOCUMENT"
         *               }
         *             ],
         *             "outputs": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000104",
         *                 "materialized_path": "/shared/summaries",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "template": null
         *           },
         *           "error": null,
         *           "created_at": "2026-01-31T11:59:58.120Z",
         *           "updated_at": "2026-01-31T12:01:30.250Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_WorkflowRunResponse_: {
            items: components["schemas"]["WorkflowRunResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000701",
         *       "run_ids": [
         *         "01920000-0000-7000-8000-000000000403"
         *       ]
         *     }
         */
        TriggeredRunBatch: {
            /** Format: uuid */
            id: string;
            /** @description The ids of its runs in the order of the request. When it is replayed: of those that were not deleted. */
            run_ids: string[];
        };
        /**
         * @example {
         *       "idempotency_key": "invoices-2026-01",
         *       "runs": [
         *         {
         *           "input": {
         *             "invoice": 4711
         *           },
         *           "labels": {
         *             "customer": "4711"
         *           }
         *         },
         *         {
         *           "input": {
         *             "invoice": 4712
         *           },
         *           "labels": {
         *             "customer": "4712"
         *           }
         *         }
         *       ]
         *     }
         */
        InvokeBatchRequest: {
            idempotency_key?: string | null;
            /** @description Of each run that has none of its own. 0 by default. */
            priority?: number;
            runs: components["schemas"]["BatchedRun"][];
        };
        /** @description One run: the fields of an invoke without its idempotency key. */
        BatchedRun: {
            /** @description What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input. */
            input?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels?: {
                [key: string]: string;
            } | null;
            /** @description At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it. */
            concurrency_key?: string | null;
            /** @description Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key. */
            priority?: number;
            /**
             * Format: date-time
             * @description The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect.
             */
            start_after?: string | null;
            /**
             * Format: date-time
             * @description Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire.
             */
            must_start_by?: string | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000701",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "user_id": "01920000-0000-7000-8000-000000000201",
         *       "run_count": 200,
         *       "pending": 120,
         *       "running": 10,
         *       "completed": 68,
         *       "failed": 2,
         *       "deleted": 0,
         *       "created_at": "2026-01-31T11:59:58.120Z",
         *       "ended_at": null
         *     }
         */
        RunBatch: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            /**
             * Format: uuid
             * @description Who triggered the batch.
             */
            user_id: string;
            /** @description How many runs the batch has triggered: the sum of the counts that follow. */
            run_count: number;
            pending: number;
            running: number;
            completed: number;
            failed: number;
            deleted: number;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When its last run ended or was deleted, so that none was left that waited or ran or was to be retried by the policy. It stays when a person retries a run later. Null until then.
             */
            ended_at: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "labels": {
         *             "customer": "4711"
         *           },
         *           "status": "COMPLETED",
         *           "attempt": 1,
         *           "failure_code": null,
         *           "error": null,
         *           "summary": "12 pages",
         *           "output": {
         *             "pages": 12
         *           },
         *           "completed_at": "2026-01-31T12:01:30.250Z",
         *           "result_url": "https://service.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/result"
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        RunBatchResultPage: {
            items: components["schemas"]["RunBatchResult"][];
            /** @description Send it as `cursor`. Null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "status": "COMPLETED",
         *       "attempt": 1,
         *       "failure_code": null,
         *       "error": null,
         *       "summary": "12 pages",
         *       "output": {
         *         "pages": 12
         *       },
         *       "completed_at": "2026-01-31T12:01:30.250Z",
         *       "result_url": "https://service.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/result"
         *     }
         */
        RunBatchResult: {
            /** Format: uuid */
            run_id: string;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            status: components["schemas"]["WorkflowRunStatus"];
            /** @description 1 for a new run, and one more each time that it was retried, given back or resumed. */
            attempt: number;
            /**
             * @description Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time.
             * @enum {string|null}
             */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            /** @description The reason as a sentence, or the error that the runner reported. */
            error: string | null;
            summary: string | null;
            /** @description Any JSON. */
            output?: unknown;
            /** Format: date-time */
            completed_at: string | null;
            /**
             * Format: uri
             * @description The whole result, with the artifacts.
             */
            result_url: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000a01",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "user_id": "01920000-0000-7000-8000-000000000201",
         *           "name": "Every morning",
         *           "kind": "schedule",
         *           "schedule": {
         *             "cron": "0 6 * * 1-5",
         *             "at": null,
         *             "time_zone": "Europe/Berlin",
         *             "starts_at": null,
         *             "ends_at": null,
         *             "jitter_seconds": 0,
         *             "catch_up": "last",
         *             "catch_up_window_seconds": 86400
         *           },
         *           "input": {
         *             "quarter": "2026-Q1"
         *           },
         *           "labels": {
         *             "customer": "4711"
         *           },
         *           "when_busy": "skip",
         *           "webhook": null,
         *           "run": null,
         *           "concurrency_key": null,
         *           "priority": 0,
         *           "is_active": true,
         *           "next_at": "2026-02-02T05:00:00.000Z",
         *           "paused_at": null,
         *           "pause_note": null,
         *           "paused_by": null,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        TriggerPage: {
            items: components["schemas"]["Trigger"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000a01",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "user_id": "01920000-0000-7000-8000-000000000201",
         *       "name": "Every morning",
         *       "kind": "schedule",
         *       "schedule": {
         *         "cron": "0 6 * * 1-5",
         *         "at": null,
         *         "time_zone": "Europe/Berlin",
         *         "starts_at": null,
         *         "ends_at": null,
         *         "jitter_seconds": 0,
         *         "catch_up": "last",
         *         "catch_up_window_seconds": 86400
         *       },
         *       "input": {
         *         "quarter": "2026-Q1"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "when_busy": "skip",
         *       "webhook": null,
         *       "run": null,
         *       "concurrency_key": null,
         *       "priority": 0,
         *       "is_active": true,
         *       "next_at": "2026-02-02T05:00:00.000Z",
         *       "paused_at": null,
         *       "pause_note": null,
         *       "paused_by": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Trigger: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            /**
             * Format: uuid
             * @description Who made it or changed it last. It fires with the rights of this user.
             */
            user_id: string;
            name: string;
            kind: components["schemas"]["TriggerKind"];
            schedule: components["schemas"]["Schedule"] | null;
            webhook: components["schemas"]["Webhook"] | null;
            run: components["schemas"]["RunTrigger"] | null;
            input: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            concurrency_key: string | null;
            priority: number;
            /**
             * @description What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says.
             * @enum {string|null}
             */
            when_busy: "queue" | "skip" | "replace_queued" | "replace_running" | null;
            /** @description False while it is paused. */
            is_active: boolean;
            /**
             * Format: date-time
             * @description The next instant of the schedule. Null when there is none, and for a moment after it was resumed.
             */
            next_at: string | null;
            /** Format: date-time */
            paused_at: string | null;
            /** @description Why it was paused, or why it has paused itself. */
            pause_note: string | null;
            /** @description Who has paused it. Null while it is active, and when it has paused itself. */
            paused_by: components["schemas"]["PausedBy"] | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @description `schedule`: it fires at instants. `webhook`: it fires when a signed message comes. `run`: it fires when a run of another workflow has ended.
         * @enum {string}
         */
        TriggerKind: "schedule" | "webhook" | "run";
        /**
         * @example {
         *       "cron": "0 6 * * 1-5",
         *       "at": null,
         *       "time_zone": "Europe/Berlin",
         *       "starts_at": null,
         *       "ends_at": null,
         *       "jitter_seconds": 0,
         *       "catch_up": "last",
         *       "catch_up_window_seconds": 86400
         *     }
         */
        Schedule: {
            /**
             * @description Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. When neither of the two fields of days has all days, it fires on the days of either. `null` when `at` is given.
             * @example 0 6 * * 1-5
             */
            cron: string | null;
            /** @description Once: a local time such as `2030-03-01T06:00`, or an instant with its offset. `null` when `cron` is given. */
            at: string | null;
            /**
             * @description The name of a time zone in the IANA database. It has no default: nobody means UTC by accident.
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @description Each firing is up to this much later, but not later than the next. An instant always has the same jitter. */
            jitter_seconds: number;
            /**
             * @description After an outage, `last` fires the last instant that was missed, late. Those before it, and with `none` all of them, are recorded as MISSED.
             * @enum {string}
             */
            catch_up: "none" | "last";
            /** @description What is later than this is not caught up. */
            catch_up_window_seconds: number;
            /** Format: date-time */
            starts_at: string | null;
            /** Format: date-time */
            ends_at: string | null;
        };
        /**
         * @example {
         *       "scheme": "github",
         *       "signature_header": null,
         *       "signature_encoding": null,
         *       "when": [
         *         "push"
         *       ],
         *       "pick": {
         *         "commit": "/after"
         *       },
         *       "key_from": null,
         *       "labels_from": {
         *         "repository": "/repository/name"
         *       },
         *       "signal": null,
         *       "url": "https://service.example.com/v1/inbound/01920000-0000-7000-8000-000000000a01",
         *       "old_secret_until": null
         *     }
         */
        Webhook: {
            scheme: components["schemas"]["WebhookScheme"];
            /** @description Of `hmac-sha256`: the header with the signature, which may have `sha256=` before it. */
            signature_header: string | null;
            /**
             * @description Of `hmac-sha256`: how the signature is written. `timestamped`: `t=<seconds since 1970>,v1=<hex>`, over the time, a dot and the body.
             * @enum {string|null}
             */
            signature_encoding: "hex" | "base64" | "timestamped" | null;
            /** @description Only messages of these events trigger a run; a message of another event is answered with 204. Of `github`, an event is the value of the header `X-GitHub-Event`, such as `push`, or the same with the action, such as `pull_request.opened`; each also with the branch, such as `push:main`, or `pull_request.opened:main` for the branch into which it goes. Of `gitlab`, it is `object_kind` of the body, such as `merge_request`, or `merge_request.open`. Of `slack`, it is also the `type` of `event`. Of the other schemes, it is the field `type` of the body. null: messages of any event. */
            when: string[] | null;
            /**
             * @description The fields of the run's input, each with the JSON Pointer of its value in the body. A field without a value there is left out. null: the input is the whole body, which must then be a JSON object of at most 32 KiB. Where the trigger's `input` has the same field, its value counts.
             * @example {
             *       "commit": "/after"
             *     }
             */
            pick: {
                [key: string]: string;
            } | null;
            /** @description Where the body has the run's concurrency key: a text of 1 to 128 characters, a number or a boolean. Without one, the run has the trigger's `concurrency_key`, and if that is null, the firing is REFUSED. */
            key_from: string | null;
            labels_from: {
                [key: string]: string;
            } | null;
            /** @description A message triggers no run. Instead it is this signal to the runs of the workflow, and what would be the input of a run is its payload. What only a run has must then be left out: `key_from`, `labels_from`, and the trigger's `labels`, `concurrency_key`, `priority` and `when_busy`. */
            signal: components["schemas"]["WebhookSignal"] | null;
            /** @description Where the sender posts its messages. Of the scheme `token`, `/` and the token stand behind it. */
            url: string;
            /**
             * Format: date-time
             * @description Until then, messages with the old secret are taken, too.
             */
            old_secret_until: string | null;
        };
        /**
         * @description How the sender proves that a message is its own: by the signature of Standard Webhooks, GitHub, Stripe or Slack, by the secret in the header `X-Gitlab-Token`, by a header with the HMAC-SHA-256 of the body, or by a token in the URL, for senders that can sign nothing.
         * @enum {string}
         */
        WebhookScheme: "standard-webhooks" | "github" | "stripe" | "slack" | "gitlab" | "hmac-sha256" | "token";
        /**
         * @example {
         *       "name": "paid",
         *       "correlation_from": "/invoice/number"
         *     }
         */
        WebhookSignal: {
            /** @example paid */
            name: string;
            /** @description Where the body has the correlation: a text of 1 to 255 characters, a number or a boolean. Without one, the firing is REFUSED. */
            correlation_from: string;
        };
        /**
         * @example {
         *       "of": "01920000-0000-7000-8000-000000000302",
         *       "on": "completed",
         *       "input_from": "output"
         *     }
         */
        RunTrigger: {
            /**
             * Format: uuid
             * @description The id of a workflow: the trigger fires when a run of it ends.
             * @example 01920000-0000-7000-8000-000000000302
             */
            of: string;
            /**
             * @description `completed`: it fires after runs that are COMPLETED. `failed`: after those that are FAILED, for whatever reason, once no retry of the policy follows. `ended`: after both.
             * @enum {string}
             */
            on: "completed" | "failed" | "ended";
            /**
             * @description What the new run gets. `fixed`: the `input` of the trigger. `output`: the output of the run that has ended, if it is an object; otherwise null. `run`: `id`, `status`, `output` and `error` of that run.
             * @enum {string}
             */
            input_from: "fixed" | "output" | "run";
        };
        /**
         * @example {
         *       "user_id": "01920000-0000-7000-8000-000000000201",
         *       "name": "Ada Lovelace"
         *     }
         */
        PausedBy: {
            /** Format: uuid */
            user_id: string;
            name: string;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000a01",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "user_id": "01920000-0000-7000-8000-000000000201",
         *       "name": "Every morning",
         *       "kind": "webhook",
         *       "schedule": null,
         *       "input": {
         *         "quarter": "2026-Q1"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "when_busy": "skip",
         *       "webhook": {
         *         "scheme": "github",
         *         "signature_header": null,
         *         "signature_encoding": null,
         *         "when": [
         *           "push"
         *         ],
         *         "pick": {
         *           "commit": "/after"
         *         },
         *         "key_from": null,
         *         "labels_from": {
         *           "repository": "/repository/name"
         *         },
         *         "signal": null,
         *         "url": "https://service.example.com/v1/inbound/01920000-0000-7000-8000-000000000a01",
         *         "old_secret_until": null
         *       },
         *       "run": null,
         *       "concurrency_key": null,
         *       "priority": 0,
         *       "is_active": true,
         *       "next_at": null,
         *       "paused_at": null,
         *       "pause_note": null,
         *       "paused_by": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z",
         *       "secret": "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ="
         *     }
         */
        TriggerWithSecret: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            /**
             * Format: uuid
             * @description Who made it or changed it last. It fires with the rights of this user.
             */
            user_id: string;
            name: string;
            kind: components["schemas"]["TriggerKind"];
            schedule: components["schemas"]["Schedule"] | null;
            webhook: components["schemas"]["Webhook"] | null;
            run: components["schemas"]["RunTrigger"] | null;
            input: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            concurrency_key: string | null;
            priority: number;
            /**
             * @description What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says.
             * @enum {string|null}
             */
            when_busy: "queue" | "skip" | "replace_queued" | "replace_running" | null;
            /** @description False while it is paused. */
            is_active: boolean;
            /**
             * Format: date-time
             * @description The next instant of the schedule. Null when there is none, and for a moment after it was resumed.
             */
            next_at: string | null;
            /** Format: date-time */
            paused_at: string | null;
            /** @description Why it was paused, or why it has paused itself. */
            pause_note: string | null;
            /** @description Who has paused it. Null while it is active, and when it has paused itself. */
            paused_by: components["schemas"]["PausedBy"] | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The secret of a webhook, or its token. Only the answer that creates or rotates it has it. */
            secret?: string;
        };
        /**
         * @example {
         *       "name": "Every morning",
         *       "kind": "schedule",
         *       "schedule": {
         *         "cron": "0 6 * * 1-5",
         *         "time_zone": "Europe/Berlin"
         *       },
         *       "input": {
         *         "quarter": "2026-Q1"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "when_busy": "skip"
         *     }
         */
        CreateTriggerRequest: {
            name: string;
            kind: components["schemas"]["TriggerKind"];
            /** @default null */
            schedule?: components["schemas"]["GivenSchedule"] | null;
            /** @default null */
            webhook?: components["schemas"]["GivenWebhook"] | null;
            /** @default null */
            run?: components["schemas"]["GivenRunTrigger"] | null;
            /** @description What each run gets, as with an invoke. */
            input?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The labels of each run.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels?: {
                [key: string]: string;
            } | null;
            /** @description The concurrency key of each run, as with an invoke. */
            concurrency_key?: string | null;
            /**
             * @description The priority of each run, as with an invoke.
             * @default 0
             */
            priority?: number;
            /**
             * @description What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says.
             * @default null
             * @enum {string|null}
             */
            when_busy?: "queue" | "skip" | "replace_queued" | "replace_running" | null;
            /**
             * @description False pauses it.
             * @default true
             */
            is_active?: boolean;
            /** @description The secret that the sender has made. If it is left out, the service makes one. A token is always made. */
            secret?: string | null;
        };
        /**
         * @example {
         *       "cron": "0 6 * * 1-5",
         *       "time_zone": "Europe/Berlin"
         *     }
         */
        GivenSchedule: {
            /**
             * @description Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. When neither of the two fields of days has all days, it fires on the days of either. `null` when `at` is given.
             * @default null
             * @example 0 6 * * 1-5
             */
            cron?: string | null;
            /**
             * @description Once: a local time such as `2030-03-01T06:00`, or an instant with its offset. `null` when `cron` is given.
             * @default null
             */
            at?: string | null;
            /**
             * @description The name of a time zone in the IANA database. It has no default: nobody means UTC by accident.
             * @example Europe/Berlin
             */
            time_zone: string;
            /**
             * Format: date-time
             * @description There are no instants before it.
             */
            starts_at?: string | null;
            /**
             * Format: date-time
             * @description All instants are before it.
             */
            ends_at?: string | null;
            /**
             * @description Each firing is up to this much later, but not later than the next. An instant always has the same jitter.
             * @default 0
             */
            jitter_seconds?: number;
            /**
             * @description After an outage, `last` fires the last instant that was missed, late. Those before it, and with `none` all of them, are recorded as MISSED.
             * @default last
             * @enum {string}
             */
            catch_up?: "none" | "last";
            /**
             * @description What is later than this is not caught up.
             * @default 86400
             */
            catch_up_window_seconds?: number;
        };
        /**
         * @example {
         *       "scheme": "github",
         *       "when": [
         *         "push"
         *       ]
         *     }
         */
        GivenWebhook: {
            scheme: components["schemas"]["WebhookScheme"];
            /**
             * @description Of `hmac-sha256`: the header with the signature, which may have `sha256=` before it.
             * @default null
             */
            signature_header?: string | null;
            /**
             * @description Of `hmac-sha256`: how the signature is written. `timestamped`: `t=<seconds since 1970>,v1=<hex>`, over the time, a dot and the body.
             * @default null
             * @enum {string|null}
             */
            signature_encoding?: "hex" | "base64" | "timestamped" | null;
            /**
             * @description Only messages of these events trigger a run; a message of another event is answered with 204. Of `github`, an event is the value of the header `X-GitHub-Event`, such as `push`, or the same with the action, such as `pull_request.opened`; each also with the branch, such as `push:main`, or `pull_request.opened:main` for the branch into which it goes. Of `gitlab`, it is `object_kind` of the body, such as `merge_request`, or `merge_request.open`. Of `slack`, it is also the `type` of `event`. Of the other schemes, it is the field `type` of the body. null: messages of any event.
             * @default null
             */
            when?: string[] | null;
            /**
             * @description The fields of the run's input, each with the JSON Pointer of its value in the body. A field without a value there is left out. null: the input is the whole body, which must then be a JSON object of at most 32 KiB. Where the trigger's `input` has the same field, its value counts.
             * @example {
             *       "commit": "/after"
             *     }
             */
            pick?: {
                [key: string]: string;
            } | null;
            /**
             * @description Where the body has the run's concurrency key: a text of 1 to 128 characters, a number or a boolean. Without one, the run has the trigger's `concurrency_key`, and if that is null, the firing is REFUSED.
             * @default null
             */
            key_from?: string | null;
            /**
             * @description Labels of the run, each with the JSON Pointer of its value in the body. If the body has no value there, the run does not get the label. A value is cut after 128 characters. Where the trigger's `labels` have the same key, their value counts.
             * @example {
             *       "repository": "/repository/name"
             *     }
             */
            labels_from?: {
                [key: string]: string;
            } | null;
            /**
             * @description A message triggers no run. Instead it is this signal to the runs of the workflow, and what would be the input of a run is its payload. What only a run has must then be left out: `key_from`, `labels_from`, and the trigger's `labels`, `concurrency_key`, `priority` and `when_busy`.
             * @default null
             */
            signal?: components["schemas"]["WebhookSignal"] | null;
        };
        /**
         * @example {
         *       "of": "01920000-0000-7000-8000-000000000302",
         *       "on": "completed",
         *       "input_from": "output"
         *     }
         */
        GivenRunTrigger: {
            /**
             * Format: uuid
             * @description The id of a workflow: the trigger fires when a run of it ends.
             * @example 01920000-0000-7000-8000-000000000302
             */
            of: string;
            /**
             * @description `completed`: it fires after runs that are COMPLETED. `failed`: after those that are FAILED, for whatever reason, once no retry of the policy follows. `ended`: after both.
             * @enum {string}
             */
            on: "completed" | "failed" | "ended";
            /**
             * @description What the new run gets. `fixed`: the `input` of the trigger. `output`: the output of the run that has ended, if it is an object; otherwise null. `run`: `id`, `status`, `output` and `error` of that run.
             * @default fixed
             * @enum {string}
             */
            input_from?: "fixed" | "output" | "run";
        };
        /**
         * @example {
         *       "name": "Every morning",
         *       "kind": "schedule",
         *       "schedule": {
         *         "cron": "0 6 * * 1-5",
         *         "time_zone": "Europe/Berlin"
         *       },
         *       "input": {
         *         "quarter": "2026-Q1"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "when_busy": "skip"
         *     }
         */
        TriggerRequest: {
            name: string;
            kind: components["schemas"]["TriggerKind"];
            /** @default null */
            schedule?: components["schemas"]["GivenSchedule"] | null;
            /** @default null */
            webhook?: components["schemas"]["GivenWebhook"] | null;
            /** @default null */
            run?: components["schemas"]["GivenRunTrigger"] | null;
            /** @description What each run gets, as with an invoke. */
            input?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The labels of each run.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels?: {
                [key: string]: string;
            } | null;
            /** @description The concurrency key of each run, as with an invoke. */
            concurrency_key?: string | null;
            /**
             * @description The priority of each run, as with an invoke.
             * @default 0
             */
            priority?: number;
            /**
             * @description What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says.
             * @default null
             * @enum {string|null}
             */
            when_busy?: "queue" | "skip" | "replace_queued" | "replace_running" | null;
            /**
             * @description False pauses it.
             * @default true
             */
            is_active?: boolean;
        };
        /**
         * @example {
         *       "secret": "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ="
         *     }
         */
        RotateTriggerSecretRequest: {
            /** @description The secret that the sender has made. If it is left out, the service makes one. A token is always made. */
            secret?: string | null;
        };
        /**
         * @example {
         *       "note": "Until the new runner is ready"
         *     }
         */
        PauseTriggerRequest: {
            /** @description Why, for those who find it paused. */
            note?: string | null;
        };
        /**
         * @example {
         *       "catch_up": true
         *     }
         */
        ResumeTriggerRequest: {
            catch_up?: boolean;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000b01",
         *       "trigger_id": "01920000-0000-7000-8000-000000000a01",
         *       "at": "2026-02-02T05:00:00.041Z",
         *       "outcome": "FIRED",
         *       "cause": "schedule",
         *       "scheduled_at": "2026-02-02T05:00:00.000Z",
         *       "scheduled_until": null,
         *       "count": 1,
         *       "late_ms": 41,
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "of_run_id": null,
         *       "of_attempt": null,
         *       "reason": null,
         *       "detail": null,
         *       "user_id": null,
         *       "delivery_id": null
         *     }
         */
        TriggerFiring: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            trigger_id: string;
            /**
             * Format: date-time
             * @description When it was recorded.
             */
            at: string;
            outcome: components["schemas"]["FiringOutcome"];
            /**
             * @description Its schedule, a person (`hand`), a `backfill`, the message of a `webhook`, or the end of a `run`.
             * @enum {string}
             */
            cause: "schedule" | "hand" | "backfill" | "webhook" | "run";
            /**
             * Format: date-time
             * @description The instant of the schedule. Null when it was fired by hand, by a message or after a run. Of messages and ends of runs during a pause: when the first came.
             */
            scheduled_at: string | null;
            /**
             * Format: date-time
             * @description When several instants, messages or ends of runs in a row were MISSED: the last of them. `scheduled_at` is the first.
             */
            scheduled_until: string | null;
            /** @description How many instants, messages or ends of runs in a row were MISSED; otherwise 1. */
            count: number;
            /** @description How much later than due it fired, in milliseconds. */
            late_ms: number | null;
            /**
             * Format: uuid
             * @description FIRED: its run, or the one that got its signal; null while the signal is kept. SKIPPED: the run that was in the way.
             */
            run_id: string | null;
            /**
             * Format: uuid
             * @description The run whose end made it fire. When several ends in a row were MISSED: the last one.
             */
            of_run_id: string | null;
            /** @description The attempt of that run. */
            of_attempt: number | null;
            /** @description Why it did not fire. MISSED: `paused` or `late`. REFUSED: `user_deactivated`, `rights`, `paused`, `no_runner`, `path_parts`, `input_invalid` (`detail` has the faults), `no_key`, `queue_full`, `cap_reached`, `several_slots` or `snapshot_too_large`; of a message also `body_unusable` or `input_too_large`, and of a signal `no_correlation` or `too_many_signals`; after a run also `of_rights`, `of_deleted`, `depth`, `descendants` or `input_too_large`. */
            reason: string | null;
            /** @description What else explains why it did not fire. FIRED by a message that is a signal: its `signal` and `correlation`. */
            detail: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: uuid
             * @description Who fired it by hand, or asked for the backfill.
             */
            user_id: string | null;
            /** @description The id that the sender has given the message. One that has fired does not fire again within seven days. */
            delivery_id: string | null;
        };
        /** @enum {string} */
        FiringOutcome: "FIRED" | "SKIPPED" | "MISSED" | "REFUSED";
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000b01",
         *           "trigger_id": "01920000-0000-7000-8000-000000000a01",
         *           "at": "2026-02-02T05:00:00.041Z",
         *           "outcome": "FIRED",
         *           "cause": "schedule",
         *           "scheduled_at": "2026-02-02T05:00:00.000Z",
         *           "scheduled_until": null,
         *           "count": 1,
         *           "late_ms": 41,
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "of_run_id": null,
         *           "of_attempt": null,
         *           "reason": null,
         *           "detail": null,
         *           "user_id": null,
         *           "delivery_id": null
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        TriggerFiringPage: {
            items: components["schemas"]["TriggerFiring"][];
            /** @description The cursor of the next page; null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "at": "2026-02-02T05:00:00.000Z"
         *         }
         *       ],
         *       "time_zone_data": "2026c"
         *     }
         */
        TriggerOccurrences: {
            items: {
                /** Format: date-time */
                at: string;
            }[];
            /** @description The release of the IANA time-zone data by which they were computed: the newest whose changes the runtime has, as far as the service can tell them apart. Null when that is older than 2025a. */
            time_zone_data: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "at": "2026-01-05T05:00:00.000Z"
         *         }
         *       ],
         *       "fired": 0,
         *       "refused": null
         *     }
         */
        TriggerBackfill: {
            /** @description The instants of the range that have not fired before. */
            items: {
                /** Format: date-time */
                at: string;
            }[];
            /** @description How many of them have fired now: the first ones. */
            fired: number;
            /** @description The firing that was refused; the instants after it were not tried. */
            refused: components["schemas"]["TriggerFiring"] | null;
        };
        /**
         * @example {
         *       "from": "2026-01-01T00:00:00Z",
         *       "to": "2026-02-01T00:00:00Z",
         *       "dry_run": true
         *     }
         */
        TriggerBackfillRequest: {
            /**
             * Format: date-time
             * @description The first instant may be this one.
             */
            from: string;
            /**
             * Format: date-time
             * @description All instants are before it. Not in the future, and at most 10 years after `from`.
             */
            to: string;
            /**
             * @description True fires nothing, and says what it would fire.
             * @default false
             */
            dry_run?: boolean;
        };
        /**
         * @example {
         *       "firing_id": "01920000-0000-7000-8000-000000000b01",
         *       "outcome": "FIRED",
         *       "run_id": "01920000-0000-7000-8000-000000000403"
         *     }
         */
        WebhookReceipt: {
            /** Format: uuid */
            firing_id: string;
            outcome: components["schemas"]["FiringOutcome"];
            /**
             * Format: uuid
             * @description The run that the message has triggered, or the run that has taken its signal. Null when `outcome` is not FIRED, and until a run takes the signal.
             */
            run_id: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000403",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "user_id": "01920000-0000-7000-8000-000000000201",
         *           "runner_type": "SELF_HOSTED",
         *           "status": "COMPLETED",
         *           "started_at": "2026-01-31T12:00:00.000Z",
         *           "completed_at": "2026-01-31T12:01:30.250Z",
         *           "run_snapshot": {
         *             "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *             "workflow_name": "Quarterly report",
         *             "runner_type": "SELF_HOSTED",
         *             "user_id": "01920000-0000-7000-8000-000000000201",
         *             "max_run_duration_seconds": 300,
         *             "sources": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000102",
         *                 "materialized_path": "/shared/reports/q1",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "instructions": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000103",
         *                 "materialized_path": "/shared/how-to-summarise.md",
         *                 "part_type": "DOCUMENT"
         *               }
         *             ],
         *             "outputs": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000104",
         *                 "materialized_path": "/shared/summaries",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "template": null
         *           },
         *           "error": null,
         *           "created_at": "2026-01-31T11:59:58.120Z",
         *           "updated_at": "2026-01-31T12:01:30.250Z"
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        WorkflowRunPage: {
            items: components["schemas"]["WorkflowRunResponse"][];
            /** @description Only with `details=true`: of each item, in their order. */
            details?: components["schemas"]["ListedRunDetails"][];
            /** @description The cursor of the next page; null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "attempt": 1,
         *       "started_at": "2026-01-31T12:00:00.000Z",
         *       "priority": 0,
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "suspended_at": null,
         *       "child_key": null
         *     }
         */
        ListedRunDetails: {
            /** Format: uuid */
            run_id: string;
            attempt: number;
            /**
             * Format: date-time
             * @description Null until the attempt starts.
             */
            started_at: string | null;
            priority: number;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description Since when it is suspended; null unless it is.
             */
            suspended_at: string | null;
            /** @description Its key among the children of the run that has triggered it; null when no run has. */
            child_key: string | null;
        };
        /**
         * @example {
         *       "pending": 2,
         *       "running": 1,
         *       "completed": 40,
         *       "failed": 3,
         *       "oldest_pending_seconds": 75.2,
         *       "overdue": 0,
         *       "duration_p50_seconds": 31.5,
         *       "duration_p95_seconds": 120.1,
         *       "time_out_lag_p50_seconds": 28.9,
         *       "time_out_lag_max_seconds": 59.3
         *     }
         */
        WorkflowRunSummary: {
            pending: number;
            running: number;
            /** @description Ended within the window. */
            completed: number;
            /** @description Ended within the window. */
            failed: number;
            /** @description Since the PENDING run that has waited longest was created. */
            oldest_pending_seconds: number | null;
            /** @description Past their end, which no sweep has recorded yet. Readers already see them as FAILED. */
            overdue: number;
            /** @description Of the COMPLETED runs of the window, from start to end. */
            duration_p50_seconds: number | null;
            duration_p95_seconds: number | null;
            /** @description From a deadline to the sweep that recorded it. */
            time_out_lag_p50_seconds: number | null;
            time_out_lag_max_seconds: number | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": 4711,
         *           "type": "DISPATCHED",
         *           "attempt": 1,
         *           "at": "2026-01-31T12:00:00.412Z",
         *           "detail": {
         *             "status": 202,
         *             "tries": 1
         *           }
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_WorkflowRunEvent_: {
            items: components["schemas"]["WorkflowRunEvent"][];
            total: number;
            limit: number;
            offset: number;
        };
        WorkflowRunEvent: {
            /** @description Later events of a run have greater ids. Null for a time-out that no sweep has recorded yet. */
            id: number | null;
            type: components["schemas"]["WorkflowRunEventType"];
            /** @description 1 for a new run, and one more each time that it was retried, given back or resumed. */
            attempt: number;
            /** Format: date-time */
            at: string;
            /** @description Further details, which depend on the type. */
            detail: {
                [key: string]: unknown;
            } | null;
        };
        /** @enum {string} */
        WorkflowRunEventType: "TRIGGERED" | "QUEUED" | "PRIORITIZED" | "STARTED" | "DISPATCHED" | "DISPATCH_FAILED" | "DISPATCH_POSTPONED" | "LEASED" | "RELEASED" | "SUSPENDED" | "ANSWERED" | "SIGNALLED" | "STOP_REQUESTED" | "STOP_SENT" | "STOP_ACKNOWLEDGED" | "COMPLETED" | "FAILED" | "TIMED_OUT" | "LOST" | "STOPPED" | "RETRIED" | "LATE_RESULT" | "BATCH_ENDED" | "PAUSED";
        /**
         * @example {
         *       "reason": "Wrong folder",
         *       "grace_seconds": 60
         *     }
         */
        StopWorkflowRunRequest: {
            reason?: string | null;
            /** @description How long the runner of a RUNNING run has to end its work. Until then, or until its deadline, the run stays RUNNING and keeps its slot. 0 by default. */
            grace_seconds?: number;
        };
        /**
         * @example {
         *       "priority": 9
         *     }
         */
        WorkflowRunPriority: {
            priority: number;
        };
        /**
         * @example {
         *       "status": "COMPLETED"
         *     }
         */
        WorkflowCallbackResponse: {
            status: string;
        };
        /**
         * @example {
         *       "status": "COMPLETED"
         *     }
         */
        WorkflowRunCallbackRequest: {
            /** @enum {string} */
            status: "COMPLETED" | "FAILED";
            /** @description Why the run FAILED. It is not stored for a COMPLETED run. */
            error?: string | null;
            /** @description Any JSON of at most 65536 bytes. What is larger can be a file of the run. */
            output?: unknown;
            /** @description A summary of the result, for people. */
            summary?: string | null;
            /** @description What was made, and where it is. */
            artifacts?: components["schemas"]["NewWorkflowRunArtifact"][] | null;
            /** @description False: the run is not retried automatically, although its policy retries what is REPORTED. */
            retry?: boolean;
            /** @description When the policy retries the run: how long that waits at least, in place of the back-off. Up to a fifth is added, so that runs that fail together do not come back together. */
            retry_after_seconds?: number;
        };
        /**
         * @example {
         *       "name": "summary.pdf",
         *       "url": "https://files.example.com/summary.pdf",
         *       "path_part_id": null,
         *       "sha256": null,
         *       "bytes": 48213
         *     }
         */
        NewWorkflowRunArtifact: {
            name: string;
            /** Format: uri */
            url?: string | null;
            /** Format: uuid */
            path_part_id?: string | null;
            sha256?: string | null;
            bytes?: number | null;
        };
        /**
         * @example {
         *       "matched": 2,
         *       "done": 1,
         *       "refused": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "reason": "The run has already ended: it is COMPLETED."
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        WorkflowRunBulkResponse: {
            /** @description How many runs this call has found. */
            matched: number;
            /** @description How many of them were changed; with `dry_run`, how many would be changed. */
            done: number;
            /** @description The refused runs, each with the reason: the same text as for a change of that run alone. */
            refused: {
                /** Format: uuid */
                run_id: string;
                reason: string;
            }[];
            /** @description When further runs match the filter: send the same request again with this as its `cursor`. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "action": "stop",
         *       "filter": {
         *         "status": [
         *           "PENDING"
         *         ],
         *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301"
         *       }
         *     }
         */
        WorkflowRunBulkRequest: {
            /** @enum {string} */
            action: "stop" | "retry" | "delete";
            run_ids?: string[];
            filter?: components["schemas"]["WorkflowRunFilter"];
            /** @description True to change nothing, and only report what would be refused. */
            dry_run?: boolean;
            /** @description With a `filter`: the `next_cursor` of the call before. */
            cursor?: string;
        };
        WorkflowRunFilter: {
            status?: components["schemas"]["WorkflowRunStatus"][];
            /** Format: uuid */
            workflow_definition_id?: string;
            /**
             * Format: uuid
             * @description Only runs that this user triggered.
             */
            user_id?: string;
            /** Format: date-time */
            created_after?: string;
            /** Format: date-time */
            created_before?: string;
            /**
             * Format: uuid
             * @description Only runs of this batch.
             */
            batch?: string;
            /** @description Only runs with all of these labels: `key:value`. */
            label?: string[];
        };
        /**
         * @example {
         *       "status": "RUNNING",
         *       "attempt": 1,
         *       "started_at": "2026-01-31T12:00:00.000Z",
         *       "failure_code": null,
         *       "queue_position": null,
         *       "concurrency_key": "customer 4711",
         *       "priority": 0,
         *       "progress": {
         *         "percent": 40,
         *         "message": "Reading 12 documents"
         *       },
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "start_after": null,
         *       "must_start_by": null,
         *       "batch_id": null,
         *       "links": {
         *         "run": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403",
         *         "input": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/input",
         *         "result": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/result",
         *         "events": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/events",
         *         "log": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/log",
         *         "artifacts": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/artifacts",
         *         "explain": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/explain",
         *         "batch": null,
         *         "page": "https://runs.example.com/app/runs/01920000-0000-7000-8000-000000000403"
         *       }
         *     }
         */
        WorkflowRunDetails: {
            status: components["schemas"]["WorkflowRunStatus"];
            /** @description 1 for a new run, and one more each time that it was retried, given back or resumed. */
            attempt: number;
            /**
             * Format: date-time
             * @description When this attempt started. Null until it does, and when it has ended without: the run itself shows `created_at` then.
             */
            started_at: string | null;
            /**
             * @description Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time.
             * @enum {string|null}
             */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            /** @description 1 for the run that is next; null unless PENDING, and until the run joins the queue. It is counted to 1,000: 1001 stands for every place behind that. When the workflow's policy limits the runs of each key, keys take turns, and this is the place among the runs with its key. */
            queue_position: number | null;
            /** @description `concurrency_key` of the invoke, or else what the input has at the policy's `key_from`; null for a run without a key. */
            concurrency_key: string | null;
            priority: number;
            /** @description What the runner last reported of this attempt, while it is RUNNING. */
            progress: {
                percent: number | null;
                message: string | null;
            } | null;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description When a PENDING run joins the queue: `start_after` of the invoke. Null once it has joined.
             */
            start_after: string | null;
            /**
             * Format: date-time
             * @description A PENDING run fails as EXPIRED at this instant: `must_start_by` of the invoke. Null once it has started.
             */
            must_start_by: string | null;
            /**
             * Format: uuid
             * @description The batch that it was triggered with; null for a run of none.
             */
            batch_id: string | null;
            /** @description Where the rest of the run is. */
            links: {
                /** Format: uri */
                run: string;
                /** Format: uri */
                input: string;
                /** Format: uri */
                result: string;
                /** Format: uri */
                events: string;
                /** Format: uri */
                log: string;
                /** Format: uri */
                artifacts: string;
                /** Format: uri */
                explain: string;
                /** Format: uri */
                batch: string | null;
                /**
                 * Format: uri
                 * @description Its page, for people.
                 */
                page: string;
            };
        };
        /**
         * @example {
         *       "input": {
         *         "quarter": "2026-Q1"
         *       }
         *     }
         */
        WorkflowRunInput: {
            /** @description Null when none was given. */
            input?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * @description Until the run has ended, all fields except `status` and `attempt` are null.
         * @example {
         *       "status": "COMPLETED",
         *       "failure_code": null,
         *       "error": null,
         *       "output": {
         *         "pages": 12
         *       },
         *       "summary": "Three reports were summarised.",
         *       "artifacts": [
         *         {
         *           "name": "summary.pdf",
         *           "url": "https://files.example.com/summary.pdf",
         *           "path_part_id": null,
         *           "sha256": null,
         *           "bytes": 48213
         *         }
         *       ],
         *       "attempt": 1
         *     }
         */
        WorkflowRunResult: {
            status: components["schemas"]["WorkflowRunStatus"];
            /**
             * @description Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time.
             * @enum {string|null}
             */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            /** @description The reason as a sentence, or the error that the runner reported. */
            error: string | null;
            /** @description Any JSON. */
            output?: unknown;
            summary: string | null;
            /** @description What the runner reported, and then the files of the run: their `url` is on this service, and needs a credential. */
            artifacts: components["schemas"]["WorkflowRunArtifact"][] | null;
            /** @description 1 for a new run, and one more each time that it was retried, given back or resumed. */
            attempt: number;
        };
        /**
         * @example {
         *       "name": "summary.pdf",
         *       "url": "https://files.example.com/summary.pdf",
         *       "path_part_id": null,
         *       "sha256": null,
         *       "bytes": 48213
         *     }
         */
        WorkflowRunArtifact: {
            name: string;
            /** Format: uri */
            url: string | null;
            /** Format: uuid */
            path_part_id: string | null;
            sha256: string | null;
            bytes: number | null;
        };
        /**
         * @example {
         *       "message": "It waits for its workflow's slot behind the run 01920000-0000-7000-8000-000000000402, which holds the slot: it is next in the queue; it will probably start at about 2026-01-31T12:01:30.000Z.",
         *       "status": "PENDING",
         *       "reason": "slot",
         *       "failure_code": null,
         *       "error": null,
         *       "deadline_at": null,
         *       "dispatched_at": null,
         *       "queue_position": 1,
         *       "priority": 0,
         *       "higher_before": 0,
         *       "concurrency_key": null,
         *       "keys_take_turns": false,
         *       "keys_before": null,
         *       "blocked_by": {
         *         "run_id": "01920000-0000-7000-8000-000000000402",
         *         "deadline_at": "2026-01-31T12:05:00.000Z"
         *       },
         *       "blockers": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000402",
         *           "deadline_at": "2026-01-31T12:05:00.000Z"
         *         }
         *       ],
         *       "start_after": null,
         *       "must_start_by": null,
         *       "tries": null,
         *       "last_error": null,
         *       "next_try_at": null,
         *       "suspension": null,
         *       "stop": null,
         *       "runners_connected": null,
         *       "missing_tags": [],
         *       "runner_last_seen_at": "2026-01-31T12:00:00.412Z",
         *       "durations": {
         *         "p50_seconds": 90,
         *         "p95_seconds": 180,
         *         "runs": 40
         *       },
         *       "estimated_start_at": {
         *         "p50": "2026-01-31T12:01:30.000Z",
         *         "p95": "2026-01-31T12:03:00.000Z"
         *       }
         *     }
         */
        WorkflowRunExplanation: {
            /** @description The explanation in one sentence, for people. */
            message: string;
            status: components["schemas"]["WorkflowRunStatus"];
            /**
             * @description What the run waits for; null when it waits for nothing. suspended: what it has asked for has not come. paused: its workflow is paused. no_runner: its workflow has no runner. delayed: its `start_after` has not come. back_off: it is tried again automatically, at `next_try_at` or later. no_runner_connected: its workflow's runs are leased, and no runner is connected. key: as many runs with its concurrency key are RUNNING as may be. slot: other runs have its workflow's slots, or wait before it. lease: a runner has to ask for it. stop: it is RUNNING, and its runner has time to stop. dispatch: it is RUNNING, and no runner has taken it yet.
             * @enum {string|null}
             */
            reason: "suspended" | "paused" | "no_runner" | "delayed" | "back_off" | "key" | "slot" | "lease" | "stop" | "dispatch" | "no_runner_connected" | null;
            /** @enum {string|null} */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            error: string | null;
            /** Format: date-time */
            deadline_at: string | null;
            /**
             * Format: date-time
             * @description When a runner accepted it.
             */
            dispatched_at: string | null;
            /** @description 1 for the run that is next; null unless PENDING, and until the run joins the queue. It is counted to 1,000: 1001 stands for every place behind that. When the workflow's policy limits the runs of each key, keys take turns, and this is the place among the runs with its key. */
            queue_position: number | null;
            priority: number;
            /** @description How many of the runs before it have a higher priority, up to 1,000. Null as `queue_position` is. */
            higher_before: number | null;
            /** @description `concurrency_key` of the invoke, or else what the input has at the policy's `key_from`; null for a run without a key. */
            concurrency_key: string | null;
            /** @description True when the workflow's policy limits the runs of each key. */
            keys_take_turns: boolean;
            /** @description When keys take turns: how many other keys that have room have their turn before the next one of its own key, up to 1,000. Null unless it is in the queue. */
            keys_before: number | null;
            /** @description The first of `blockers`: the run that has to end first. */
            blocked_by: {
                /** Format: uuid */
                run_id: string;
                /** Format: date-time */
                deadline_at: string;
            } | null;
            /** @description The runs in its way, of those that you may see: all that hold a slot when none is free, or those with its key when as many of them are RUNNING as may be. The first to end comes first. */
            blockers: {
                /** Format: uuid */
                run_id: string;
                /** Format: date-time */
                deadline_at: string;
            }[];
            /**
             * Format: date-time
             * @description When a PENDING run joins the queue: `start_after` of the invoke. Null once it has joined.
             */
            start_after: string | null;
            /**
             * Format: date-time
             * @description A PENDING run fails as EXPIRED at this instant: `must_start_by` of the invoke. Null once it has started.
             */
            must_start_by: string | null;
            /** @description How often the dispatch was tried, until a runner takes it. */
            tries: number | null;
            /** @description Why the last try failed. */
            last_error: string | null;
            /**
             * Format: date-time
             * @description When the dispatch is retried, or when the back-off of an automatic retry ends.
             */
            next_try_at: string | null;
            /** @description Null unless the run is suspended. */
            suspension: {
                /** Format: date-time */
                since: string;
                /** Format: date-time */
                ends_at: string;
                /** @enum {string} */
                on_timeout: "fail" | "continue";
                note: string | null;
                /** @description What has not come yet. */
                waits: {
                    key: string;
                    /** @enum {string} */
                    kind: "question" | "timer" | "children" | "signal";
                    prompt: string | null;
                    /**
                     * Format: date-time
                     * @description When a timer elapses.
                     */
                    due_at: string | null;
                    /** @description Of a signal. */
                    name: string | null;
                    /** @description Of a signal. */
                    correlation: string | null;
                    /** @description Of children: how many it waits for, and how many of them have ended. */
                    children: {
                        total: number;
                        ended: number;
                    } | null;
                }[];
            } | null;
            /** @description The requested stop of a RUNNING run whose runner has time to end its work. */
            stop: {
                reason: string | null;
                /** Format: date-time */
                requested_at: string;
                /**
                 * Format: date-time
                 * @description When the runner learned of the stop.
                 */
                acknowledged_at: string | null;
                /**
                 * Format: date-time
                 * @description When the run ends at the latest.
                 */
                ends_at: string;
            } | null;
            /** @description How many runners that may lease this workflow's runs were active in the last minute; null unless its runs are leased. Only 100 sessions are looked at, the newest of each key. */
            runners_connected: number | null;
            /** @description The tags that the workflow wants and because of which no connected runner may lease the run. */
            missing_tags: string[];
            /**
             * Format: date-time
             * @description When a runner last accepted a run of this workflow, sent a heartbeat, asked for work, or reported a result.
             */
            runner_last_seen_at: string | null;
            /** @description How long the workflow's latest runs took. Only runs whose runner reported a result are counted. */
            durations: {
                p50_seconds: number;
                p95_seconds: number;
                runs: number;
            } | null;
            /** @description When the run will start, if all runs before it take that long. Null when these are 1,000 or more. */
            estimated_start_at: {
                /** Format: date-time */
                p50: string;
                /** Format: date-time */
                p95: string;
            } | null;
        };
        /**
         * @example {
         *       "is_cut": false,
         *       "log_within_ms": 15000
         *     }
         */
        WorkflowRunLogReceipt: {
            /** @description True when the log is full: neither this entry nor a later one is stored. Stop sending, and keep the last 256 KiB of the log for its end: see `omitted_bytes`. */
            is_cut: boolean;
            /** @description How many milliseconds to gather log and progress before they are sent: 15000 while nobody follows the run, and 1000 while somebody does. */
            log_within_ms: number;
        };
        /**
         * @example {
         *       "sequence": 0,
         *       "text": "Reading 12 documents\n"
         *     }
         */
        NewWorkflowRunLogEntry: {
            /** @description 0 for the first entry, then one more for each. */
            sequence: number;
            /** @description Text for people, with its line breaks: at most 32 KiB of UTF-8. */
            text: string;
            /** @description Only for the end of a log that is too long: how many bytes of it are left out right before this entry, which is 0 for all entries of the end but the first. There is room for 256 KiB of them. */
            omitted_bytes?: number;
        };
        /**
         * @example {
         *       "attempt": 1,
         *       "entries": [
         *         {
         *           "sequence": 0,
         *           "at": "2026-01-31T12:00:01.020Z",
         *           "text": "Reading 12 documents\n",
         *           "missing_before": 0,
         *           "omitted_bytes": 0
         *         },
         *         {
         *           "sequence": 2,
         *           "at": "2026-01-31T12:00:31.500Z",
         *           "text": "Done\n",
         *           "missing_before": 1,
         *           "omitted_bytes": 0
         *         }
         *       ],
         *       "has_more": false,
         *       "is_complete": true,
         *       "is_cut": false
         *     }
         */
        WorkflowRunLog: {
            attempt: number;
            entries: components["schemas"]["WorkflowRunLogEntry"][];
            /** @description True when the page is full: ask for the next one at once. */
            has_more: boolean;
            /** @description True when the attempt has ended, and nothing comes after this. */
            is_complete: boolean;
            /** @description True when the log was longer than may be stored, and its runner has not sent its end. */
            is_cut: boolean;
        };
        WorkflowRunLogEntry: {
            sequence: number;
            /**
             * Format: date-time
             * @description When the entry arrived.
             */
            at: string;
            text: string;
            /** @description How many entries before this one never arrived. */
            missing_before: number;
            /** @description How many bytes the runner has left out before this entry, since the log is longer than may be stored. */
            omitted_bytes: number;
        };
        /**
         * @example Reading 12 documents
         *     [1 entry is missing here.]
         *     Done
         */
        WorkflowRunLogText: string;
        /**
         * @example {
         *       "name": "report.pdf",
         *       "attempt": 1,
         *       "content_type": "application/pdf",
         *       "bytes": 48213,
         *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "stored_at": "2026-01-31T12:01:30.000Z",
         *       "url": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/artifacts/report.pdf?attempt=1"
         *     }
         */
        WorkflowRunFile: {
            name: string;
            /** @description The attempt that has stored it. */
            attempt: number;
            content_type: string;
            bytes: number;
            /** @description In hex, if the upload had a `Content-Digest`. */
            sha256: string | null;
            /** Format: date-time */
            stored_at: string;
            /**
             * Format: uri
             * @description Where it can be downloaded, with the credential of a caller.
             */
            url: string;
        };
        /**
         * @example {
         *       "attempt": 1,
         *       "artifacts": [
         *         {
         *           "name": "report.pdf",
         *           "attempt": 1,
         *           "content_type": "application/pdf",
         *           "bytes": 48213,
         *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *           "stored_at": "2026-01-31T12:01:30.000Z",
         *           "url": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/artifacts/report.pdf?attempt=1"
         *         }
         *       ]
         *     }
         */
        WorkflowRunFileList: {
            attempt: number;
            artifacts: components["schemas"]["WorkflowRunFile"][];
        };
        /**
         * @example {
         *       "leases": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "attempt": 1,
         *           "deadline_at": "2026-01-31T12:05:00.000Z",
         *           "run_snapshot": {
         *             "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *             "workflow_name": "Quarterly report",
         *             "runner_type": "SELF_HOSTED",
         *             "user_id": "01920000-0000-7000-8000-000000000201",
         *             "max_run_duration_seconds": 300,
         *             "sources": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000102",
         *                 "materialized_path": "/shared/reports/q1",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "instructions": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000103",
         *                 "materialized_path": "/shared/how-to-summarise.md",
         *                 "part_type": "DOCUMENT"
         *               }
         *             ],
         *             "outputs": [
         *               {
         *                 "path_part_id": "01920000-0000-7000-8000-000000000104",
         *                 "materialized_path": "/shared/summaries",
         *                 "part_type": "FOLDER"
         *               }
         *             ],
         *             "template": null
         *           },
         *           "input": {
         *             "quarter": "2026-Q1"
         *           },
         *           "labels": {
         *             "customer": "4711"
         *           },
         *           "traceparent": null,
         *           "callback_url": "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000403/callback",
         *           "callback_token": "eyJhbGci…",
         *           "lease_expires_at": "2026-01-31T12:01:00.000Z",
         *           "heartbeat_interval_seconds": 20
         *         }
         *       ],
         *       "after": null
         *     }
         */
        Leases: {
            leases: components["schemas"]["Lease"][];
            /** @description Send it with the next request, unless it is null. */
            after: string | null;
        };
        Lease: {
            /** Format: uuid */
            run_id: string;
            attempt: number;
            /**
             * Format: date-time
             * @description The run is FAILED then if no result has arrived.
             */
            deadline_at: string;
            run_snapshot: components["schemas"]["WorkflowRunSnapshot"];
            /** @description What the run was triggered with: a JSON object, or null. */
            input?: unknown;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            resume?: components["schemas"]["WorkflowRunResume"];
            /**
             * Format: date-time
             * @description The instant of the schedule that has triggered the run. Absent when none has.
             */
            scheduled_at?: string;
            /**
             * Format: date-time
             * @description The instant before it for which a run was triggered; null for the first one.
             */
            previous_scheduled_at?: string | null;
            /** @description The trace of the invoke, if it had one (W3C). */
            traceparent: string | null;
            callback_url: string;
            /** @description The credential for all requests of this attempt, such as heartbeats, the log and the callback. */
            callback_token: string;
            /**
             * Format: date-time
             * @description The run fails as LOST then, unless a heartbeat comes before.
             */
            lease_expires_at: string;
            /** @description How often to send a heartbeat. */
            heartbeat_interval_seconds: number;
        };
        /**
         * @example {
         *       "request_id": "01920000-0000-7000-8000-000000000601",
         *       "wait_seconds": 30,
         *       "max": 1
         *     }
         */
        CreateLeasesRequest: {
            /**
             * Format: uuid
             * @description A new id for each request. When no answer came, send the same id again: it gets the same leases.
             */
            request_id: string;
            /**
             * @description How long to wait for a run when none is waiting. The answer comes as soon as there is one.
             * @default 0
             */
            wait_seconds?: number;
            /**
             * @description How many runs to lease, at most.
             * @default 1
             */
            max?: number;
            /** @description The `after` of the last answer. With it, a request that waits asks the database only when something has changed since then. */
            after?: string | null;
        };
        /**
         * @example {
         *       "deadline_at": "2026-01-31T12:05:00.000Z",
         *       "lease_expires_at": "2026-01-31T12:01:20.000Z",
         *       "stop": null,
         *       "log": {
         *         "is_cut": false,
         *         "cut_from": null,
         *         "conflicts": []
         *       },
         *       "log_within_ms": 15000
         *     }
         */
        WorkflowRunHeartbeat: {
            /** Format: date-time */
            deadline_at: string;
            /**
             * Format: date-time
             * @description The run fails as LOST then, unless the next heartbeat comes before.
             */
            lease_expires_at: string;
            /** @description Not null when somebody has asked for the run to stop. End the work, and send the callback. */
            stop: {
                reason: string | null;
                /**
                 * Format: date-time
                 * @description The run ends then at the latest. A later result does not count.
                 */
                ends_at: string;
            } | null;
            /** @description What became of the entries. Null when none were sent. */
            log: {
                /** @description True when the log is full: what did not fit is not stored, and neither is a later entry. Stop sending, and keep the last 256 KiB of the log for its end: see `omitted_bytes`. */
                is_cut: boolean;
                /** @description The number of the first of these entries that did not fit, so it is free again. */
                cut_from: number | null;
                /** @description The numbers of entries that were not stored, since another text has that number. Stop sending. */
                conflicts: number[];
            } | null;
            /** @description How many milliseconds to gather log and progress before they are sent: 15000 while nobody follows the run, and 1000 while somebody does. */
            log_within_ms: number;
        };
        /**
         * @example {
         *       "progress": {
         *         "percent": 40
         *       },
         *       "log": [
         *         {
         *           "sequence": 0,
         *           "text": "Reading 12 documents\n"
         *         }
         *       ]
         *     }
         */
        WorkflowRunHeartbeatRequest: {
            progress?: components["schemas"]["WorkflowRunProgress"];
            /** @description Entries of the run's log, as `/log` takes them one at a time. */
            log?: components["schemas"]["NewWorkflowRunLogEntry"][];
        };
        /**
         * @example {
         *       "percent": 40,
         *       "message": "Reading 12 documents"
         *     }
         */
        WorkflowRunProgress: {
            /** @description It is rounded, and kept between 0 and 100. */
            percent?: number;
            /** @description What the runner is doing, for people, who see the first 500 characters. */
            message?: string;
        };
        /**
         * @example {
         *       "attempt": 2
         *     }
         */
        WorkflowRunRelease: {
            /** @description The new attempt of the run. Your token belongs to the attempt before. */
            attempt: number;
        };
        /**
         * @example {
         *       "runs": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "key": "page-1",
         *           "status": "COMPLETED",
         *           "error": null,
         *           "failure_code": null,
         *           "summary": "1 page",
         *           "created_at": "2026-01-31T11:59:58.120Z",
         *           "completed_at": "2026-01-31T12:01:30.250Z",
         *           "is_new": true
         *         }
         *       ]
         *     }
         */
        TriggeredChildRuns: {
            /** @description In the order of the request. */
            runs: components["schemas"]["TriggeredChildRun"][];
        };
        /**
         * @example {
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "key": "page-1",
         *       "status": "COMPLETED",
         *       "error": null,
         *       "failure_code": null,
         *       "summary": "1 page",
         *       "created_at": "2026-01-31T11:59:58.120Z",
         *       "completed_at": "2026-01-31T12:01:30.250Z",
         *       "is_new": true
         *     }
         */
        TriggeredChildRun: {
            /** Format: uuid */
            run_id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            key: string;
            status: components["schemas"]["WorkflowRunStatus"];
            error: string | null;
            /** @enum {string|null} */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            summary: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            completed_at: string | null;
            /** @description False for a child that was there already. */
            is_new: boolean;
        };
        /**
         * @example {
         *       "children": [
         *         {
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "key": "page-1",
         *           "input": {
         *             "page": 1
         *           }
         *         }
         *       ]
         *     }
         */
        TriggerChildRunsRequest: {
            children: components["schemas"]["GivenChildRun"][];
        };
        /** @description One child: its workflow, its key, and the fields of an invoke. */
        GivenChildRun: {
            /** Format: uuid */
            workflow_definition_id: string;
            /**
             * @description With the workflow, it identifies the child in its parent.
             * @example page-1
             */
            key: string;
            /** @description What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input. */
            input?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels?: {
                [key: string]: string;
            } | null;
            /** @description At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it. */
            concurrency_key?: string | null;
            /** @description Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key. */
            priority?: number;
            /**
             * Format: date-time
             * @description The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect.
             */
            start_after?: string | null;
            /**
             * Format: date-time
             * @description Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire.
             */
            must_start_by?: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "key": "page-1",
         *           "status": "COMPLETED",
         *           "error": null,
         *           "failure_code": null,
         *           "summary": "1 page",
         *           "created_at": "2026-01-31T11:59:58.120Z",
         *           "completed_at": "2026-01-31T12:01:30.250Z",
         *           "output": {
         *             "pages": 1
         *           }
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        ChildRunPage: {
            items: components["schemas"]["ChildRun"][];
            /** @description Send it as `cursor`. Null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "key": "page-1",
         *       "status": "COMPLETED",
         *       "error": null,
         *       "failure_code": null,
         *       "summary": "1 page",
         *       "created_at": "2026-01-31T11:59:58.120Z",
         *       "completed_at": "2026-01-31T12:01:30.250Z",
         *       "output": {
         *         "pages": 1
         *       }
         *     }
         */
        ChildRun: {
            /** Format: uuid */
            run_id: string;
            /** Format: uuid */
            workflow_definition_id: string;
            key: string;
            status: components["schemas"]["WorkflowRunStatus"];
            error: string | null;
            /** @enum {string|null} */
            failure_code: "REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED" | null;
            summary: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            completed_at: string | null;
            /** @description Any JSON. */
            output?: unknown;
        };
        /**
         * @example {
         *       "is_new": true
         *     }
         */
        KeptCheckpoint: {
            /** @description False when the same value was kept before. */
            is_new: boolean;
        };
        /**
         * @example {
         *       "value": {
         *         "pages": 12
         *       }
         *     }
         */
        KeepCheckpointRequest: {
            /** @description Any JSON. With the rest of the body at most 64 KiB. */
            value?: unknown;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "key": "ocr",
         *           "attempt": 1,
         *           "bytes": 12,
         *           "kept_at": "2026-01-31T12:00:00.000Z",
         *           "value": {
         *             "pages": 12
         *           }
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_WorkflowRunCheckpoint_: {
            items: components["schemas"]["WorkflowRunCheckpoint"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "key": "ocr",
         *       "attempt": 1,
         *       "bytes": 12,
         *       "kept_at": "2026-01-31T12:00:00.000Z",
         *       "value": {
         *         "pages": 12
         *       }
         *     }
         */
        WorkflowRunCheckpoint: {
            key: string;
            /** @description The attempt that has kept it. */
            attempt: number;
            bytes: number;
            /** Format: date-time */
            kept_at: string;
            /** @description Any JSON. */
            value?: unknown;
        };
        /**
         * @example {
         *       "outcomes": {},
         *       "checkpoints": {
         *         "ocr": {
         *           "pages": 12
         *         }
         *       }
         *     }
         */
        WholeWorkflowRunResume: {
            outcomes: components["schemas"]["WaitOutcomes"];
            /** @description The values by their keys. */
            checkpoints: {
                [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "suspended": true,
         *       "outcomes": null
         *     }
         */
        WorkflowRunSuspension: {
            /** @description True: end the work without a callback. False: all has come already, so the attempt goes on. */
            suspended: boolean;
            /** @description Null when the run is suspended. */
            outcomes: components["schemas"]["WaitOutcomes"] | null;
        };
        /**
         * @example {
         *       "waits": [
         *         {
         *           "key": "approve",
         *           "kind": "question",
         *           "prompt": "Pay invoice 4711, 1,200 €?",
         *           "choices": [
         *             "yes",
         *             "no"
         *           ]
         *         }
         *       ],
         *       "timeout_seconds": 259200
         *     }
         */
        SuspendWorkflowRunRequest: {
            /** @description All of them must come. */
            waits: (components["schemas"]["WorkflowRunQuestion"] | components["schemas"]["WorkflowRunTimer"] | components["schemas"]["WorkflowRunChildren"] | components["schemas"]["WorkflowRunSignalWait"])[];
            /** @description By default 7 days, or until the last timer elapses if that is later. It ends 366 days after the run was created, at the latest. */
            timeout_seconds?: number;
            /**
             * @description When the time is over before all has come. `fail`: the run is FAILED with the code WAIT_EXPIRED. `continue`: it resumes, and the outcome of what has not come is `timed_out`.
             * @default fail
             * @enum {string}
             */
            on_timeout?: "fail" | "continue";
            /** @description What people should know besides. */
            note?: string | null;
        };
        /**
         * @example {
         *       "key": "approve",
         *       "kind": "question",
         *       "prompt": "Pay invoice 4711, 1,200 €?",
         *       "choices": [
         *         "yes",
         *         "no"
         *       ]
         *     }
         */
        WorkflowRunQuestion: {
            /**
             * @description Identifies it for good in its run.
             * @example approve
             */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "question";
            /** @description Shown to people as text. */
            prompt: string;
            /** @description Without choices, the answer is a text. */
            choices?: string[];
            by?: components["schemas"]["WorkflowRunAnswerers"];
            /**
             * @description True: only a sign-in session that began with a login may answer, and no API key.
             * @default true
             */
            people_only?: boolean;
        };
        /**
         * @description Who may answer, among those who may invoke the workflow. With `roles` and `user_ids`, who has one of the roles or is one of the users.
         * @example {
         *       "roles": [
         *         "ADMIN",
         *         "OWNER"
         *       ],
         *       "not_requester": true
         *     }
         */
        WorkflowRunAnswerers: {
            roles?: ("USER" | "OWNER" | "ADMIN")[];
            user_ids?: string[];
            /** @description True: not the user who triggered the run. */
            not_requester?: boolean;
        };
        /**
         * @example {
         *       "key": "tomorrow",
         *       "kind": "timer",
         *       "seconds": 86400
         *     }
         */
        WorkflowRunTimer: {
            /**
             * @description Identifies it for good in its run.
             * @example approve
             */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "timer";
            /** Format: date-time */
            at?: string;
            seconds?: number;
        };
        /**
         * @description Comes when these runs have ended, after the retries of their policies.
         * @example {
         *       "key": "pages",
         *       "kind": "children"
         *     }
         */
        WorkflowRunChildren: {
            /**
             * @description Identifies it for good in its run.
             * @example approve
             */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "children";
            /** @description Children of the run: one that was deleted has ended. Without it, all that the run has triggered until now. */
            run_ids?: string[];
            /** @description True: one that has FAILED or was deleted is enough. */
            fail_fast?: boolean;
        };
        /**
         * @example {
         *       "key": "paid",
         *       "kind": "signal",
         *       "name": "paid",
         *       "correlation": "invoice-4711"
         *     }
         */
        WorkflowRunSignalWait: {
            /**
             * @description Identifies it for good in its run.
             * @example approve
             */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "signal";
            /** @example paid */
            name: string;
            /**
             * @description Which of the signals with this name: the one with the same `correlation`. By default the id of the run.
             * @example invoice-4711
             */
            correlation?: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "key": "approve",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "workflow_name": "Invoices",
         *           "prompt": "Pay invoice 4711, 1,200 €?",
         *           "choices": [
         *             "yes",
         *             "no"
         *           ],
         *           "by": {},
         *           "people_only": true,
         *           "asked_at": "2026-01-31T12:00:00.000Z",
         *           "ends_at": "2026-02-03T12:00:00.000Z",
         *           "on_timeout": "fail",
         *           "note": null,
         *           "answer": null
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        WorkflowRunWaitPage: {
            items: components["schemas"]["WorkflowRunWait"][];
            /** @description Send it as `cursor`. Null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "key": "approve",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "workflow_name": "Invoices",
         *       "prompt": "Pay invoice 4711, 1,200 €?",
         *       "choices": [
         *         "yes",
         *         "no"
         *       ],
         *       "by": {},
         *       "people_only": true,
         *       "asked_at": "2026-01-31T12:00:00.000Z",
         *       "ends_at": "2026-02-03T12:00:00.000Z",
         *       "on_timeout": "fail",
         *       "note": null,
         *       "answer": null
         *     }
         */
        WorkflowRunWait: {
            /** Format: uuid */
            run_id: string;
            key: string;
            /** Format: uuid */
            workflow_definition_id: string;
            workflow_name: string;
            prompt: string;
            /** @description Null: the answer is a text. */
            choices: string[] | null;
            by: components["schemas"]["WorkflowRunAnswerers"];
            people_only: boolean;
            /** Format: date-time */
            asked_at: string;
            /**
             * Format: date-time
             * @description When the time of the suspension is over: see `on_timeout`.
             */
            ends_at: string;
            /** @enum {string} */
            on_timeout: "fail" | "continue";
            note: string | null;
            /** @description Null for an open question. */
            answer: {
                value: string;
                comment: string | null;
                /** Format: uuid */
                user_id: string;
                /** Format: date-time */
                at: string;
            } | null;
        };
        /**
         * @example {
         *       "value": "yes",
         *       "comment": "As agreed with the supplier."
         *     }
         */
        AnswerWaitRequest: {
            /** @description One of the choices, or a text. */
            value: string;
            comment?: string | null;
        };
        /**
         * @example {
         *       "id": "payment-815",
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "kept_until": null
         *     }
         */
        WorkflowSignalReceipt: {
            id: string;
            /**
             * Format: uuid
             * @description The run that got the signal at once; null when none waited for it.
             */
            run_id: string | null;
            /**
             * Format: date-time
             * @description When none waited for it: until then, the next run that asks gets it.
             */
            kept_until: string | null;
        };
        /**
         * @example {
         *       "name": "paid",
         *       "correlation": "invoice-4711",
         *       "id": "payment-815",
         *       "payload": {
         *         "amount": 1200
         *       }
         *     }
         */
        SignalWorkflowRequest: {
            /** @example paid */
            name: string;
            /** @example invoice-4711 */
            correlation: string;
            /** @description Identifies the signal for seven days, so that it can be sent again. By default, each request is a new signal. */
            id?: string;
            /** @description What the run gets: any JSON of at most 32 KiB. */
            payload?: unknown;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000252",
         *       "name": "Office server",
         *       "key": "wr_…x2Qf",
         *       "key_suffix": "x2Qf",
         *       "workflow_definition_ids": [
         *         "01920000-0000-7000-8000-000000000301"
         *       ],
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        CreateRunnerKeyResponse: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description The secret key. Only this answer has it, since the service stores only its hash. */
            key: string;
            key_suffix: string;
            /** @description Null: all. */
            workflow_definition_ids: string[] | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "name": "Office server",
         *       "workflow_definition_ids": [
         *         "01920000-0000-7000-8000-000000000301"
         *       ]
         *     }
         */
        CreateRunnerKeyRequest: {
            name: string;
            /** @description The workflows whose runs it may lease; by default, all. */
            workflow_definition_ids?: string[] | null;
            /**
             * Format: date-time
             * @description When it expires. By default, it never does.
             */
            expires_at?: string | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000501",
         *       "token": "eyJhbGci…",
         *       "expires_at": "2026-02-01T12:00:00.000Z"
         *     }
         */
        RunnerSession: {
            /** Format: uuid */
            id: string;
            /** @description The credential for `/v1/leases`. */
            token: string;
            /**
             * Format: date-time
             * @description In 24 hours. Open another session before that, or after a 401.
             */
            expires_at: string;
        };
        /**
         * @example {
         *       "name": "office-server-1",
         *       "capacity": 4,
         *       "tags": [
         *         "gpu"
         *       ]
         *     }
         */
        CreateRunnerSessionRequest: {
            /** @description A name by which people recognise the runner, such as its host. */
            name: string;
            /** @description The workflows whose runs it takes; by default, all that its key may lease. */
            workflow_definition_ids?: string[] | null;
            /** @description How many runs it works on at the same time, at most. */
            capacity: number;
            /** @description What it has, such as `gpu`: it gets the runs of workflows whose `runner_tags` are all among these. */
            tags?: string[];
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000501"
         *     }
         */
        ClosedRunnerSession: {
            /** Format: uuid */
            id: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "4711",
         *           "type": "workflow_run.failed",
         *           "at": "2026-01-31T12:05:00.000Z",
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *           "attempt": 1,
         *           "labels": {
         *             "customer": "4711"
         *           },
         *           "detail": {
         *             "failure_code": "DEADLINE",
         *             "lag_ms": 412
         *           }
         *         }
         *       ],
         *       "next_cursor": "1.90210.4711",
         *       "has_more": false,
         *       "holds_back": false
         *     }
         */
        EventPage: {
            items: components["schemas"]["Event"][];
            /** @description Send it as `after` to continue from here. It stays valid, so you can store it. Null while there are no events yet. */
            next_cursor: string | null;
            /** @description True when more events can be read at once. */
            has_more: boolean;
            /** @description True when some events are held back for a moment, because an older transaction has not ended. Ask again soon. */
            holds_back: boolean;
        };
        /**
         * @example {
         *       "id": "4711",
         *       "type": "workflow_run.failed",
         *       "at": "2026-01-31T12:05:00.000Z",
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
         *       "attempt": 1,
         *       "labels": {
         *         "customer": "4711"
         *       },
         *       "detail": {
         *         "failure_code": "DEADLINE",
         *         "lag_ms": 412
         *       }
         *     }
         */
        Event: {
            /** @description The same as in `/events` of the run, and the `webhook-id` of its notifications. */
            id: string;
            type: components["schemas"]["EventType"];
            /**
             * Format: date-time
             * @description When it happened. For the end of a run, this is when the run ended.
             */
            at: string;
            /** Format: uuid */
            run_id: string | null;
            /** Format: uuid */
            workflow_definition_id: string | null;
            attempt: number | null;
            /**
             * @description The labels of the invoke, by their keys; `{}` when it gave none.
             * @example {
             *       "customer": "4711"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            /** @description Further details, which depend on the type. `workflow_run.failed` has the `failure_code` here. */
            detail: {
                [key: string]: unknown;
            } | null;
        };
        /** @enum {string} */
        EventType: "workflow_run.triggered" | "workflow_run.queued" | "workflow_run.prioritized" | "workflow_run.started" | "workflow_run.dispatched" | "workflow_run.dispatch_failed" | "workflow_run.dispatch_postponed" | "workflow_run.leased" | "workflow_run.released" | "workflow_run.suspended" | "workflow_run.answered" | "workflow_run.signalled" | "workflow_run.stop_requested" | "workflow_run.stop_sent" | "workflow_run.stop_acknowledged" | "workflow_run.completed" | "workflow_run.failed" | "workflow_run.retried" | "workflow_run.late_result" | "run_batch.ended" | "workflow_definition.paused" | "trigger.skipped" | "trigger.missed" | "trigger.refused" | "trigger.paused" | "notification_endpoint.disabled";
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000901",
         *           "format": "standard",
         *           "url": "https://hooks.example.com/runs",
         *           "event_types": [
         *             "workflow_run.completed",
         *             "workflow_run.failed"
         *           ],
         *           "description": "Accounting",
         *           "workflow_definition_ids": null,
         *           "labels": null,
         *           "on": null,
         *           "is_active": true,
         *           "disabled_at": null,
         *           "disabled_reason": null,
         *           "failures": 0,
         *           "failing_since": null,
         *           "next_probe_at": null,
         *           "old_secret_until": null,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        NotificationEndpointPage: {
            items: components["schemas"]["NotificationEndpoint"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000901",
         *       "format": "standard",
         *       "url": "https://hooks.example.com/runs",
         *       "event_types": [
         *         "workflow_run.completed",
         *         "workflow_run.failed"
         *       ],
         *       "description": "Accounting",
         *       "workflow_definition_ids": null,
         *       "labels": null,
         *       "on": null,
         *       "is_active": true,
         *       "disabled_at": null,
         *       "disabled_reason": null,
         *       "failures": 0,
         *       "failing_since": null,
         *       "next_probe_at": null,
         *       "old_secret_until": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        NotificationEndpoint: {
            /** Format: uuid */
            id: string;
            format: components["schemas"]["NotificationFormat"];
            /** @description Of the address of a chat only the scheme and the host, since it is a secret. */
            url: string;
            description: string | null;
            event_types: components["schemas"]["NotifiedEventType"][];
            workflow_definition_ids: string[] | null;
            labels: string[] | null;
            on: components["schemas"]["NotificationTurn"][] | null;
            /** @description False when it is disabled: then nothing is sent to it. */
            is_active: boolean;
            /** Format: date-time */
            disabled_at: string | null;
            disabled_reason: string | null;
            /** @description Failed tries since the last successful one. */
            failures: number;
            /** Format: date-time */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description After five failures in a row: when the next single try is due. The other notifications wait.
             */
            next_probe_at: string | null;
            /**
             * Format: date-time
             * @description Until then, notifications are also signed with the old secret.
             */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @description `standard`: webhooks, signed by Standard Webhooks. `slack`: messages for an incoming webhook of Slack. `teams`: Adaptive Cards for a workflow of Microsoft Teams.
         * @enum {string}
         */
        NotificationFormat: "standard" | "slack" | "teams";
        /** @enum {string} */
        NotifiedEventType: "workflow_run.started" | "workflow_run.suspended" | "workflow_run.completed" | "workflow_run.failed" | "workflow_run.late_result" | "run_batch.ended" | "workflow_definition.paused" | "trigger.skipped" | "trigger.missed" | "trigger.refused" | "trigger.paused" | "notification_endpoint.disabled";
        /** @enum {string} */
        NotificationTurn: "first_failure" | "works_again";
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000901",
         *       "format": "standard",
         *       "url": "https://hooks.example.com/runs",
         *       "event_types": [
         *         "workflow_run.completed",
         *         "workflow_run.failed"
         *       ],
         *       "description": "Accounting",
         *       "workflow_definition_ids": null,
         *       "labels": null,
         *       "on": null,
         *       "is_active": true,
         *       "disabled_at": null,
         *       "disabled_reason": null,
         *       "failures": 0,
         *       "failing_since": null,
         *       "next_probe_at": null,
         *       "old_secret_until": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        ChangedNotificationEndpoint: {
            /** Format: uuid */
            id: string;
            format: components["schemas"]["NotificationFormat"];
            /** @description Of the address of a chat only the scheme and the host, since it is a secret. */
            url: string;
            description: string | null;
            event_types: components["schemas"]["NotifiedEventType"][];
            workflow_definition_ids: string[] | null;
            labels: string[] | null;
            on: components["schemas"]["NotificationTurn"][] | null;
            /** @description False when it is disabled: then nothing is sent to it. */
            is_active: boolean;
            /** Format: date-time */
            disabled_at: string | null;
            disabled_reason: string | null;
            /** @description Failed tries since the last successful one. */
            failures: number;
            /** Format: date-time */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description After five failures in a row: when the next single try is due. The other notifications wait.
             */
            next_probe_at: string | null;
            /**
             * Format: date-time
             * @description Until then, notifications are also signed with the old secret.
             */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The secret with which signatures are verified (Standard Webhooks). Only this answer has it. */
            secret?: string;
        };
        /**
         * @example {
         *       "url": "https://hooks.example.com/runs",
         *       "event_types": [
         *         "workflow_run.completed",
         *         "workflow_run.failed"
         *       ],
         *       "description": "Accounting"
         *     }
         */
        CreateNotificationEndpointRequest: {
            /** @description Where notifications are sent. Public and `https`. The address of a chat is its secret, and is never shown again. */
            url: string;
            /** @description The events that it is notified of. */
            event_types: components["schemas"]["NotifiedEventType"][];
            /** @description Only events of these workflows are sent, and `notification_endpoint.disabled`. Null, the default, means all workflows. */
            workflow_definition_ids?: string[] | null;
            /** @description Only events of runs with all of these labels (`key:value`) are sent, and `notification_endpoint.disabled`. Null, the default, means all events. */
            labels?: string[] | null;
            /** @description Of the ends of runs, only these are sent. `first_failure`: a run failed, and the run of its workflow that ended before it had not. `works_again`: a run completed, and the one before it had failed. Runs that were stopped or superseded count for neither. They are turns of the whole workflow, whatever the labels of its runs: with `labels`, only those whose run has them are sent. Null, the default, means all ends. */
            on?: components["schemas"]["NotificationTurn"][] | null;
            description?: string | null;
            format?: components["schemas"]["NotificationFormat"] & unknown;
        };
        /**
         * @example {
         *       "is_active": true
         *     }
         */
        ChangeNotificationEndpointRequest: {
            /** @description Where notifications are sent. Public and `https`. The address of a chat is its secret, and is never shown again. */
            url?: string;
            /** @description The events that it is notified of. */
            event_types?: components["schemas"]["NotifiedEventType"][];
            /** @description Only events of these workflows are sent, and `notification_endpoint.disabled`. Null, the default, means all workflows. */
            workflow_definition_ids?: string[] | null;
            /** @description Only events of runs with all of these labels (`key:value`) are sent, and `notification_endpoint.disabled`. Null, the default, means all events. */
            labels?: string[] | null;
            /** @description Of the ends of runs, only these are sent. `first_failure`: a run failed, and the run of its workflow that ended before it had not. `works_again`: a run completed, and the one before it had failed. Runs that were stopped or superseded count for neither. They are turns of the whole workflow, whatever the labels of its runs: with `labels`, only those whose run has them are sent. Null, the default, means all ends. */
            on?: components["schemas"]["NotificationTurn"][] | null;
            description?: string | null;
            format?: components["schemas"]["NotificationFormat"] & unknown;
            /** @description True enables a disabled endpoint again. False disables it: notifications that wait for it are given up. */
            is_active?: boolean;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000901",
         *       "format": "standard",
         *       "url": "https://hooks.example.com/runs",
         *       "event_types": [
         *         "workflow_run.completed",
         *         "workflow_run.failed"
         *       ],
         *       "description": "Accounting",
         *       "workflow_definition_ids": null,
         *       "labels": null,
         *       "on": null,
         *       "is_active": true,
         *       "disabled_at": null,
         *       "disabled_reason": null,
         *       "failures": 0,
         *       "failing_since": null,
         *       "next_probe_at": null,
         *       "old_secret_until": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z",
         *       "secret": "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ="
         *     }
         */
        NotificationEndpointWithSecret: {
            /** Format: uuid */
            id: string;
            format: components["schemas"]["NotificationFormat"];
            /** @description Of the address of a chat only the scheme and the host, since it is a secret. */
            url: string;
            description: string | null;
            event_types: components["schemas"]["NotifiedEventType"][];
            workflow_definition_ids: string[] | null;
            labels: string[] | null;
            on: components["schemas"]["NotificationTurn"][] | null;
            /** @description False when it is disabled: then nothing is sent to it. */
            is_active: boolean;
            /** Format: date-time */
            disabled_at: string | null;
            disabled_reason: string | null;
            /** @description Failed tries since the last successful one. */
            failures: number;
            /** Format: date-time */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description After five failures in a row: when the next single try is due. The other notifications wait.
             */
            next_probe_at: string | null;
            /**
             * Format: date-time
             * @description Until then, notifications are also signed with the old secret.
             */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The secret with which signatures are verified (Standard Webhooks). Only this answer has it. */
            secret: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "9d3bd0d2-4f3f-4c42-9f0b-3a8ad4a0a6c1",
         *           "event_id": "4711",
         *           "type": "workflow_run.failed",
         *           "run_id": "01920000-0000-7000-8000-000000000403",
         *           "state": "WAITING",
         *           "created_at": "2026-01-31T12:05:00.000Z",
         *           "delivered_at": null,
         *           "next_try_at": "2026-01-31T12:05:05.000Z",
         *           "tries": [
         *             {
         *               "at": "2026-01-31T12:05:00.090Z",
         *               "status": 400,
         *               "duration_ms": 41,
         *               "reason": "It answered 400.",
         *               "answer": "{\"error\":\"unknown field data\"}"
         *             }
         *           ]
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        NotificationDeliveryPage: {
            items: components["schemas"]["NotificationDelivery"][];
            /** @description The cursor of the next page; null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "id": "9d3bd0d2-4f3f-4c42-9f0b-3a8ad4a0a6c1",
         *       "event_id": "4711",
         *       "type": "workflow_run.failed",
         *       "run_id": "01920000-0000-7000-8000-000000000403",
         *       "state": "WAITING",
         *       "created_at": "2026-01-31T12:05:00.000Z",
         *       "delivered_at": null,
         *       "next_try_at": "2026-01-31T12:05:05.000Z",
         *       "tries": [
         *         {
         *           "at": "2026-01-31T12:05:00.090Z",
         *           "status": 400,
         *           "duration_ms": 41,
         *           "reason": "It answered 400.",
         *           "answer": "{\"error\":\"unknown field data\"}"
         *         }
         *       ]
         *     }
         */
        NotificationDelivery: {
            /** Format: uuid */
            id: string;
            /** @description The `webhook-id`. It stays the same when the notification is sent again. */
            event_id: string;
            type: string;
            /** Format: uuid */
            run_id: string | null;
            /**
             * @description FAILED means that it is not retried any more.
             * @enum {string}
             */
            state: "WAITING" | "DELIVERED" | "FAILED";
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            delivered_at: string | null;
            /**
             * Format: date-time
             * @description When it is tried next, or later while others are sent before it: not before the `next_probe_at` of its endpoint. An instant in the past means that it is due now. Null when it is not tried any more.
             */
            next_try_at: string | null;
            /** @description The last tries, oldest first. */
            tries: {
                /** Format: date-time */
                at: string;
                /** @description The HTTP status of the answer; null when there was none. */
                status: number | null;
                duration_ms: number;
                /** @description Why the try failed; null when it was delivered. */
                reason: string | null;
                /** @description The first 1 KiB of what the endpoint answered when it refused, with control characters made visible. Null when it answered nothing, or did not refuse. */
                answer: string | null;
            }[];
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "path_part_id": "01920000-0000-7000-8000-000000000102",
         *           "name": "q1",
         *           "part_type": "FOLDER",
         *           "parent_path_id": "01920000-0000-7000-8000-000000000101",
         *           "metadata_obj_id": null,
         *           "materialized_path": "/shared/reports/q1",
         *           "system_managed": false,
         *           "can_read": true,
         *           "can_write": true,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_PathPartResponse_: {
            items: components["schemas"]["PathPartResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "path_part_id": "01920000-0000-7000-8000-000000000102",
         *       "name": "q1",
         *       "part_type": "FOLDER",
         *       "parent_path_id": "01920000-0000-7000-8000-000000000101",
         *       "metadata_obj_id": null,
         *       "materialized_path": "/shared/reports/q1",
         *       "system_managed": false,
         *       "can_read": true,
         *       "can_write": true,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        PathPartResponse: {
            /** Format: uuid */
            path_part_id: string;
            name: string;
            part_type: components["schemas"]["PartType"];
            /**
             * Format: uuid
             * @description Null at the root.
             */
            parent_path_id: string | null;
            /** Format: uuid */
            metadata_obj_id: string | null;
            /** @description The names from the root on, each after a `/`. */
            materialized_path: string;
            /** @description True for a part that only the service itself changes. */
            system_managed: boolean;
            /** @description Whether the caller may read this and everything below it. */
            can_read: boolean;
            /** @description Whether the caller may write this and everything below it. */
            can_write: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When the part itself was last renamed or moved. Changes of the parts above it do not count.
             */
            updated_at: string;
        };
        /**
         * @description LOGICAL: by depth, FOLDERs before others, then by name. NAME: by name. UPDATED_AT and CREATED_AT: the newest first.
         * @default LOGICAL
         * @enum {string}
         */
        PathOrder: "LOGICAL" | "NAME" | "UPDATED_AT" | "CREATED_AT";
        /**
         * @example {
         *       "name": "q1",
         *       "part_type": "FOLDER",
         *       "parent_path_id": "01920000-0000-7000-8000-000000000101"
         *     }
         */
        CreatePathPartRequest: {
            /** @description Unique below its parent. No `/`, no control characters, neither `.` nor `..`. */
            name: string;
            /**
             * @description A DOCUMENT_VERSION goes below a DOCUMENT, everything else below a FOLDER or at the root.
             * @enum {string}
             */
            part_type: "FOLDER" | "DOCUMENT" | "DOCUMENT_VERSION";
            /**
             * Format: uuid
             * @description Null for the root.
             */
            parent_path_id: string | null;
        };
        /**
         * @example {
         *       "name": "q1-final"
         *     }
         */
        UpdatePathPartRequest: {
            /** @description Unique below its parent. No `/`, no control characters, neither `.` nor `..`. */
            name?: string;
            /**
             * Format: uuid
             * @description The new parent; null for the root.
             */
            parent_path_id?: string | null;
        };
        /**
         * @example {
         *       "part_type": "FOLDER",
         *       "id": "01920000-0000-7000-8000-000000000102",
         *       "path_part_id": "01920000-0000-7000-8000-000000000102",
         *       "name": "reports",
         *       "parent_path_part_id": "01920000-0000-7000-8000-000000000101",
         *       "materialized_path": "/shared/reports",
         *       "system_managed": false,
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        FolderResponse: {
            /** @enum {string} */
            part_type: "FOLDER";
            /**
             * Format: uuid
             * @description The same as `path_part_id`.
             */
            id: string;
            /** Format: uuid */
            path_part_id: string;
            name: string;
            /**
             * Format: uuid
             * @description Null at the root.
             */
            parent_path_part_id: string | null;
            materialized_path: string;
            /** @description True for a part that only the service itself changes. */
            system_managed: boolean;
            /** Format: uuid */
            tenant_id: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "name": "reports",
         *       "parent_path_part_id": "01920000-0000-7000-8000-000000000101"
         *     }
         */
        CreateFolderRequest: {
            /** @description Unique below its parent. No `/`, no control characters, neither `.` nor `..`. */
            name: string;
            /** Format: uuid */
            parent_path_part_id: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "part_type": "FOLDER",
         *           "id": "01920000-0000-7000-8000-000000000102",
         *           "path_part_id": "01920000-0000-7000-8000-000000000102",
         *           "name": "reports",
         *           "parent_path_part_id": "01920000-0000-7000-8000-000000000101",
         *           "materialized_path": "/shared/reports",
         *           "system_managed": false,
         *           "tenant_id": "01920000-0000-7000-8000-000000000001",
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_FolderResponse_: {
            items: components["schemas"]["FolderResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "name": "old-reports"
         *     }
         */
        UpdateFolderRequest: {
            /** @description Unique below its parent. No `/`, no control characters, neither `.` nor `..`. */
            name?: string | null;
            /** Format: uuid */
            parent_path_part_id?: string | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000203",
         *       "email": "user@demo.example",
         *       "first_name": "Uma",
         *       "last_name": "User",
         *       "idp_type": "PASSWORD",
         *       "current_tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "current_tenant_role": "USER",
         *       "default_tenant_id": "01920000-0000-7000-8000-000000000001"
         *     }
         */
        UserResponse: {
            /** Format: uuid */
            id: string;
            email: string | null;
            first_name: string | null;
            last_name: string | null;
            idp_type: components["schemas"]["IdpType"];
            /** Format: uuid */
            current_tenant_id: string;
            current_tenant_role: components["schemas"]["TenantUserRole"];
            /** Format: uuid */
            default_tenant_id: string;
        };
        /** @enum {string} */
        IdpType: "PASSWORD" | "GOOGLE" | "TENANT";
        /** @enum {string} */
        TenantUserRole: "USER" | "OWNER" | "ADMIN";
        /**
         * @example {
         *       "items": [
         *         {
         *           "user_id": "01920000-0000-7000-8000-000000000203",
         *           "email": "user@demo.example",
         *           "first_name": "Uma",
         *           "last_name": "User",
         *           "role": "USER",
         *           "deactivated_on": null,
         *           "is_tenant_idp_managed": false,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_TenantUserResponse_: {
            items: components["schemas"]["TenantUserResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "user_id": "01920000-0000-7000-8000-000000000203",
         *       "email": "user@demo.example",
         *       "first_name": "Uma",
         *       "last_name": "User",
         *       "role": "USER",
         *       "deactivated_on": null,
         *       "is_tenant_idp_managed": false,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        TenantUserResponse: {
            /** Format: uuid */
            user_id: string;
            email?: string | null;
            first_name?: string | null;
            last_name?: string | null;
            role: components["schemas"]["TenantUserRole"];
            /**
             * Format: date-time
             * @description When the user was deactivated: no credential of theirs works since then. Null for an active user.
             */
            deactivated_on?: string | null;
            /** @description Whether the user signs in with the tenant's own login service. */
            is_tenant_idp_managed: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "email": "user@demo.example",
         *       "first_name": "Uma",
         *       "role": "USER"
         *     }
         */
        CreateTenantUserRequest: {
            /** @description Unique in the tenant, in whatever case it is written. Only a service user has none. */
            email?: string | null;
            first_name?: string | null;
            last_name?: string | null;
            /** @enum {string} */
            role: "USER" | "ADMIN";
        };
        /**
         * @example {
         *       "role": "ADMIN"
         *     }
         */
        TenantUserEditRequest: {
            role: components["schemas"]["TenantUserRole"];
        };
        /**
         * @example {
         *       "limits": "default",
         *       "caps": [
         *         {
         *           "cap": "definitions",
         *           "used": 12,
         *           "limit": 10000
         *         },
         *         {
         *           "cap": "path_parts",
         *           "used": 340,
         *           "limit": 100000
         *         },
         *         {
         *           "cap": "waiting_runs",
         *           "used": 7,
         *           "limit": 100000
         *         },
         *         {
         *           "cap": "artifact_bytes",
         *           "used": 52428800,
         *           "limit": 100000000000
         *         },
         *         {
         *           "cap": "sign_in_sessions",
         *           "used": 3,
         *           "limit": 50
         *         }
         *       ]
         *     }
         */
        TenantUse: {
            /** @description The class of the tenant's limits: `default` or `large`. */
            limits: string;
            caps: {
                /** @description One of: definitions, path_parts, waiting_runs, artifact_bytes, sign_in_sessions. There will be more. `sign_in_sessions` are those of one user, and `used` are those of the user who has most: when there is no room for a new one, the oldest ends. For the others, a request that would add more is 409 (`cap_reached`). */
                cap: string;
                used: number;
                limit: number;
            }[];
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000501",
         *           "tenant_id": "01920000-0000-7000-8000-000000000001",
         *           "user_id": "01920000-0000-7000-8000-000000000203",
         *           "path_part_id": "01920000-0000-7000-8000-000000000102",
         *           "materialized_path": "/shared/reports",
         *           "capability": "READ_ONLY",
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_PermissionResponse_: {
            items: components["schemas"]["PermissionResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000501",
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "user_id": "01920000-0000-7000-8000-000000000203",
         *       "path_part_id": "01920000-0000-7000-8000-000000000102",
         *       "materialized_path": "/shared/reports",
         *       "capability": "READ_ONLY",
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        PermissionResponse: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            tenant_id: string;
            /** Format: uuid */
            user_id: string;
            /** Format: uuid */
            path_part_id: string;
            /** @description The current path of the part. The permission stays on the part when it is moved. */
            materialized_path: string;
            capability: components["schemas"]["PermissionCapability"];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @enum {string} */
        PermissionCapability: "READ_ONLY" | "READ_WRITE";
        /**
         * @example {
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "user_id": "01920000-0000-7000-8000-000000000203",
         *       "path_part_id": "01920000-0000-7000-8000-000000000102",
         *       "capability": "READ_ONLY"
         *     }
         */
        CreatePermissionRequest: {
            /** Format: uuid */
            tenant_id: string;
            /** Format: uuid */
            user_id: string;
            /** Format: uuid */
            path_part_id: string;
            capability: components["schemas"]["PermissionCapability"];
        };
        /**
         * @example {
         *       "capability": "READ_WRITE"
         *     }
         */
        UpdatePermissionRequest: {
            /** Format: uuid */
            path_part_id?: string | null;
            capability?: components["schemas"]["PermissionCapability"] | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000251",
         *       "name": "Nightly export",
         *       "key_suffix": "x2Qf",
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "key": "wr_…x2Qf"
         *     }
         */
        CreateApiKeyResponse: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description The secret key. Only this answer has it, since the service stores only its hash. */
            key: string;
            key_suffix: string;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "name": "Nightly export"
         *     }
         */
        CreateApiKeyRequest: {
            name: string;
            /**
             * Format: date-time
             * @description When it expires. By default, it never does.
             */
            expires_at?: string | null;
            /** @description What the key may at most do. `read`: each GET. `run`: trigger, stop, retry and delete runs, and fire triggers. `manage`: change workflows, triggers, files and notifications. `metrics`: only read the metrics. A key with scopes makes no keys, invites, users or permissions, opens no runner sessions and does not sign in. By default, it may do all that you may. */
            scopes?: ("read" | "run" | "manage" | "metrics")[] | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000251",
         *       "name": "Nightly export",
         *       "key_suffix": "x2Qf",
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        ApiKeyResponse: {
            /** Format: uuid */
            id: string;
            name: string;
            key_suffix: string;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000251",
         *           "name": "Nightly export",
         *           "key_suffix": "x2Qf",
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "kind": "user",
         *           "scopes": [
         *             "read"
         *           ],
         *           "expires_at": "2027-01-31T00:00:00.000Z",
         *           "last_used_at": null
         *         }
         *       ]
         *     }
         */
        OwnApiKeys: {
            items: components["schemas"]["OwnApiKey"][];
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000251",
         *       "name": "Nightly export",
         *       "key_suffix": "x2Qf",
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "kind": "user",
         *       "scopes": [
         *         "read"
         *       ],
         *       "expires_at": "2027-01-31T00:00:00.000Z",
         *       "last_used_at": null
         *     }
         */
        OwnApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            key_suffix: string;
            /** Format: date-time */
            created_at: string;
            /**
             * @description A `runner` key can only lease runs.
             * @enum {string}
             */
            kind: "user" | "runner";
            /** @description Null for a key without scopes. */
            scopes: ("read" | "run" | "manage" | "metrics")[] | null;
            /**
             * Format: date-time
             * @description Null for a key that never expires.
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description The beginning of the hour in which it was last used, as far as is known, or when it was made if that is later. Null for a key that was not used.
             */
            last_used_at: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000261",
         *           "user_id": "01920000-0000-7000-8000-000000000203",
         *           "began_with": "login",
         *           "began_at": "2026-01-31T12:03:20.000Z",
         *           "last_used_at": "2026-01-31T15:00:00.000Z",
         *           "ends_at": "2026-02-07T12:03:20.000Z",
         *           "is_current": false
         *         }
         *       ]
         *     }
         */
        SignInSessions: {
            items: components["schemas"]["SignInSession"][];
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000261",
         *       "user_id": "01920000-0000-7000-8000-000000000203",
         *       "began_with": "login",
         *       "began_at": "2026-01-31T12:03:20.000Z",
         *       "last_used_at": "2026-01-31T15:00:00.000Z",
         *       "ends_at": "2026-02-07T12:03:20.000Z",
         *       "is_current": false
         *     }
         */
        SignInSession: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            user_id: string;
            /**
             * @description How the user signed in.
             * @enum {string}
             */
            began_with: "login" | "api_key";
            /** Format: date-time */
            began_at: string;
            /**
             * Format: date-time
             * @description The beginning of the hour in which it was last used, or when it began if that is later.
             */
            last_used_at: string;
            /**
             * Format: date-time
             * @description When it ends at the latest. It also ends when it was not used for twelve hours.
             */
            ends_at: string;
            /** @description Whether this request was sent with it. */
            is_current: boolean;
        };
        /**
         * @example {
         *       "ended": 2
         *     }
         */
        EndedSignInSessions: {
            /** @description How many sessions were open. Agents whose access has ended are not counted. */
            ended: number;
        };
        /**
         * @example {
         *       "user_id": "01920000-0000-7000-8000-000000000203"
         *     }
         */
        EndSignInSessionsRequest: {
            /**
             * Format: uuid
             * @description Whose; by default yours.
             */
            user_id?: string;
        };
        /**
         * @example {
         *       "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
         *     }
         */
        CommandLineKeyRequest: {
            /** @description The PKCE verifier (RFC 7636) of the challenge with which the sign-in began. */
            code_verifier: string;
        };
        /**
         * @example {
         *       "id": "01920000-0000-7000-8000-000000000601",
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "email": "ida@demo.example",
         *       "role": "USER",
         *       "expires_at": "2026-02-07T12:00:00.000Z",
         *       "accepted_at": null,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z",
         *       "invite_link": "https://workflow-runs.example/app/invites/01920000-0000-7000-8000-000000000601",
         *       "email_id": null
         *     }
         */
        InviteResponse: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            tenant_id: string;
            /**
             * Format: email
             * @description In lower case.
             */
            email: string;
            role: components["schemas"]["TenantUserRole"];
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            accepted_at?: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The page on which it is accepted. Only the answer that creates the invite has the link with its secret. */
            invite_link: string;
            /**
             * Format: uuid
             * @description Always null: the service sends no email.
             */
            email_id?: string | null;
        };
        /**
         * @example {
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "email": "ida@demo.example",
         *       "role": "USER"
         *     }
         */
        InviteUserRequest: {
            /** Format: uuid */
            tenant_id: string;
            /** Format: email */
            email: string;
            /**
             * @default USER
             * @enum {string}
             */
            role?: "USER" | "OWNER" | "ADMIN";
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-7000-8000-000000000601",
         *           "tenant_id": "01920000-0000-7000-8000-000000000001",
         *           "email": "ida@demo.example",
         *           "role": "USER",
         *           "expires_at": "2026-02-07T12:00:00.000Z",
         *           "accepted_at": null,
         *           "created_at": "2026-01-31T12:00:00.000Z",
         *           "updated_at": "2026-01-31T12:00:00.000Z",
         *           "invite_link": "https://workflow-runs.example/app/invites/01920000-0000-7000-8000-000000000601",
         *           "email_id": null
         *         }
         *       ],
         *       "total": 1,
         *       "limit": 20,
         *       "offset": 0
         *     }
         */
        PaginatedResponse_InviteResponse_: {
            items: components["schemas"]["InviteResponse"][];
            total: number;
            limit: number;
            offset: number;
        };
        /** @enum {string} */
        InviteStatus: "pending" | "accepted" | "expired";
        /**
         * @example {
         *       "tenant_id": "01920000-0000-7000-8000-000000000001",
         *       "role": "USER"
         *     }
         */
        AcceptInviteResponse: {
            /** Format: uuid */
            tenant_id: string;
            role: components["schemas"]["TenantUserRole"];
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "id": "01920000-0000-4000-8000-000000000901",
         *           "at": "2026-01-31T12:05:00.000Z",
         *           "action": "workflow_definition.paused",
         *           "actor": {
         *             "user_id": "01920000-0000-7000-8000-000000000101",
         *             "name": "Ida Example",
         *             "credential_kind": "api_key",
         *             "credential_id": "01920000-0000-7000-8000-000000000801",
         *             "credential_name": "Laptop"
         *           },
         *           "object": {
         *             "kind": "workflow_definition",
         *             "id": "01920000-0000-7000-8000-000000000301",
         *             "name": "Quarterly report"
         *           },
         *           "about": null,
         *           "before": {
         *             "is_active": true
         *           },
         *           "after": {
         *             "is_active": false
         *           },
         *           "hidden": [],
         *           "detail": null,
         *           "request_id": "01920000-0000-7000-8000-000000000999"
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        AuditEventPage: {
            items: components["schemas"]["AuditEvent"][];
            /** @description Send it as `cursor`. Null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "id": "01920000-0000-4000-8000-000000000901",
         *       "at": "2026-01-31T12:05:00.000Z",
         *       "action": "workflow_definition.paused",
         *       "actor": {
         *         "user_id": "01920000-0000-7000-8000-000000000101",
         *         "name": "Ida Example",
         *         "credential_kind": "api_key",
         *         "credential_id": "01920000-0000-7000-8000-000000000801",
         *         "credential_name": "Laptop"
         *       },
         *       "object": {
         *         "kind": "workflow_definition",
         *         "id": "01920000-0000-7000-8000-000000000301",
         *         "name": "Quarterly report"
         *       },
         *       "about": null,
         *       "before": {
         *         "is_active": true
         *       },
         *       "after": {
         *         "is_active": false
         *       },
         *       "hidden": [],
         *       "detail": null,
         *       "request_id": "01920000-0000-7000-8000-000000000999"
         *     }
         */
        AuditEvent: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            at: string;
            /** @description The kind of the object, and what happened to it: workflow_definition.created, workflow_definition.replaced, workflow_definition.policy_replaced, workflow_definition.paused, workflow_definition.resumed, workflow_definition.shared, workflow_definition.failure_seen, workflow_definition.deleted, trigger.created, trigger.replaced, trigger.paused, trigger.resumed, trigger.fired, trigger.backfilled, trigger.secret_rotated, trigger.deleted, workflow_run.stopped, workflow_run.retried, workflow_run.answered, workflow_run.deleted, path_part.created, path_part.changed, path_part.deleted, user.created, user.role_changed, user.deactivated, user.activated, user.deleted, user.login_tied, user.login_untied, user.signed_out, user.permission_given, user.permission_changed, user.permission_revoked, api_key.created, api_key.revoked, agent_grant.created, agent_grant.ended, invite.created, invite.accepted, invite.withdrawn, notification_endpoint.created, notification_endpoint.changed, notification_endpoint.secret_rotated, notification_endpoint.tested, notification_endpoint.notification_resent, notification_endpoint.deleted. There will be more. */
            action: string;
            actor: components["schemas"]["AuditActor"];
            object: components["schemas"]["AuditObject"];
            /** @description Another object that it concerns, such as the workflow of a trigger, or the user of a key. */
            about: components["schemas"]["AuditObject"] | null;
            /** @description The fields that have changed, as they were. Null for a new object. */
            before: {
                [key: string]: unknown;
            } | null;
            /** @description The same fields as they are now. Null for an object that is gone. */
            after: {
                [key: string]: unknown;
            } | null;
            /** @description The names of further fields that have changed: secrets, addresses, of which only the host is shown, and free JSON. */
            hidden: string[];
            /** @description What else is known, such as the reason of a stop, or how many runs were stopped, and the first 100. */
            detail: {
                [key: string]: unknown;
            } | null;
            /** @description The `X-Request-Id` of the call. */
            request_id: string | null;
        };
        /**
         * @example {
         *       "user_id": "01920000-0000-7000-8000-000000000101",
         *       "name": "Ida Example",
         *       "credential_kind": "api_key",
         *       "credential_id": "01920000-0000-7000-8000-000000000801",
         *       "credential_name": "Laptop"
         *     }
         */
        AuditActor: {
            /** Format: uuid */
            user_id: string;
            /** @description Their name at that time. */
            name: string | null;
            /** @description `api_key`, also for a session of the dashboard that began with a key; `login`, an account of the login service; `agent`, an agent that a person has let in; `session_token`, a bearer token of the issuer of `SESSION_JWKS_URL`; or `invite`, the link of an invite. */
            credential_kind: string;
            /** Format: uuid */
            credential_id: string | null;
            /** @description The name of the key, or the host of the login service. */
            credential_name: string | null;
        };
        /**
         * @example {
         *       "kind": "workflow_definition",
         *       "id": "01920000-0000-7000-8000-000000000301",
         *       "name": "Quarterly report"
         *     }
         */
        AuditObject: {
            /** @description One of: workflow_definition, trigger, workflow_run, path_part, user, api_key, agent_grant, invite, notification_endpoint. There will be more. */
            kind: string;
            /**
             * Format: uuid
             * @description Null for an act on many objects.
             */
            id: string | null;
            /** @description Its name at that time. */
            name: string | null;
        };
        /**
         * @example # HELP workflow_runs_overdue …
         *     # TYPE workflow_runs_overdue gauge
         *     workflow_runs_overdue 0
         */
        Metrics: string;
        /**
         * @example {
         *       "status": "healthy",
         *       "database_ts": "2026-01-31T12:00:00.000Z"
         *     }
         */
        HealthCheckResponse: {
            /** @default healthy */
            status?: string;
            /** Format: date-time */
            database_ts: string;
        };
        /**
         * @example {
         *       "status": "alive"
         *     }
         */
        LivenessResponse: {
            /** @enum {string} */
            status: "alive";
        };
        /**
         * @example {
         *       "status": "ready",
         *       "database_ts": "2026-01-31T12:00:00.000Z",
         *       "seconds_since_sweep": 21.4,
         *       "seconds_since_full_sweep": 1821.4,
         *       "last_alarm": {
         *         "seconds_ago": 94.1,
         *         "late_ms": 12
         *       },
         *       "set_aside": [],
         *       "hub_location": "weur"
         *     }
         */
        ReadinessResponse: {
            /** @enum {string} */
            status: "ready";
            /** Format: date-time */
            database_ts: string;
            /** @description Since a sweep last ended, or the cron last found that there was nothing to sweep. */
            seconds_since_sweep: number;
            /** @description Since a sweep last ended. Up to an hour while nothing happens. */
            seconds_since_full_sweep: number;
            /** @description The last alarm, which enforces deadlines to the second, and how late it was. Null when there was none. */
            last_alarm: {
                seconds_ago: number;
                late_ms: number;
            } | null;
            /** @description The steps of the sweep in which rows have failed. It goes on without them and tries them again after a minute to an hour. Its log says which rows these are, and why they fail. */
            set_aside: {
                step: string;
                /** @description What the step does. */
                does: string;
                /** @description How many rows. */
                failing: number;
                /** @description Since the first of them failed. */
                seconds_since_first: number;
            }[];
            /** @description Where the Durable Objects are created: `HUB_LOCATION`. Null when it is not set. */
            hub_location: string | null;
        };
        /**
         * @example {
         *       "name": "workflow-runs",
         *       "version": "0.2.0",
         *       "links": {
         *         "dashboard": "/app/sign-in",
         *         "docs": "/docs",
         *         "openapi": "/openapi.json",
         *         "llms": "/llms.txt",
         *         "health": "/healthz",
         *         "liveness": "/livez",
         *         "readiness": "/readyz"
         *       }
         *     }
         */
        ServiceResponse: {
            /** @enum {string} */
            name: "workflow-runs";
            version: string;
            links: {
                [key: string]: string;
            };
        };
    };
    responses: {
        /** @description Validation failed: every fault is listed */
        validation_failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["HTTPValidationError"];
            };
        };
        /** @description Unauthenticated */
        unauthenticated: {
            headers: {
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Forbidden */
        forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description URI too long */
        uri_too_long: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Misdirected request */
        misdirected: {
            headers: {
                /** @description The URL of the cell that the credential is of, if it is known here. */
                Location?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many requests */
        too_many_requests: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Request header fields too large */
        headers_too_large: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal error */
        internal_error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Session keys unavailable */
        database_unavailable_or_session_keys_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Incomplete body */
        incomplete_body: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Cap reached */
        cap_reached: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Payload too large */
        payload_too_large: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unsupported media type */
        unsupported_media_type: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not found */
        not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Precondition failed */
        precondition_failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict */
        conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict · Busy · Queue full · Cap reached */
        conflict_or_busy_or_queue_full_or_cap_reached: {
            headers: {
                /** @description When the workflow is busy: the run that is in the way, if you may see it. */
                "X-Blocked-By-Run"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict · Queue full · Cap reached */
        conflict_or_queue_full_or_cap_reached: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthenticated */
        message_unauthenticated: {
            headers: {
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable */
        database_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Session keys unavailable · Streams unavailable */
        database_unavailable_or_session_keys_unavailable_or_streams_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthenticated */
        callback_unauthenticated: {
            headers: {
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict · Cap reached */
        conflict_or_cap_reached: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Length required */
        length_required: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Artifacts unavailable · Bucket unavailable */
        database_unavailable_or_artifacts_unavailable_or_bucket_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Range not satisfiable */
        range_not_satisfiable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Session keys unavailable · Artifacts unavailable · Bucket unavailable */
        database_unavailable_or_session_keys_unavailable_or_artifacts_unavailable_or_bucket_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthenticated */
        session_unauthenticated: {
            headers: {
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Streams unavailable */
        database_unavailable_or_streams_unavailable: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthenticated */
        code_unauthenticated: {
            headers: {
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Database unavailable · Not ready */
        database_unavailable_or_not_ready: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_workflow_definitions: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of definitions */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_WorkflowDefinitionResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_workflow_definition: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWorkflowDefinitionRequest"];
            };
        };
        responses: {
            /** @description The new definition */
            201: {
                headers: {
                    /** @description The URL of the definition. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDefinitionResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_definition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The definition */
            200: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDefinitionResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_workflow_definition: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what is to be replaced, as you have read it. When it has changed since, the answer is 412, and nothing is changed; but 200 when it is already as this request would make it, so a request whose answer was lost can be sent again. */
                "If-Match"?: string;
            };
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateWorkflowDefinitionRequest"];
            };
        };
        responses: {
            /** @description The definition */
            200: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDefinitionResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_workflow_definition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted, with its runs and their events */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    pause_workflow_definition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workflow is paused */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    resume_workflow_definition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workflow is active */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_definition_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The policy */
            200: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDefinitionPolicy"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_workflow_definition_policy: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what is to be replaced, as you have read it. When it has changed since, the answer is 412, and nothing is changed; but 200 when it is already as this request would make it, so a request whose answer was lost can be sent again. */
                "If-Match"?: string;
            };
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateWorkflowDefinitionPolicyRequest"];
            };
        };
        responses: {
            /** @description The policy */
            200: {
                headers: {
                    /** @description Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDefinitionPolicy"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_input_schema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schema */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowInputSchema"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    invoke_workflow: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
                /** @description `wait=N`: the answer may take up to N seconds (60 at most), and is sent as soon as there is news (RFC 7240). At most 50 requests of a caller wait at a time. */
                Prefer?: string;
                /** @description W3C Trace Context: it goes on to the runner and to notifications. Ignored unless it is valid. */
                traceparent?: string;
            };
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["InvokeWorkflowRequest"];
            };
        };
        responses: {
            /** @description A new run, or the one that this idempotency key has triggered before */
            202: {
                headers: {
                    /** @description Where the run is */
                    Location?: string;
                    /** @description `true` when the run was triggered before; absent from the answer of a new run */
                    "Idempotency-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000403",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "runner_type": "SELF_HOSTED",
                     *       "status": "RUNNING",
                     *       "started_at": "2026-01-31T12:00:00.000Z",
                     *       "completed_at": null,
                     *       "run_snapshot": {
                     *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *         "workflow_name": "Quarterly report",
                     *         "runner_type": "SELF_HOSTED",
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "max_run_duration_seconds": 300,
                     *         "sources": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000102",
                     *             "materialized_path": "/shared/reports/q1",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "instructions": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000103",
                     *             "materialized_path": "/shared/how-to-summarise.md",
                     *             "part_type": "DOCUMENT"
                     *           }
                     *         ],
                     *         "outputs": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000104",
                     *             "materialized_path": "/shared/summaries",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "template": null
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-31T11:59:58.120Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict_or_busy_or_queue_full_or_cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_workflow_runs: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of runs */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_WorkflowRunResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    invoke_workflow_batch: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
                /** @description W3C Trace Context: it goes on to the runner of each run. Ignored unless it is valid. */
                traceparent?: string;
            };
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvokeBatchRequest"];
            };
        };
        responses: {
            /** @description A new batch, or the one that this idempotency key has triggered before */
            202: {
                headers: {
                    /** @description Where the batch is */
                    Location?: string;
                    /** @description `true` when the batch was triggered before; absent from the answer of a new batch */
                    "Idempotency-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggeredRunBatch"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict_or_queue_full_or_cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_run_batch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=N`: the answer may take up to N seconds (60 at most), and is sent as soon as there is news (RFC 7240). At most 50 requests of a caller wait at a time. */
                Prefer?: string;
            };
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatch"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_run_batch_results: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of results */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatchResultPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_triggers: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of them */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTriggerRequest"];
            };
        };
        responses: {
            /** @description The new trigger */
            201: {
                headers: {
                    /** @description The URL of the trigger. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000a01",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "name": "Every morning",
                     *       "kind": "schedule",
                     *       "schedule": {
                     *         "cron": "0 6 * * 1-5",
                     *         "at": null,
                     *         "time_zone": "Europe/Berlin",
                     *         "starts_at": null,
                     *         "ends_at": null,
                     *         "jitter_seconds": 0,
                     *         "catch_up": "last",
                     *         "catch_up_window_seconds": 86400
                     *       },
                     *       "input": {
                     *         "quarter": "2026-Q1"
                     *       },
                     *       "labels": {
                     *         "customer": "4711"
                     *       },
                     *       "when_busy": "skip",
                     *       "webhook": null,
                     *       "run": null,
                     *       "concurrency_key": null,
                     *       "priority": 0,
                     *       "is_active": true,
                     *       "next_at": "2026-02-02T05:00:00.000Z",
                     *       "paused_at": null,
                     *       "pause_note": null,
                     *       "paused_by": null,
                     *       "created_at": "2026-01-31T12:00:00.000Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["TriggerWithSecret"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trigger */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerRequest"];
            };
        };
        responses: {
            /** @description The trigger as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted: it does not fire any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    rotate_trigger_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateTriggerSecretRequest"];
            };
        };
        responses: {
            /** @description The trigger, with its new secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerWithSecret"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    pause_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PauseTriggerRequest"];
            };
        };
        responses: {
            /** @description The trigger as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000a01",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "name": "Every morning",
                     *       "kind": "schedule",
                     *       "schedule": {
                     *         "cron": "0 6 * * 1-5",
                     *         "at": null,
                     *         "time_zone": "Europe/Berlin",
                     *         "starts_at": null,
                     *         "ends_at": null,
                     *         "jitter_seconds": 0,
                     *         "catch_up": "last",
                     *         "catch_up_window_seconds": 86400
                     *       },
                     *       "input": {
                     *         "quarter": "2026-Q1"
                     *       },
                     *       "labels": {
                     *         "customer": "4711"
                     *       },
                     *       "when_busy": "skip",
                     *       "webhook": null,
                     *       "run": null,
                     *       "concurrency_key": null,
                     *       "priority": 0,
                     *       "is_active": false,
                     *       "next_at": null,
                     *       "paused_at": "2026-01-31T12:00:00.000Z",
                     *       "pause_note": "Until the new runner is ready",
                     *       "paused_by": {
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "created_at": "2026-01-31T12:00:00.000Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    resume_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ResumeTriggerRequest"];
            };
        };
        responses: {
            /** @description The trigger as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000a01",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "name": "Every morning",
                     *       "kind": "schedule",
                     *       "schedule": {
                     *         "cron": "0 6 * * 1-5",
                     *         "at": null,
                     *         "time_zone": "Europe/Berlin",
                     *         "starts_at": null,
                     *         "ends_at": null,
                     *         "jitter_seconds": 0,
                     *         "catch_up": "last",
                     *         "catch_up_window_seconds": 86400
                     *       },
                     *       "input": {
                     *         "quarter": "2026-Q1"
                     *       },
                     *       "labels": {
                     *         "customer": "4711"
                     *       },
                     *       "when_busy": "skip",
                     *       "webhook": null,
                     *       "run": null,
                     *       "concurrency_key": null,
                     *       "priority": 0,
                     *       "is_active": true,
                     *       "next_at": "2026-02-02T05:00:00.000Z",
                     *       "paused_at": null,
                     *       "pause_note": null,
                     *       "paused_by": null,
                     *       "created_at": "2026-01-31T12:00:00.000Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    fire_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The firing. Its outcome may also be SKIPPED or REFUSED */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerFiring"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_trigger_firings: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of firings */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerFiringPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_trigger_occurrences: {
        parameters: {
            query?: {
                /** @description The first instant may be this one. Now, if it is left out. */
                from?: string;
                /** @description All instants are before it. */
                to?: string;
                limit?: number;
            };
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The first `limit` of them, of the next ten years */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerOccurrences"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    backfill_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerBackfillRequest"];
            };
        };
        responses: {
            /** @description What it has fired */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerBackfill"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    receive_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the trigger. */
                trigger_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description The same message has triggered this run, or sent its signal, before, within seven days. Or Slack has asked for its challenge, which is then the whole body */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReceipt"];
                    "text/plain": string;
                };
            };
            /** @description The message was taken. `outcome` says what became of it: it may also be SKIPPED, MISSED or REFUSED */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReceipt"];
                };
            };
            /** @description The trigger does not take such events, or it is the `ping` of GitHub */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["message_unauthenticated"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    receive_webhook_by_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the trigger. */
                trigger_id: string;
                /** @description The token of the trigger, of the scheme `token`. */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description The same message has triggered this run, or sent its signal, before, within seven days */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReceipt"];
                };
            };
            /** @description The message was taken. `outcome` says what became of it: it may also be SKIPPED, MISSED or REFUSED */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReceipt"];
                };
            };
            /** @description The trigger does not take such events, or it is the `ping` of GitHub */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["message_unauthenticated"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    stream_tenant_workflow_runs: {
        parameters: {
            query?: {
                workflow_definition_id?: string;
                /** @description Only runs that this user triggered. */
                user_id?: string;
                /** @description Only runs with this label: `key:value`. Repeat it for runs that have several. */
                label?: string[];
            };
            header?: {
                /** @description Continue after the event with this id. An `EventSource` sends it when it reconnects. */
                "Last-Event-ID"?: number | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. `event` is the event's type and `id` its id, as in `/events`; `data` is `{"run": …, "event": …}`. A comment comes every 15 seconds. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable_or_streams_unavailable"];
        };
    };
    stream_workflow_run: {
        parameters: {
            query?: {
                /** @description Whether to send the log, too. */
                log?: "true" | "false";
            };
            header?: {
                /** @description Continue after the message with this id. An `EventSource` sends it when it reconnects. With `log=true`, it may also be an event's id from `/events`: the stream then continues after that event, with the log from its beginning. */
                "Last-Event-ID"?: string;
            };
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. `event` is the event's type and `id` its id, as in `/events`; `data` is `{"run": …, "event": …}`. With `log=true` an `id` is `<event>.<attempt>.<next entry>`: the position from which the stream continues. A comment comes every 15 seconds. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The run has ended, and this was its last message */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable_or_streams_unavailable"];
        };
    };
    list_tenant_workflow_runs: {
        parameters: {
            query?: {
                /** @description Only runs in this state. Repeat it for several. */
                status?: components["schemas"]["WorkflowRunStatus"][];
                /** @description Only suspended runs, which are PENDING until what they wait for has come. */
                suspended?: "true";
                /** @description Only runs with this label: `key:value`. Repeat it for runs that have several. */
                label?: string[];
                /** @description Only runs of this batch. */
                batch?: string;
                /** @description Only runs that this run has triggered: its children. */
                parent_run_id?: string;
                workflow_definition_id?: string;
                /** @description Only runs that this user triggered. */
                user_id?: string;
                created_after?: string;
                created_before?: string;
                /** @description Adds `details` to the page: what the runs themselves do not say. */
                details?: "true";
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of runs */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    summarise_workflow_runs: {
        parameters: {
            query?: {
                /** @description How far back ended runs are counted; by default, one day. */
                window_seconds?: number;
                /** @description Only runs with this label: `key:value`. Repeat it for runs that have several. */
                label?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The summary */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunSummary"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_run: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=N`: the answer may take up to N seconds (60 at most), and is sent as soon as there is news (RFC 7240). At most 50 requests of a caller wait at a time. */
                Prefer?: string;
            };
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description Only for a PENDING run that has joined the queue: 1 when it is next. It is counted to 1,000: 1001 stands for every place behind that. */
                    "X-Queue-Position"?: number;
                    /** @description Only for a PENDING run behind another that you may see: the run in its way that ends first. */
                    "X-Blocked-By-Run"?: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description Only for a PENDING run that has joined the queue: 1 when it is next. It is counted to 1,000: 1001 stands for every place behind that. */
                    "X-Queue-Position"?: number;
                    /** @description Only for a PENDING run behind another that you may see: the run in its way that ends first. */
                    "X-Blocked-By-Run"?: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_workflow_run_events: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of the timeline */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_WorkflowRunEvent_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    stop_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StopWorkflowRunRequest"];
            };
        };
        responses: {
            /** @description The run, FAILED or still RUNNING */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000403",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "runner_type": "SELF_HOSTED",
                     *       "status": "RUNNING",
                     *       "started_at": "2026-01-31T12:00:00.000Z",
                     *       "completed_at": null,
                     *       "run_snapshot": {
                     *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *         "workflow_name": "Quarterly report",
                     *         "runner_type": "SELF_HOSTED",
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "max_run_duration_seconds": 300,
                     *         "sources": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000102",
                     *             "materialized_path": "/shared/reports/q1",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "instructions": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000103",
                     *             "materialized_path": "/shared/how-to-summarise.md",
                     *             "part_type": "DOCUMENT"
                     *           }
                     *         ],
                     *         "outputs": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000104",
                     *             "materialized_path": "/shared/summaries",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "template": null
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-31T11:59:58.120Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    start_workflow_run_now: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run, PENDING or RUNNING */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000403",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "runner_type": "SELF_HOSTED",
                     *       "status": "PENDING",
                     *       "started_at": "2026-01-31T11:59:58.120Z",
                     *       "completed_at": null,
                     *       "run_snapshot": {
                     *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *         "workflow_name": "Quarterly report",
                     *         "runner_type": "SELF_HOSTED",
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "max_run_duration_seconds": 300,
                     *         "sources": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000102",
                     *             "materialized_path": "/shared/reports/q1",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "instructions": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000103",
                     *             "materialized_path": "/shared/how-to-summarise.md",
                     *             "part_type": "DOCUMENT"
                     *           }
                     *         ],
                     *         "outputs": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000104",
                     *             "materialized_path": "/shared/summaries",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "template": null
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-31T11:59:58.120Z",
                     *       "updated_at": "2026-01-31T11:59:58.120Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    prioritize_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkflowRunPriority"];
            };
        };
        responses: {
            /** @description The run, PENDING or RUNNING */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000403",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "runner_type": "SELF_HOSTED",
                     *       "status": "PENDING",
                     *       "started_at": "2026-01-31T11:59:58.120Z",
                     *       "completed_at": null,
                     *       "run_snapshot": {
                     *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *         "workflow_name": "Quarterly report",
                     *         "runner_type": "SELF_HOSTED",
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "max_run_duration_seconds": 300,
                     *         "sources": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000102",
                     *             "materialized_path": "/shared/reports/q1",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "instructions": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000103",
                     *             "materialized_path": "/shared/how-to-summarise.md",
                     *             "part_type": "DOCUMENT"
                     *           }
                     *         ],
                     *         "outputs": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000104",
                     *             "materialized_path": "/shared/summaries",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "template": null
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-31T11:59:58.120Z",
                     *       "updated_at": "2026-01-31T11:59:58.120Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    retry_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run, PENDING or RUNNING */
            202: {
                headers: {
                    /** @description Where the run is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01920000-0000-7000-8000-000000000403",
                     *       "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *       "user_id": "01920000-0000-7000-8000-000000000201",
                     *       "runner_type": "SELF_HOSTED",
                     *       "status": "PENDING",
                     *       "started_at": "2026-01-31T11:59:58.120Z",
                     *       "completed_at": null,
                     *       "run_snapshot": {
                     *         "workflow_definition_id": "01920000-0000-7000-8000-000000000301",
                     *         "workflow_name": "Quarterly report",
                     *         "runner_type": "SELF_HOSTED",
                     *         "user_id": "01920000-0000-7000-8000-000000000201",
                     *         "max_run_duration_seconds": 300,
                     *         "sources": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000102",
                     *             "materialized_path": "/shared/reports/q1",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "instructions": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000103",
                     *             "materialized_path": "/shared/how-to-summarise.md",
                     *             "part_type": "DOCUMENT"
                     *           }
                     *         ],
                     *         "outputs": [
                     *           {
                     *             "path_part_id": "01920000-0000-7000-8000-000000000104",
                     *             "materialized_path": "/shared/summaries",
                     *             "part_type": "FOLDER"
                     *           }
                     *         ],
                     *         "template": null
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-31T11:59:58.120Z",
                     *       "updated_at": "2026-01-31T11:59:58.120Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowRunResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    workflow_run_callback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkflowRunCallbackRequest"];
            };
        };
        responses: {
            /** @description The result is recorded */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowCallbackResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    change_workflow_runs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkflowRunBulkRequest"];
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunBulkResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_run_details: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The details */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunDetails"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_run_input: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The input */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunInput"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_run_result: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=N`: the answer may take up to N seconds (60 at most), and is sent as soon as there is news (RFC 7240). At most 50 requests of a caller wait at a time. */
                Prefer?: string;
            };
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunResult"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description `wait=N` when the answer has waited, or would have, for up to N seconds. */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    explain_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The explanation */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunExplanation"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    read_workflow_run_log: {
        parameters: {
            query?: {
                /** @description Which attempt's; by default, that of the current one. */
                attempt?: number;
                /** @description Only entries after the one with this `sequence`. */
                after?: number | null;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the log: at most 10,000 entries */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description The `sequence` of the page's last entry, when it has one: where the next page begins. */
                    "X-Log-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunLog"];
                    "text/plain": components["schemas"]["WorkflowRunLogText"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    /** @description The `sequence` of the page's last entry, when it has one: where the next page begins. */
                    "X-Log-After"?: number;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    append_workflow_run_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWorkflowRunLogEntry"];
            };
        };
        responses: {
            /** @description The entry is stored, or the log is full */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunLogReceipt"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    get_workflow_run_artifact: {
        parameters: {
            query?: {
                /** @description Which attempt's; by default, that of the current one. */
                attempt?: number;
            };
            header?: {
                /** @description Such as `bytes=0-1023`. */
                Range?: string;
            };
            path: {
                run_id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The part of the file that `Range` asks for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            416: components["responses"]["range_not_satisfiable"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable_or_artifacts_unavailable_or_bucket_unavailable"];
        };
    };
    put_workflow_run_artifact: {
        parameters: {
            query?: never;
            header?: {
                /** @description `sha-256=:…:` (RFC 9530), in base64. An upload with another content is refused, and the file keeps the digest. */
                "Content-Digest"?: string;
            };
            path: {
                run_id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description The file is stored, and has replaced another */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunFile"];
                };
            };
            /** @description The file is stored */
            201: {
                headers: {
                    /** @description Where the file is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunFile"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict_or_cap_reached"];
            411: components["responses"]["length_required"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_artifacts_unavailable_or_bucket_unavailable"];
        };
    };
    list_workflow_run_artifacts: {
        parameters: {
            query?: {
                /** @description Which attempt's; by default, that of the current one. */
                attempt?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The files: at most 50 */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunFileList"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_leases: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateLeasesRequest"];
            };
        };
        responses: {
            /** @description The leases; none when no run waits */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Leases"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["session_unauthenticated"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_streams_unavailable"];
        };
    };
    heartbeat_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WorkflowRunHeartbeatRequest"];
            };
        };
        responses: {
            /** @description The run continues */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunHeartbeat"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    release_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run is PENDING again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunRelease"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    list_child_runs: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of children */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChildRunPage"];
                };
            };
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    trigger_child_runs: {
        parameters: {
            query?: never;
            header?: {
                /** @description W3C Trace Context: it goes on to the runner of each child. Ignored unless it is valid. */
                traceparent?: string;
            };
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerChildRunsRequest"];
            };
        };
        responses: {
            /** @description The children */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggeredChildRuns"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict_or_queue_full_or_cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    keep_checkpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
                /** @description Identifies it for good in its run. */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeepCheckpointRequest"];
            };
        };
        responses: {
            /** @description It is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptCheckpoint"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    list_checkpoints: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of checkpoints */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_WorkflowRunCheckpoint_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_workflow_run_resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeWorkflowRunResume"];
                };
            };
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    suspend_workflow_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuspendWorkflowRunRequest"];
            };
        };
        responses: {
            /** @description The run is suspended, or the outcomes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunSuspension"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["callback_unauthenticated"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    list_waits: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of questions */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunWaitPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    answer_wait: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
                /** @description Identifies it for good in its run. */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerWaitRequest"];
            };
        };
        responses: {
            /** @description The answered question */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowRunWait"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    signal_workflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                definition_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignalWorkflowRequest"];
            };
        };
        responses: {
            /** @description A run got it, or it is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowSignalReceipt"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_runner_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRunnerKeyRequest"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    /** @description The URL of the key. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateRunnerKeyResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_runner_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRunnerSessionRequest"];
            };
        };
        responses: {
            /** @description The session */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunnerSession"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    close_runner_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is closed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosedRunnerSession"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["session_unauthenticated"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the answer before. Without it the feed begins with the oldest event. */
                after?: string;
                /** @description Only events of this type. Repeat it for several. */
                types?: components["schemas"]["EventType"][];
                workflow_definition_id?: string;
                /** @description Only runs with this label: `key:value`. Repeat it for runs that have several. */
                label?: string[];
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of events */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    stream_events: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the answer before. Without it the feed begins with the oldest event. */
                after?: string;
                /** @description Only events of this type. Repeat it for several. */
                types?: components["schemas"]["EventType"][];
                workflow_definition_id?: string;
                /** @description Only runs with this label: `key:value`. Repeat it for runs that have several. */
                label?: string[];
            };
            header?: {
                /** @description Continue after the event with this id. An `EventSource` sends it when it reconnects. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. `event` is the event's type, `data` the event, and `id` its position: the `next_cursor` of a page that ends with it. A comment comes every 15 seconds. Its `id` says how far the stream has read: who comes back goes on from there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable_or_streams_unavailable"];
        };
    };
    list_notification_endpoints: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of them */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateNotificationEndpointRequest"];
            };
        };
        responses: {
            /** @description The new endpoint, with its secret if it is no chat */
            201: {
                headers: {
                    /** @description The URL of the endpoint. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedNotificationEndpoint"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint, without its secret */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpoint"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted: nothing more is sent to it */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeNotificationEndpointRequest"];
            };
        };
        responses: {
            /** @description The endpoint as it is now, with its secret if that is new */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedNotificationEndpoint"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    rotate_notification_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint with its new secret, which only this answer has */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointWithSecret"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_notification_deliveries: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of them */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationDeliveryPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    test_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is being sent; its delivery will show the outcome */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationDelivery"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    resend_notification_delivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is being sent; its delivery will show the outcome */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationDelivery"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_path_parts: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Lists what is below this part. When it is missing, empty or `null`, the list begins at the top of what the caller may see: the roots or, for a USER, the topmost parts on which they have a permission. */
                parent_path_id?: string | null;
                /** @description How many levels to list; 1 lists only the next level. */
                max_depth?: number;
                /** @description LOGICAL: by depth, FOLDERs before others, then by name. NAME: by name. UPDATED_AT and CREATED_AT: the newest first. */
                sort_order?: components["schemas"]["PathOrder"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_PathPartResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_path_part: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePathPartRequest"];
            };
        };
        responses: {
            /** @description The new part */
            201: {
                headers: {
                    /** @description The URL of the part. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PathPartResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict_or_cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_path_part: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path_part_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The part */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PathPartResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_path_part: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path_part_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted, with everything below it and the permissions on it */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_path_part: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path_part_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePathPartRequest"];
            };
        };
        responses: {
            /** @description The part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PathPartResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_folders: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Lists the folders in this one. When it is missing, empty or `null`, lists the folders at the top of what the caller may see: the roots or, for a USER, the topmost folders on which they have a permission. */
                parent_path_part_id?: string | null;
                /** @description LOGICAL: by depth, FOLDERs before others, then by name. NAME: by name. UPDATED_AT and CREATED_AT: the newest first. */
                sort_order?: components["schemas"]["PathOrder"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of folders */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_FolderResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_folder: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateFolderRequest"];
            };
        };
        responses: {
            /** @description The new folder */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict_or_cap_reached"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_folder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                folder_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The folder */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_folder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                folder_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted, with everything below it and the permissions on it */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_folder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                folder_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateFolderRequest"];
            };
        };
        responses: {
            /** @description The folder */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_tenant_users: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                tenant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of users */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_TenantUserResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_tenant_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTenantUserRequest"];
            };
        };
        responses: {
            /** @description The new user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantUserResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_tenant_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_tenant_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantUserEditRequest"];
            };
        };
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantUserResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    deactivate_tenant_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "01920000-0000-7000-8000-000000000203",
                     *       "email": "user@demo.example",
                     *       "first_name": "Uma",
                     *       "last_name": "User",
                     *       "role": "USER",
                     *       "deactivated_on": "2026-01-31T12:00:00.000Z",
                     *       "is_tenant_idp_managed": false,
                     *       "created_at": "2026-01-31T12:00:00.000Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["TenantUserResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    activate_tenant_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "01920000-0000-7000-8000-000000000203",
                     *       "email": "user@demo.example",
                     *       "first_name": "Uma",
                     *       "last_name": "User",
                     *       "role": "USER",
                     *       "deactivated_on": null,
                     *       "is_tenant_idp_managed": false,
                     *       "created_at": "2026-01-31T12:00:00.000Z",
                     *       "updated_at": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["TenantUserResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_tenant_use: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caps of the tenant */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantUse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_user_permissions: {
        parameters: {
            query: {
                tenant_id: string;
                user_id: string;
                limit?: number;
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of permissions */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_PermissionResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_user_permission: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePermissionRequest"];
            };
        };
        responses: {
            /** @description The new permission */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PermissionResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_user_permission: {
        parameters: {
            query: {
                tenant_id: string;
            };
            header?: never;
            path: {
                permission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked: it is not valid from the next request on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    update_user_permission: {
        parameters: {
            query: {
                tenant_id: string;
            };
            header?: never;
            path: {
                permission_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePermissionRequest"];
            };
        };
        responses: {
            /** @description The permission */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PermissionResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_api_keys: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description The user whose keys are listed; by default, you. Only an OWNER or ADMIN may name another user. */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys, without their secrets */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyResponse"][];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    /** @description The URL of the key. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateApiKeyResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_own_api_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys, without their secrets */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnApiKeys"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_user_api_keys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys, without their secrets */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnApiKeys"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_user_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    /** @description The URL of the key. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateApiKeyResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    get_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked: requests with it are now answered 401 */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_sign_in_sessions: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description The user whose sessions are listed; by default, you. Only an OWNER or ADMIN may name another user. */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sessions */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInSessions"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    end_sign_in_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended: requests with it are now answered 401 */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    end_sign_in_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndSignInSessionsRequest"];
            };
        };
        responses: {
            /** @description Ended: requests with them are now answered 401 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndedSignInSessions"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_command_line_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandLineKeyRequest"];
            };
        };
        responses: {
            /** @description The new key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateApiKeyResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["code_unauthenticated"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    list_invites: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Only invites for this email. */
                email?: string | null;
                /** @description Send `null` or an empty value for all. */
                status?: components["schemas"]["InviteStatus"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of invites, without their secrets */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedResponse_InviteResponse_"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    create_invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteUserRequest"];
            };
        };
        responses: {
            /** @description The new invite */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteResponse"] | null;
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            415: components["responses"]["unsupported_media_type"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    delete_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its link no longer works */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    accept_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You are now a user of the tenant */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptInviteResponse"];
                };
            };
            400: components["responses"]["incomplete_body"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["payload_too_large"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    list_audit_events: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                limit?: number;
                /** @description Only what this user did. */
                actor_id?: string;
                /** @description Only events on this object, or about it. */
                object_id?: string;
                action?: "workflow_definition.created" | "workflow_definition.replaced" | "workflow_definition.policy_replaced" | "workflow_definition.paused" | "workflow_definition.resumed" | "workflow_definition.shared" | "workflow_definition.failure_seen" | "workflow_definition.deleted" | "trigger.created" | "trigger.replaced" | "trigger.paused" | "trigger.resumed" | "trigger.fired" | "trigger.backfilled" | "trigger.secret_rotated" | "trigger.deleted" | "workflow_run.stopped" | "workflow_run.retried" | "workflow_run.answered" | "workflow_run.deleted" | "path_part.created" | "path_part.changed" | "path_part.deleted" | "user.created" | "user.role_changed" | "user.deactivated" | "user.activated" | "user.deleted" | "user.login_tied" | "user.login_untied" | "user.signed_out" | "user.permission_given" | "user.permission_changed" | "user.permission_revoked" | "api_key.created" | "api_key.revoked" | "agent_grant.created" | "agent_grant.ended" | "invite.created" | "invite.accepted" | "invite.withdrawn" | "notification_endpoint.created" | "notification_endpoint.changed" | "notification_endpoint.secret_rotated" | "notification_endpoint.tested" | "notification_endpoint.notification_resent" | "notification_endpoint.deleted";
                /** @description Only events from this instant on. */
                since?: string;
                /** @description Only events before this instant. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of the audit log */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEventPage"];
                    "application/jsonl": string;
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    read_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics */
            200: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["Metrics"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    /** @description Identifies this version of the answer. Send it as `If-None-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            414: components["responses"]["uri_too_long"];
            421: components["responses"]["misdirected"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_session_keys_unavailable"];
        };
    };
    health_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service and its database answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthCheckResponse"];
                };
            };
            414: components["responses"]["uri_too_long"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable"];
        };
    };
    liveness_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Worker answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LivenessResponse"];
                };
            };
            414: components["responses"]["uri_too_long"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
        };
    };
    readiness_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadinessResponse"];
                };
            };
            414: components["responses"]["uri_too_long"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable_or_not_ready"];
        };
    };
    get_service: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceResponse"];
                };
            };
            /** @description To the dashboard */
            302: {
                headers: {
                    /** @description The path of the dashboard. */
                    Location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            414: components["responses"]["uri_too_long"];
            429: components["responses"]["too_many_requests"];
            431: components["responses"]["headers_too_large"];
        };
    };
    on_workflow_run_dispatched: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.dispatched";
                    /**
                     * Format: date-time
                     * @description When it is sent this time.
                     */
                    timestamp: string;
                    data: {
                        /** Format: uuid */
                        run_id: string;
                        attempt: number;
                        /** Format: date-time */
                        deadline_at: string;
                        run_snapshot: components["schemas"]["WorkflowRunSnapshot"];
                        input: {
                            [key: string]: unknown;
                        } | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        resume?: components["schemas"]["WorkflowRunResume"];
                        /**
                         * Format: date-time
                         * @description The instant of the schedule that has triggered the run. Absent when none has.
                         */
                        scheduled_at?: string;
                        /**
                         * Format: date-time
                         * @description The instant before it for which a run was triggered; null for the first one.
                         */
                        previous_scheduled_at?: string | null;
                        /** Format: uri */
                        callback_url: string;
                        callback_token: string;
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Taken */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The message is retried, or counts as refused: see the runner protocol */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_stopping: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.stopping";
                    /**
                     * Format: date-time
                     * @description When it is sent this time.
                     */
                    timestamp: string;
                    data: {
                        /** Format: uuid */
                        run_id: string;
                        attempt: number;
                        reason: string | null;
                        /** Format: date-time */
                        ends_at: string;
                    };
                };
            };
        };
        responses: {
            /** @description Taken */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The message is retried, or counts as refused: see the runner protocol */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_stopped: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.stopped";
                    /**
                     * Format: date-time
                     * @description When it is sent this time.
                     */
                    timestamp: string;
                    data: {
                        /** Format: uuid */
                        run_id: string;
                        attempt: number;
                        reason: string | null;
                    };
                };
            };
        };
        responses: {
            /** @description Taken */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The message is retried, or counts as refused: see the runner protocol */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_runner_test: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "runner.test";
                    /**
                     * Format: date-time
                     * @description When it is sent this time.
                     */
                    timestamp: string;
                    data: {
                        /** Format: uuid */
                        workflow_definition_id: string;
                    };
                };
            };
        };
        responses: {
            /** @description Taken */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The message is retried, or counts as refused: see the runner protocol */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_started: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.started";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        /** @description The id of the event, the same as in the feed and in `webhook-id`. */
                        event_id: string;
                        /** Format: uuid */
                        run_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        attempt: number;
                        /** @enum {string} */
                        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
                        failure_code: ("REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED") | null;
                        /** @description Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters. */
                        error: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        started_at: string | null;
                        /** Format: date-time */
                        completed_at: string | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                        /**
                         * @description Which turn the end is. Present only for an endpoint that asks for turns: `on`.
                         * @enum {string}
                         */
                        turn?: "first_failure" | "works_again";
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_suspended: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.suspended";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        /** @description The id of the event, the same as in the feed and in `webhook-id`. */
                        event_id: string;
                        /** Format: uuid */
                        run_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        attempt: number;
                        /** @enum {string} */
                        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
                        failure_code: ("REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED") | null;
                        /** @description Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters. */
                        error: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        started_at: string | null;
                        /** Format: date-time */
                        completed_at: string | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                        /**
                         * @description Which turn the end is. Present only for an endpoint that asks for turns: `on`.
                         * @enum {string}
                         */
                        turn?: "first_failure" | "works_again";
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                        suspension: {
                            /** @description Of what it waits for. */
                            keys: string[];
                            /**
                             * Format: date-time
                             * @description When the time is over in which this must come.
                             */
                            ends_at: string;
                            /** @description The first of its open questions, of at most 500 characters. Null when it has none. */
                            prompt: string | null;
                        };
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_completed: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.completed";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        /** @description The id of the event, the same as in the feed and in `webhook-id`. */
                        event_id: string;
                        /** Format: uuid */
                        run_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        attempt: number;
                        /** @enum {string} */
                        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
                        failure_code: ("REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED") | null;
                        /** @description Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters. */
                        error: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        started_at: string | null;
                        /** Format: date-time */
                        completed_at: string | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                        /**
                         * @description Which turn the end is. Present only for an endpoint that asks for turns: `on`.
                         * @enum {string}
                         */
                        turn?: "first_failure" | "works_again";
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_failed: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.failed";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        /** @description The id of the event, the same as in the feed and in `webhook-id`. */
                        event_id: string;
                        /** Format: uuid */
                        run_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        attempt: number;
                        /** @enum {string} */
                        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
                        failure_code: ("REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED") | null;
                        /** @description Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters. */
                        error: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        started_at: string | null;
                        /** Format: date-time */
                        completed_at: string | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                        /**
                         * @description Which turn the end is. Present only for an endpoint that asks for turns: `on`.
                         * @enum {string}
                         */
                        turn?: "first_failure" | "works_again";
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_run_late_result: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_run.late_result";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        /** @description The id of the event, the same as in the feed and in `webhook-id`. */
                        event_id: string;
                        /** Format: uuid */
                        run_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        attempt: number;
                        /** @enum {string} */
                        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
                        failure_code: ("REPORTED" | "DEADLINE" | "STOPPED" | "REJECTED" | "UNREACHED" | "LOST" | "SUPERSEDED" | "EXPIRED" | "WAIT_EXPIRED") | null;
                        /** @description Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters. */
                        error: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        started_at: string | null;
                        /** Format: date-time */
                        completed_at: string | null;
                        /**
                         * @description The labels of the invoke, by their keys; `{}` when it gave none.
                         * @example {
                         *       "customer": "4711"
                         *     }
                         */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description The same as the header of this name: there only if the invoke had one. */
                        traceparent?: string;
                        /**
                         * @description Which turn the end is. Present only for an endpoint that asks for turns: `on`.
                         * @enum {string}
                         */
                        turn?: "first_failure" | "works_again";
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                        /** @enum {string} */
                        reported_status: "COMPLETED" | "FAILED";
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_run_batch_ended: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "run_batch.ended";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        batch_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        run_count: number;
                        completed: number;
                        failed: number;
                        deleted: number;
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        ended_at: string;
                        /**
                         * Format: uri
                         * @description Where a program can read the batch.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the batch, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_workflow_definition_paused: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "workflow_definition.paused";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        /** @description The name of the workflow when the run was triggered. */
                        workflow_name: string;
                        /** Format: uuid */
                        run_id: string;
                        attempt: number;
                        /**
                         * Format: uri
                         * @description Where a program can read the run.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of the run, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_trigger_skipped: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "trigger.skipped";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        trigger_id: string;
                        trigger_name: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        workflow_name: string;
                        /** Format: uuid */
                        firing_id: string;
                        /** @enum {string} */
                        cause: "schedule" | "hand" | "backfill" | "webhook" | "run";
                        /**
                         * Format: date-time
                         * @description Absent from a firing by hand or by a message.
                         */
                        scheduled_at?: string;
                        /** @description The id of the message, if it was one that has an id. */
                        delivery_id?: string;
                        /**
                         * Format: uuid
                         * @description After another run: that run, if it still exists.
                         */
                        of_run_id?: string;
                        /** @description After another run: its attempt that has ended. */
                        of_attempt?: number;
                        /** Format: uuid */
                        run_id: string;
                        /**
                         * Format: uri
                         * @description Where a program can read the run that was in the way.
                         */
                        url: string;
                        /**
                         * Format: uri
                         * @description The page of that run, for people.
                         */
                        dashboard_url: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_trigger_missed: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "trigger.missed";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        trigger_id: string;
                        trigger_name: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        workflow_name: string;
                        /** Format: uuid */
                        firing_id: string;
                        /** @enum {string} */
                        cause: "schedule" | "hand" | "backfill" | "webhook" | "run";
                        /**
                         * Format: date-time
                         * @description Absent from a firing by hand or by a message.
                         */
                        scheduled_at?: string;
                        /** @description The id of the message, if it was one that has an id. */
                        delivery_id?: string;
                        /**
                         * Format: uuid
                         * @description After another run: that run, if it still exists.
                         */
                        of_run_id?: string;
                        /** @description After another run: its attempt that has ended. */
                        of_attempt?: number;
                        /** Format: date-time */
                        scheduled_until: string;
                        count: number;
                        /** @enum {string} */
                        reason: "paused" | "late";
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_trigger_refused: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "trigger.refused";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        trigger_id: string;
                        trigger_name: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        workflow_name: string;
                        /** Format: uuid */
                        firing_id: string;
                        /** @enum {string} */
                        cause: "schedule" | "hand" | "backfill" | "webhook" | "run";
                        /**
                         * Format: date-time
                         * @description Absent from a firing by hand or by a message.
                         */
                        scheduled_at?: string;
                        /** @description The id of the message, if it was one that has an id. */
                        delivery_id?: string;
                        /**
                         * Format: uuid
                         * @description After another run: that run, if it still exists.
                         */
                        of_run_id?: string;
                        /** @description After another run: its attempt that has ended. */
                        of_attempt?: number;
                        reason: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_trigger_paused: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "trigger.paused";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        trigger_id: string;
                        trigger_name: string;
                        /** Format: uuid */
                        workflow_definition_id: string;
                        workflow_name: string;
                        /** @enum {string} */
                        reason: "user_deactivated" | "rights" | "of_rights" | "of_deleted";
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_notification_endpoint_disabled: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "notification_endpoint.disabled";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        endpoint_id: string;
                        server: string;
                        reason: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_notification_endpoint_test: {
        parameters: {
            query?: never;
            header: {
                /** @description Identifies the message. It stays the same when the message is sent again. */
                "webhook-id": string;
                /** @description When the message is sent this time, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "notification_endpoint.test";
                    /**
                     * Format: date-time
                     * @description When it happened.
                     */
                    timestamp: string;
                    data: {
                        event_id: string;
                        /** Format: uuid */
                        endpoint_id: string;
                    };
                };
            };
        };
        responses: {
            /** @description The endpoint is gone: it is disabled at once */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Delivered */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The notification is retried: eight tries over 28 hours */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
