import { expect } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { inSeconds } from "../support/lifecycle.ts";
import { startRunner } from "../support/runners.ts";
import type { Service } from "../support/service.ts";
import { createTenant, runToken, type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";
import { look } from "./look.ts";
import type { Mood } from "./model.ts";
import {
  type Answer,
  createModel,
  LEASE_SECONDS,
  LEASING,
  LIMITED,
  type Model,
  type ModelBatch,
  type ModelDefinition,
  type ModelPlace,
  type ModelRun,
  type ModelRunner,
  RUN_SECONDS,
  STOP_SECONDS,
  SUSPENSION_SECONDS,
} from "./model.ts";
import { DEFINITIONS, type Fate, type Step } from "./steps.ts";

/** A tenant of the service, and what the model has of it. */
export type World = {
  service: Service;
  tenant: TestTenant;
  /** One that leases, and has room for every run. */
  runner: Awaited<ReturnType<typeof startRunner>>;
  model: Model;
  definitionIds: Map<ModelDefinition, string>;
  runIds: Map<ModelRun, string>;
  batchIds: Map<ModelBatch, string>;
};

/**
 * Does what the steps say to the service and to the model, and compares them after each: what the service answers,
 * what it has written, and what it says when it is asked. Throws at the first difference.
 *
 * With `sweepsAlways` a sweep follows each step: for a service whose alarms sweep by themselves, nobody knows when.
 */
export async function live(service: Service, steps: readonly Step[], sweepsAlways: boolean): Promise<void> {
  const world = await createWorld(service);
  try {
    for (const [index, step] of steps.entries()) {
      if (step.kind === "nothing") continue;
      const isFamilyDue = world.model.isFamilyDue();
      // What a Worker that died has left due to a family is done by the next one beside its dispatches, in either order. So it dies, too.
      await take(world, isFamilyDue && "fate" in step ? { ...step, fate: "dies" } : step);
      if (sweepsAlways || isFamilyDue) await take(world, { kind: "sweep" });
      await look(world, index);
    }
    const { sql } = service.database;
    const limited = LIMITED.flatMap((index) => idOf(world, index) ?? []);
    expect(await brokenInvariants(sql.query, { tenantId: world.tenant.id, limited })).toEqual([]);
  } finally {
    await service.database.mend();
    // Else the sweeps of those who come after would look after its runs, too.
    await service.database.sql`delete from workflow_runs where tenant_id = ${world.tenant.id}`;
    await service.database.sql`delete from workflow_definitions where tenant_id = ${world.tenant.id}`;
  }
}

async function createWorld(service: Service): Promise<World> {
  const tenant = await createTenant(service.database);
  const model = createModel(DEFINITIONS);
  const definitionIds = new Map<ModelDefinition, string>();
  for (const definition of model.definitions) {
    const body = describe(tenant, definition.runner);
    const response = await service.send("POST", "/v1/workflow-definitions", tenant.owner.key, body);
    if (response.status !== 201) throw new Error(await response.text());
    const { id } = await response.json<{ id: string }>();
    definitionIds.set(definition, id);
    await service.database.sql`
      update workflow_definitions set retry_on = ${RETRY_ON}, max_attempts = ${definition.maxAttempts},
        lease_seconds = ${LEASE_SECONDS}, handover = ${definition.runner === "leases" ? "lease" : "webhook"}
      where id = ${id}`;
    // It fires after each end, and is refused, since its workflow has no runner. So each end must have one firing: see the invariants.
    await service.database.sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, created_at, updated_at)
      select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'After', 'run',
        jsonb_build_object('of', ${id}::text, 'on', 'ended', 'input_from', 'run'), long_ago, long_ago, long_ago
      from (select statement_timestamp() - interval '10 years' as long_ago) past`;
  }
  const childId = [...definitionIds.values()][LEASING];
  await service.database.sql`
    update workflow_definitions set may_trigger = array[${childId}]::uuid[] where tenant_id = ${tenant.id}`;
  const runner = await startRunner(service, tenant, { capacity: 100 });
  return { service, tenant, runner, model, definitionIds, runIds: new Map(), batchIds: new Map() };
}

const RETRY_ON = ["LOST", "UNREACHED", "DEADLINE"];

const idOf = ({ model, definitionIds }: World, index: number) => {
  const definition = model.definitions[index];
  return definition && definitionIds.get(definition);
};

const PATHS = { startNow: "start-now", stop: "stop", retry: "retry" };

type LeaseStep = Extract<Step, { kind: "lease" }>;

const STATUS_OF: Record<Mood, number> = { takes: 202, busy: 503, refuses: 400, gone: 410 };

const describe = (tenant: TestTenant, runner: ModelRunner) => ({
  name: "Modelled",
  runner_type: "SELF_HOSTED",
  ...(runner !== null &&
    runner !== "leases" && {
      runner_config: { url: answeringRunner(STATUS_OF[runner]), webhook_secret: WEBHOOK_SECRET },
    }),
  max_run_duration_seconds: RUN_SECONDS,
  source_path_part_ids: [tenant.sourcesId],
  instruction_path_part_ids: [tenant.instructionsId],
  output_path_part_ids: [tenant.outputsId],
});

async function take(world: World, step: Step): Promise<void> {
  const { model, service } = world;
  switch (step.kind) {
    case "invoke":
    case "invokeBatch":
    case "fire":
    case "replace":
    case "limit":
    case "signal":
      return changeDefinition(world, step);
    case "lease":
      return lease(world, step);
    case "callBack":
    case "heartbeat":
    case "release":
    case "suspend":
    case "triggerChildren":
    case "answer":
    case "stop":
    case "stopWithGrace":
    case "startNow":
    case "prioritize":
    case "retry":
    case "delete":
      return changeRun(world, step);
    case "sweep":
      // A dispatch that fails for good may end a parent.
      do {
        await service.sweep();
        model.sweep();
      } while (model.isFamilyDue());
      return;
    case "advance":
      await advance(world, step.seconds);
      return model.advance(step.seconds);
  }
}

const bodyOf = ({ concurrencyKey, priority }: ModelPlace) => ({
  ...(concurrencyKey !== "" && { concurrency_key: concurrencyKey }),
  ...(priority > 0 && { priority }),
});

async function changeDefinition(world: World, step: Extract<Step, { definition: number }>): Promise<void> {
  const { model, tenant, definitionIds } = world;
  const definition = model.definitions[step.definition % model.definitions.length];
  if (!definition) return;
  const path = `/v1/workflow-definitions/${definitionIds.get(definition)}`;
  const { key } = tenant.owner;
  if (step.kind === "replace") {
    const { isActive } = step;
    const keepsRunner = LIMITED.includes(step.definition);
    const runner = keepsRunner ? definition.runner : step.runner;
    const body = { ...describe(tenant, runner), is_active: isActive };
    await send(world, step.fate, { method: "PUT", path, token: key, body }, (isDispatched) =>
      model.replace(definition, { isActive, runner }, isDispatched),
    );
  } else if (step.kind === "limit") {
    const { maxRunning, maxPerKey, whenBusy, hasGrace, maxQueued } = step.limits;
    const body = {
      handover: definition.runner === "leases" ? "lease" : "webhook",
      lease_seconds: LEASE_SECONDS,
      max_attempts: definition.maxAttempts,
      retry_on: RETRY_ON,
      max_running: maxRunning,
      max_running_per_key: maxPerKey,
      when_busy: whenBusy,
      replace_grace_seconds: hasGrace ? STOP_SECONDS : 0,
      max_queued: maxQueued,
      may_trigger: [idOf(world, LEASING)],
    };
    await send(world, step.fate, { method: "PUT", path: `${path}/policy`, token: key, body }, (isDispatched) =>
      model.replace(definition, step.limits, isDispatched),
    );
  } else if (step.kind === "invokeBatch") {
    // What the first one has is that of each run that has none of its own.
    const { places } = step;
    const usual = places[0]?.priority ?? 0;
    const body = {
      priority: usual,
      runs: places.map((place) => ({
        ...bodyOf({ ...place, priority: 0 }),
        ...(place.priority !== usual && { priority: place.priority }),
      })),
    };
    await send(world, step.fate, { method: "POST", path: `${path}/invoke-batch`, token: key, body }, (isDispatched) =>
      model.invokeBatch(definition, places, isDispatched),
    );
  } else if (step.kind === "signal") {
    const body = { name: "go", correlation: "any", id: step.id };
    await send(world, step.fate, { method: "POST", path: `${path}/signals`, token: key, body }, (isDispatched) =>
      model.signal(definition, step.id, isDispatched),
    );
  } else if (step.kind === "fire") {
    const { whenBusy, place } = step;
    const id = crypto.randomUUID();
    await world.service.database.sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, when_busy, concurrency_key,
        priority)
      values (${id}, ${tenant.id}, ${definitionIds.get(definition)}, ${tenant.owner.id}, 'Modelled', 'schedule', '{}', now(),
        ${whenBusy}, ${place.concurrencyKey || null}, ${place.priority})`;
    await send(world, step.fate, { method: "POST", path: `/v1/triggers/${id}/fire`, token: key }, (isDispatched) =>
      model.fire(definition, whenBusy, place, isDispatched),
    );
  } else {
    const { place, instants } = step;
    const body = {
      idempotency_key: step.key,
      ...bodyOf(place),
      ...(instants.startAfter !== null && { start_after: inSeconds(instants.startAfter) }),
      ...(instants.mustStartBy !== null && { must_start_by: inSeconds(instants.mustStartBy) }),
    };
    await send(world, step.fate, { method: "POST", path: `${path}/invoke`, token: key, body }, (isDispatched) =>
      model.invoke(definition, step.key, place, instants, isDispatched),
    );
  }
}

