import { z } from "@hono/zod-openapi";
import { FIRING_CAUSES } from "../db/enums.ts";
import { instant, uuid } from "../http/schemas.ts";
import { describeWebhook } from "./describe-webhook.ts";

const RUN_ID = "01920000-0000-7000-8000-000000000403";
const DEFINITION_ID = "01920000-0000-7000-8000-000000000301";
const TRIGGER_ID = "01920000-0000-7000-8000-000000000a01";

const ofTrigger = {
  event_id: z.string(),
  trigger_id: uuid(),
  trigger_name: z.string(),
  workflow_definition_id: uuid(),
  workflow_name: z.string(),
};

const exampleOfTrigger = {
  event_id: "4714",
  trigger_id: TRIGGER_ID,
  trigger_name: "Every morning",
  workflow_definition_id: DEFINITION_ID,
  workflow_name: "Quarterly report",
};

const ofFiring = {
  ...ofTrigger,
  firing_id: uuid(),
  cause: z.enum(FIRING_CAUSES),
  scheduled_at: instant().optional().openapi({ description: "Absent from a firing by hand or by a message." }),
  delivery_id: z.string().optional().openapi({ description: "The id of the message, if it was one that has an id." }),
  of_run_id: uuid().optional().openapi({ description: "After another run: that run, if it still exists." }),
  of_attempt: z.int().min(1).optional().openapi({ description: "After another run: its attempt that has ended." }),
};

const exampleOfFiring = {
  ...exampleOfTrigger,
  firing_id: "01920000-0000-7000-8000-000000000b01",
  cause: "schedule" as const,
  scheduled_at: "2026-01-31T06:00:00.000Z",
};

/** The notifications about triggers. */
export const TRIGGER_NOTIFICATIONS = [
  describeWebhook(
    "endpoint",
    "trigger.skipped",
    "A trigger did not fire, since a run was in the way",
    z.strictObject({
      ...ofFiring,
      run_id: uuid(),
      url: z.url().openapi({ description: "Where a program can read the run that was in the way." }),
      dashboard_url: z.url().openapi({ description: "The page of that run, for people." }),
    }),
    {
      ...exampleOfFiring,
      run_id: RUN_ID,
      url: `https://service.example.com/v1/workflow-runs/${RUN_ID}`,
      dashboard_url: `https://service.example.com/app/runs/${RUN_ID}`,
    },
  ),
  describeWebhook(
    "endpoint",
    "trigger.missed",
    "A trigger has missed instants of its schedule, or messages: it was paused, or the service was not there",
    z.strictObject({ ...ofFiring, scheduled_until: instant(), count: z.int(), reason: z.enum(["paused", "late"]) }),
    { ...exampleOfFiring, scheduled_until: "2026-01-31T07:00:00.000Z", count: 2, reason: "late" },
  ),
  describeWebhook(
    "endpoint",
    "trigger.refused",
    "A trigger did not fire, since an invoke by its user would be refused",
    z.strictObject({ ...ofFiring, reason: z.string() }),
    { ...exampleOfFiring, reason: "paused" },
  ),
  describeWebhook(
    "endpoint",
    "trigger.paused",
    "A trigger has paused itself, since its user has lost the rights, or since the workflow after which it fires was deleted",
    z.strictObject({ ...ofTrigger, reason: z.enum(["user_deactivated", "rights", "of_rights", "of_deleted"]) }),
    { ...exampleOfTrigger, reason: "rights" },
  ),
];
