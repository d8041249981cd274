import { createMiddleware } from "hono/factory";
import { Unauthenticated } from "../../db/access.ts";
import type { AppEnv } from "../env.ts";
import { answerProblem } from "../errors.ts";
import { Problem } from "../problems.ts";
import { bearerToken } from "./authenticate.ts";
import { provideServices } from "./provide-services.ts";

/** 32 random bytes in base64url. */
const CODE = /^[\w-]{43}$/;

/** Reads the code of a command line that signs in. The statement that uses the code decides whether it is valid, and for whom. */
export const authenticateCode = createMiddleware<AppEnv>(async (c, next) => {
  const code = bearerToken(c);
  if (code === undefined || !CODE.test(code)) throw new Problem("code_unauthenticated");
  c.set("code", code);
  provideServices(c, {});
  await next();
  if (c.error instanceof Unauthenticated) c.res = answerProblem(c, "code_unauthenticated");
});
