/** The page that the link of an invite opens. It needs no session: the secret in the link is the credential. */
import { v7 as newId } from "uuid";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import { requireCell } from "../../http/credentials/cell.ts";
import { Problem } from "../../http/problems.ts";
import { redeemInvite } from "../../people/invite-verbs.ts";
import { findOpenInvite, hashInviteSecret } from "../../people/invites.ts";
import { sessionName } from "../../people/sign-ins/sign-in-verbs.ts";
import { perform } from "../../verbs/perform.ts";
import { readForm } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { keepSession, SESSION_SECONDS } from "../sign-in/kit/session.ts";
import { idOf } from "../signed-in.tsx";
import { AcceptedInvitePage, ClosedInvitePage, OpenInvitePage } from "./kit/invite.tsx";

export const openInvites = new Pages();

openInvites.openPage("/app/invites/:id", async (c) => {
  const secret = c.req.query("secret") ?? "";
  requireCell(c.env.config, c.req.query("cell"));
  c.header("Cache-Control", "no-store");
  const invite = await findOpenInvite(c.env.db, idOf(c), await hashInviteSecret(secret));
  return invite === null
    ? html(c, <ClosedInvitePage />, 404)
    : html(c, <OpenInvitePage invite={invite} secret={secret} login={c.env.config.login} />);
});

openInvites.openForm("/app/invites/:id", async (c) => {
  const { values } = await readForm(c);
  c.header("Cache-Control", "no-store");
  const { key, hash, suffix } = await generateApiKey(c.env.config.cell);
  const [keyId, signInSessionId] = [newId(), newId()];
  try {
    const { result } = await perform(c.var.services, redeemInvite, {
      inviteId: idOf(c),
      secretHash: await hashInviteSecret(values.secret ?? ""),
      key: { id: keyId, hash, suffix },
      signInSessionId,
      sessionSeconds: SESSION_SECONDS,
    });
    const { tenant_id: tenantId, tenant_name: tenantName, user_id: userId, name, role, expires_at: expiresAt } = result;
    const session = {
      userId,
      tenantId,
      apiKeyId: keyId,
      loginId: null,
      signInSessionId,
      beganAt: expiresAt - SESSION_SECONDS,
      expiresAt,
    };
    const isSignedIn = await keepSession(c, { ...session, name: sessionName({ name, tenantName, role }) });
    return html(c, <AcceptedInvitePage tenantName={tenantName} apiKey={key} isSignedIn={isSignedIn} />, 201);
  } catch (error) {
    if (error instanceof Problem && error.code === "not_found") return html(c, <ClosedInvitePage />, 404);
    throw error;
  }
});