async function changeRun(world: World, step: Extract<Step, { run: number }>): Promise<void> {
  const { model, tenant, runIds } = world;
  const newestFirst = [...model.runs].reverse();
  // Few runs are RUNNING, and few have children, so these steps would hardly ever find one.
  const isParent = (one: ModelRun) =>
    step.kind === "triggerChildren" || newestFirst.some(({ parent }) => parent === one);
  const parents = newestFirst.filter((one) => one.status === "RUNNING" && isParent(one));
  const isForChildren =
    step.kind === "triggerChildren" || (step.kind === "suspend" && ["children", "failFast"].includes(step.how));
  const able = isForChildren && parents.length > 0 ? parents : newestFirst;
  const run = able[step.run % able.length];
  const id = run && runIds.get(run);
  if (!run || id === undefined) return;
  const path = `/v1/workflow-runs/${id}`;
  const { key } = tenant.owner;
  switch (step.kind) {
    case "delete":
      return send(world, step.fate, { method: "DELETE", path, token: key }, (isDispatched) =>
        model.delete(run, isDispatched),
      );
    case "stopWithGrace": {
      const body = { grace_seconds: STOP_SECONDS };
      return send(world, step.fate, { method: "POST", path: `${path}/stop`, token: key, body }, (isDispatched) =>
        model.stopWithGrace(run, isDispatched),
      );
    }
    case "startNow":
    case "stop":
    case "retry": {
      const request = { method: "POST", path: `${path}/${PATHS[step.kind]}`, token: key };
      return send(world, step.fate, request, (isDispatched) => model[step.kind](run, isDispatched));
    }
    case "prioritize": {
      const request = { method: "PUT", path: `${path}/priority`, token: key, body: { priority: step.priority } };
      return send(world, step.fate, request, (isDispatched) => model.prioritize(run, step.priority, isDispatched));
    }
    case "triggerChildren": {
      const attempt = step.isOfOldAttempt ? run.attempt - 1 : run.attempt;
      if (attempt === 0 || (attempt === run.attempt && run.status === "PENDING")) return;
      const children = step.keys.map((key) => ({ workflow_definition_id: idOf(world, LEASING), key }));
      const token = await runToken(tenant, id, attempt);
      const request = { method: "POST", path: `${path}/children`, token, body: { children } };
      return send(world, step.fate, request, (isDispatched) =>
        model.triggerChildren(run, attempt, step.keys, isDispatched),
      );
    }
    case "heartbeat":
    case "release": {
      const attempt = step.isOfOldAttempt ? run.attempt - 1 : run.attempt;
      if (attempt === 0 || (attempt === run.attempt && run.status === "PENDING")) return;
      const request = { method: "POST", path: `${path}/${step.kind}`, token: await runToken(tenant, id, attempt) };
      return send(world, step.fate, request, (isDispatched) => model[step.kind](run, attempt, isDispatched));
    }
    case "suspend": {
      const attempt = step.isOfOldAttempt ? run.attempt - 1 : run.attempt;
      if (attempt === 0 || (attempt === run.attempt && run.status === "PENDING")) return;
      // An attempt that gets a kept signal goes on, as one whose children have ended, and may ask again.
      const key = step.how === "fail" || step.how === "continue" ? `of-${attempt}` : crypto.randomUUID();
      const question = { kind: "question", prompt: "Go on?", people_only: false };
      const wait = {
        timer: { kind: "timer", seconds: SUSPENSION_SECONDS },
        signal: { kind: "signal", name: "go", correlation: "any" },
        children: { kind: "children" },
        failFast: { kind: "children", fail_fast: true },
        ...{ fail: question, continue: question },
      }[step.how];
      // Not the same as what an older attempt has asked, which would get the same answer.
      const on_timeout = step.how === "continue" || step.how === "failFast" ? "continue" : "fail";
      const body = {
        ...{ waits: [{ key, ...wait }], on_timeout, note: crypto.randomUUID() },
        ...(step.how !== "timer" && { timeout_seconds: SUSPENSION_SECONDS }),
      };
      const request = { method: "POST", path: `${path}/suspend`, token: await runToken(tenant, id, attempt), body };
      return send(world, step.fate, request, (isDispatched) => model.suspend(run, attempt, step.how, isDispatched));
    }
    case "answer": {
      const { asked } = run;
      if (asked === null) return;
      const request = {
        ...{ method: "POST", path: `${path}/waits/of-${asked.attempt}/answer`, token: key },
        body: { value: "yes" },
      };
      return send(world, step.fate, request, (isDispatched) => model.answer(run, asked, isDispatched));
    }
    case "callBack": {
      const attempt = step.isOfOldAttempt ? run.attempt - 1 : run.attempt;
      // Nobody has a token of an attempt that has not started yet.
      if (attempt === 0 || (attempt === run.attempt && run.status === "PENDING")) return;
      const token = await runToken(tenant, id, attempt);
      const request = { method: "POST", path: `${path}/callback`, token, body: { status: step.result } };
      return send(world, step.fate, request, (isDispatched) => model.callBack(run, attempt, step.result, isDispatched));
    }
  }
}

