/**
 * Postgres 15 is the oldest version that Neon offers and that we support. Tests the migrations and functions, every operation,
 * and lives of runs on it.
 */
import { describe, expect, it, vi } from "vitest";
import { checkModel } from "../model/check.ts";
import { runnerCredential, SESSION_SETTINGS } from "../support/callers.ts";
import { seeds } from "../support/harness.ts";
import { callOf, OPERATIONS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";

vi.spyOn(console, "info").mockReturnValue();
const service = await startService({ ownServer: "oldest", settings: SESSION_SETTINGS });
await service.sweep();
const stage = await createStage(service, "oldest");

describe("on the oldest Postgres", () => {
  it("is version 15", async () => {
    const [row] = await service.database.sql`select current_setting('server_version_num')::int / 10000 as major`;
    expect(row).toEqual({ major: 15 });
  });

  it.each(Object.entries(OPERATIONS))("%s is answered as on the newest", async (id, { answers }) => {
    const call = await callOf(id, stage);
    const token = (await runnerCredential(stage.tenant, call)) ?? stage.tenant.owner.key;
    const [, , , , owner] = typeof answers === "string" ? [0, 0, 0, 0, answers === "sender" ? 202 : 200] : answers;
    expect((await service.fetch(call.path, requestOf(call, token))).status).toBe(owner);
  });

  it.each(seeds(1))("runs live as the model of their rules says (seed %i)", async (seed) => {
    expect(await checkModel(service, { seed, sequences: 4, steps: 50 })).toBe(4);
  });
});
