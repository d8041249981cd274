import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Unauthenticated } from "../../db/access.ts";
import { noteTenant } from "../../db/meter.ts";
import { requireCell } from "../credentials/cell.ts";
import type { AppEnv } from "../env.ts";
import { answerProblem } from "../errors.ts";
import { Problem } from "../problems.ts";
import { bearerToken } from "./authenticate.ts";
import { limitCaller } from "./limit-rate.ts";
import { noteUse } from "./note-use.ts";
import { provideServices } from "./provide-services.ts";

// The modules that verify tokens are loaded with the first token, since most requests are those of callers.

/** The token of the request, which no other cell has made; undefined when there is none. */
async function tokenOf(c: Context<AppEnv>): Promise<string | undefined> {
  const { cellOfToken } = await import("../credentials/jwt-keys.ts");
  const token = bearerToken(c);
  if (token !== undefined) requireCell(c.env.config, cellOfToken(token));
  return token;
}

/** Verifies the run token of the request. The statement that uses it decides whether the attempt may still report a result. */
export const authenticateRunner = createMiddleware<AppEnv>(async (c, next) => {
  const { verifyRunToken } = await import("../credentials/run-token.ts");
  const token = await tokenOf(c);
  const runToken = token === undefined ? null : await verifyRunToken(c.env.config.runTokenKeys, token);
  if (runToken === null) throw new Problem("callback_unauthenticated");
  noteTenant(runToken.tenantId);
  c.set("runToken", runToken);
  await limitCaller(c, `run ${runToken.runId}`);
  provideServices(c, { run: runToken });
  await next();
});

/** Verifies the token of a runner's session. The statement that uses it decides whether the session is still valid. */
export const authenticateRunnerSession = createMiddleware<AppEnv>(async (c, next) => {
  const { verifyRunnerToken } = await import("../credentials/runner-token.ts");
  const token = await tokenOf(c);
  const runner = token === undefined ? null : await verifyRunnerToken(c.env.config.runTokenKeys, token);
  if (runner === null) throw new Problem("session_unauthenticated");
  noteTenant(runner.tenantId);
  c.set("runner", runner);
  await limitCaller(c, `runner session ${runner.sessionId}`);
  provideServices(c, { session: runner });
  await next();
  noteUse(c, { kind: "runnerSessionIds", id: runner.sessionId });
  if (c.error instanceof Unauthenticated) c.res = answerProblem(c, "session_unauthenticated");
});

/** After `authenticate`: refuses a session token, so that only an API key is accepted. */
export const requireKey = createMiddleware<AppEnv>(async (c, next) => {
  if ("session" in c.var.credential)
    throw new Problem("unauthenticated", "Send an API key: a runner key, or that of an OWNER or ADMIN.");
  await next();
});
