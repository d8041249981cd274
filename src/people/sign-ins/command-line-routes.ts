import { z } from "@hono/zod-openapi";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import { createRouter } from "../../http/router.ts";
import { codeCall } from "../../http/routes.ts";
import { json, jsonBody } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { CreateApiKeyResponseSchema, toApiKey } from "../api-keys-routes.ts";
import { challengeOf, createApiKeyByCode, hashCode } from "./command-line-verbs.ts";

const CommandLineKeyRequestSchema = z
  .strictObject({
    code_verifier: z
      .string()
      .regex(/^[\w.~-]{43,128}$/)
      .openapi({ description: "The PKCE verifier (RFC 7636) of the challenge with which the sign-in began." }),
  })
  .openapi("CommandLineKeyRequest", { example: { code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" } });

export const commandLineKeys = createRouter();

const createKey = codeCall({
  method: "post",
  path: "/v1/command-line-keys",
  operationId: "create_command_line_key",
  tags: ["API keys"],
  summary: "Create a key for a command line",
  description:
    "A person has agreed to it. " +
    "`workflow-runs login` calls it. It listens at a loopback address, and opens `/app/command-line` in a browser, with " +
    "`redirect_uri` (that address: `http://127.0.0.1:<port>/`), `state`, `code_challenge` (PKCE, S256) and `machine` (a name). When the " +
    "person who is signed in there agrees, the browser calls the address with `code` and `state`. The code works once, and for a " +
    "minute. The key has all permissions of the person.",
  request: { body: jsonBody(CommandLineKeyRequestSchema) },
  problems: ["conflict"],
  responses: { 200: json("The new key", CreateApiKeyResponseSchema) },
});

commandLineKeys.openapi(createKey, async (c) => {
  const { key, hash, suffix } = await generateApiKey(c.env.config.cell);
  const request = {
    codeHash: await hashCode(c.var.code),
    codeChallenge: await challengeOf(c.req.valid("json").code_verifier),
    hash,
    suffix,
  };
  const { api_key: created } = (await perform(c.var.services, createApiKeyByCode, request)).result;
  return c.json({ ...toApiKey(created), key }, 200, { "Cache-Control": "no-store" });
});