/** The runner asks for runs, and gets those that the model says, if any. */
async function lease({ service, runner, model, runIds }: World, { most, fate }: LeaseStep): Promise<void> {
  if (fate === "dies") {
    await service.fetchAndDie("/v1/leases", {
      method: "POST",
      headers: { Authorization: `Bearer ${runner.token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ request_id: crypto.randomUUID(), max: most }),
    });
    model.lease(most, false);
    return;
  }
  const { leases } = await runner.lease({ max: most });
  expect(leases.map(({ run_id, attempt }) => [run_id, attempt])).toEqual(
    model.lease(most, true).map((run) => [runIds.get(run), run.attempt]),
  );
}

type Request = { method: string; path: string; token: string; body?: unknown };

/** Sends a change to a Worker with this fate, does the same to the model, and compares the answers, if there are. */
async function send(
  world: World,
  fate: Fate,
  { method, path, token, body }: Request,
  change: (isDispatched: boolean) => Answer,
): Promise<void> {
  const { service, runIds } = world;
  if (fate === "dies") {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { "Content-Type": "application/json" }),
    };
    await service.fetchAndDie(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    change(false);
    return;
  }
  const response = await service[fate === "forgets" ? "sendAndForget" : "send"](method, path, token, body);

  const { status, run, stand, outcome, children } = change(fate === "lives");
  expect([method, path, response.status]).toEqual([method, path, status]);
  if (outcome !== undefined) expect(await response.json()).toMatchObject({ outcome });
  if (children !== undefined) {
    const { runs } = await response.json<{ runs: { run_id: string; status: string; is_new: boolean }[] }>();
    expect(runs.map(({ run_id, status, is_new }) => [run_id, status, is_new])).toEqual(
      children.map((child, index) => [runIds.get(child.run) ?? runs[index]?.run_id, child.stand, child.isNew]),
    );
  }
  if (!run) return;
  const answered = await response.json<{ id: string; status: string }>();
  expect(answered).toMatchObject({ id: runIds.get(run) ?? answered.id, status: stand });
}

/** Time goes on, for this tenant: everything of it was longer ago. */
async function advance({ service, tenant }: World, seconds: number): Promise<void> {
  const { sql } = service.database;
  await sql.transaction([
    sql`
      update workflow_runs r
      set created_at = created_at - passed, started_at = started_at - passed, deadline_at = deadline_at - passed,
          completed_at = completed_at - passed, updated_at = updated_at - passed,
          next_dispatch_at = next_dispatch_at - passed, dispatched_at = dispatched_at - passed,
          not_before = not_before - passed, suspended_at = suspended_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update run_waits
      set asked_at = asked_at - passed, times_out_at = times_out_at - passed, due_at = due_at - passed, answered_at = answered_at - passed,
        received_at = received_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update run_suspensions set ends_at = ends_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update kept_signals set received_at = received_at - passed, taken_at = taken_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update run_batches b
      set created_at = created_at - passed, ended_at = ended_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update running_attempts
      set lease_expires_at = lease_expires_at - passed, heartbeat_at = heartbeat_at - passed,
          stop_requested_at = stop_requested_at - passed, stop_ends_at = stop_ends_at - passed,
          next_stop_dispatch_at = next_stop_dispatch_at - passed, stop_acknowledged_at = stop_acknowledged_at - passed
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
    sql`
      update workflow_run_events
      set at = at - passed, detail = detail || jsonb_strip_nulls(jsonb_build_object(
        'not_before', (detail ->> 'not_before')::timestamptz - passed, 'ends_at', (detail ->> 'ends_at')::timestamptz - passed,
        'start_after', (detail ->> 'start_after')::timestamptz - passed))
      from make_interval(secs => ${seconds}) passed
      where tenant_id = ${tenant.id}`,
  ]);
}
