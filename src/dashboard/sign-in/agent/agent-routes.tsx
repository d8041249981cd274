/**
 * The page on which a signed-in person lets an agent in: the authorization endpoint of OAuth 2.1. See `agents/agent-routes.ts` for the rest of
 * the flow. The code goes to the agent by a link, and not by a redirect, since browsers apply `form-action` to the redirects of a form.
 */
import { v7 as newId } from "uuid";
import { agreeToAgent } from "../../../agents/agent-verbs.ts";
import { callerBy } from "../../../db/caller.ts";
import { repeatable } from "../../../db/client.ts";
import { hashOf, signAgentCode } from "../../../http/credentials/agent-token.ts";
import { Problem } from "../../../http/problems.ts";
import { perform } from "../../../verbs/perform.ts";
import { requirePageCaller, selectCaller } from "../../caller.ts";
import { RESUMED_FIELD, readForm } from "../../forms.tsx";
import { Pages } from "../../pages.ts";
import { html, seeOther } from "../../render.ts";
import { AgentAgreedPage, AgentAgreementPage } from "./agent-pages.tsx";
import { backToAgent, placeOf, readAddress, readRequest } from "./agent-request.ts";

export const agentAgreement = new Pages();

agentAgreement.page("/app/agent", async (c) => {
  const given = c.req.query();
  const { config, db } = c.env;
  // First: nobody else has the document of a client fetched, or is sent to its address.
  const { callers } = await repeatable(db).batch({ callers: selectCaller(db, callerBy(db, c.var.credential)) });
  const { caller } = requirePageCaller(callers);
  const address = await readAddress(config, given);
  const asked = readRequest(config, given);
  if ("error" in asked) return c.redirect(backToAgent(config, address, asked), 303);
  const request = { ...address, ...asked };
  const refusal = backToAgent(config, address, { error: "access_denied" });
  return html(c, <AgentAgreementPage caller={caller} request={request} given={given} refusal={refusal} />);
});

agentAgreement.form("/app/agent", async (c) => {
  const { values } = await readForm(c);
  const { [RESUMED_FIELD]: resumed, ...given } = values;
  // The session has ended meanwhile, and somebody has signed in again: perhaps as another user.
  if (resumed !== undefined) return seeOther(c, `/app/agent?${new URLSearchParams(given)}`);
  const { config } = c.env;
  const address = await readAddress(config, given);
  const asked = readRequest(config, given);
  if ("error" in asked) throw new Problem("conflict", `The agent has sent a wrong request: ${asked.error}.`);
  const { clientId, client, redirectUri } = address;
  const id = newId();
  const grant = { id, clientName: client.name, redirectHost: placeOf(new URL(redirectUri)), scopes: asked.scopes };
  await perform(c.var.services, agreeToAgent, grant);
  const hashes = { clientHash: await hashOf(clientId), redirectHash: await hashOf(redirectUri) };
  const proof = { grantId: id, ...hashes, codeChallenge: asked.codeChallenge };
  const link = backToAgent(config, address, { code: await signAgentCode(config.runTokenKeys, proof, config.cell) });
  c.header("Refresh", `0; url=${link}`);
  c.header("Cache-Control", "no-store");
  return html(c, <AgentAgreedPage name={client.name} link={link} />);
});
