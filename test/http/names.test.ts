import { describe, expect, it } from "vitest";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();
const tenant = await createTenant(service.database);

const bodyOfWorkflow = () => ({
  name: "Report",
  runner_type: "SELF_HOSTED",
  source_path_part_ids: [tenant.sourcesId],
  instruction_path_part_ids: [tenant.instructionsId],
  output_path_part_ids: [tenant.outputsId],
});

const bodyOfTrigger = { name: "Daily", kind: "schedule", schedule: { cron: "0 6 * * *", time_zone: "Europe/Berlin" } };
const bodyOfEndpoint = { url: "https://hooks.example.com/runs", event_types: ["workflow_run.failed"] };

/** What has a name or a description: how it is created, and the field. */
const PLACES: [string, string, () => { path: string; body: object }][] = [
  ["a workflow", "name", () => ({ path: "/v1/workflow-definitions", body: bodyOfWorkflow() })],
  ["a workflow", "description", () => ({ path: "/v1/workflow-definitions", body: bodyOfWorkflow() })],
  [
    "a trigger",
    "name",
    () => ({ path: `/v1/workflow-definitions/${tenant.definitionId}/triggers`, body: bodyOfTrigger }),
  ],
  ["an endpoint", "description", () => ({ path: "/v1/notification-endpoints", body: bodyOfEndpoint })],
  [
    "a path part",
    "name",
    () => ({
      path: "/v1/path-parts",
      body: { part_type: "FOLDER", name: "reports", parent_path_id: tenant.sourcesId },
    }),
  ],
  ["an API key", "name", () => ({ path: "/v1/api-keys", body: { name: "CI" } })],
  ["a runner key", "name", () => ({ path: "/v1/runner-keys", body: { name: "CI" } })],
  [
    "a user",
    "first_name",
    () => ({ path: `/v1/tenants/${tenant.id}/users`, body: { email: "ida@names.example", role: "USER" } }),
  ],
];

describe("names and descriptions", () => {
  it.each(PLACES)(
    "have no characters that a terminal or a page would obey: of %s, the %s",
    async (_, field, request) => {
      const { path, body } = request();
      for (const text of [
        "a\u001b[2Jb",
        "a\u009bb",
        "\u202efdp.exe",
        "a\u2028b",
        ...(field === "name" ? ["a\nb"] : []),
      ]) {
        const response = await service.send("POST", path, tenant.owner.key, { ...body, [field]: text });
        const { detail } = await response.json<{ detail: unknown }>();
        expect([text, response.status, detail]).toEqual([
          text,
          422,
          [
            expect.objectContaining({
              loc: ["body", field],
              msg: expect.stringContaining("control characters"),
              input: text,
            }),
          ],
        ]);
      }
    },
  );

  it("may have letters of every script, and a description tabs and line breaks", async () => {
    const body = { ...bodyOfWorkflow(), name: "Report 報告 \u05d0\u05d1\u200f👩‍💻", description: "one\r\n\ttwo" };
    const created = await service.send("POST", "/v1/workflow-definitions", tenant.owner.key, body);
    expect([created.status, await created.json()]).toEqual([
      201,
      expect.objectContaining({ name: body.name, description: body.description }),
    ]);
  });

  it("stay readable when they were stored before", async () => {
    const [name, description] = ["a\u001b[2Jb\u202e", "one\u009b"];
    await service.database.sql`
      update workflow_definitions set name = ${name}, description = ${description} where id = ${tenant.definitionId}`;
    const read = await service.get(`/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect([read.status, await read.json()]).toEqual([200, expect.objectContaining({ name, description })]);
  });
});
