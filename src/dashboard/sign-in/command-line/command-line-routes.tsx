/**
 * The page on which a signed-in person lets their command line have an API key: the authorization endpoint of OAuth 2.0 for native
 * apps (RFC 8252), with PKCE (RFC 7636). `workflow-runs login` opens it, and exchanges the code at `/v1/command-line-keys`.
 *
 * 1. `workflow-runs login` listens at a loopback address and opens this page.
 * 2. When the person agrees, `agree_to_command_line` keeps the hash of a code, and a link takes the code to the loopback address. It is no
 *    redirect, since browsers apply `form-action` to the redirects of a form.
 * 3. The command line exchanges code and PKCE verifier. `create_api_key_by_code` deletes the code before it judges it, so a code is tried
 *    once.
 */
import { callerBy } from "../../../db/caller.ts";
import { repeatable } from "../../../db/client.ts";
import { checkBody } from "../../../http/validation.ts";
import { agreeToCommandLine, generateCode, hashCode } from "../../../people/sign-ins/command-line-verbs.ts";
import { perform } from "../../../verbs/perform.ts";
import { requirePageCaller, selectCaller } from "../../caller.ts";
import { RESUMED_FIELD, readForm } from "../../forms.tsx";
import { Pages } from "../../pages.ts";
import { html, seeOther } from "../../render.ts";
import { AgreedPage, AgreementPage } from "./command-line-pages.tsx";
import { backTo, keyNameOf, requestSchema } from "./command-line-request.ts";

export const commandLine = new Pages();

commandLine.page("/app/command-line", async (c) => {
  const request = checkBody(requestSchema, c.req.query());
  const { db } = c.env;
  const { callers } = await repeatable(db).batch({ callers: selectCaller(db, callerBy(db, c.var.credential)) });
  const { caller } = requirePageCaller(callers);
  return html(c, <AgreementPage caller={caller} request={request} />);
});

commandLine.form("/app/command-line", async (c) => {
  const { values } = await readForm(c);
  const request = checkBody(requestSchema, values);
  // The session has ended meanwhile, and somebody has signed in again: perhaps as another user.
  if (values[RESUMED_FIELD] !== undefined) return seeOther(c, `/app/command-line?${new URLSearchParams(request)}`);
  const code = generateCode();
  const agreement = {
    codeHash: await hashCode(code),
    codeChallenge: request.code_challenge,
    keyName: keyNameOf(request),
  };
  await perform(c.var.services, agreeToCommandLine, agreement);
  const link = backTo(request, { code });
  // Not a redirect: browsers apply `form-action` of our Content-Security-Policy to the redirects of a form, too.
  c.header("Refresh", `0; url=${link}`);
  c.header("Cache-Control", "no-store");
  return html(c, <AgreedPage machine={request.machine} link={link} />);
});
