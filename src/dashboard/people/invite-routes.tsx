/** The page that the link of an invite opens. It needs no session: the secret in the link is the credential. */
import { v7 as newId } from "uuid";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import { redeemInvite } from "../../people/accept-invite.ts";
import { findOpenInvite, hashInviteSecret } from "../../people/invites.ts";
import { readForm } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { keepSession, SESSION_SECONDS } from "../sign-in/session.ts";
import { idOf } from "../signed-in.tsx";
import { AcceptedInvitePage, ClosedInvitePage, OpenInvitePage } from "./invite.tsx";

export const openInvites = new Pages();

openInvites.openPage("/app/invites/:id", async (c) => {
  const secret = c.req.query("secret") ?? "";
  c.header("Cache-Control", "no-store");
  const invite = await findOpenInvite(c.env.db, idOf(c), await hashInviteSecret(secret));
  return invite === null
    ? html(c, <ClosedInvitePage />, 404)
    : html(c, <OpenInvitePage invite={invite} secret={secret} />);
});

openInvites.openForm("/app/invites/:id", async (c) => {
  const { values } = await readForm(c);
  c.header("Cache-Control", "no-store");
  const { key, hash, suffix } = await generateApiKey();
  const redeemed = await redeemInvite(c.env.db, {
    inviteId: idOf(c),
    secretHash: await hashInviteSecret(values.secret ?? ""),
    userId: newId(),
    key: { id: newId(), hash, suffix },
    sessionSeconds: SESSION_SECONDS,
  });
  if (redeemed === null) return html(c, <ClosedInvitePage />, 404);
  const isSignedIn = await keepSession(c, redeemed.session);
  return html(c, <AcceptedInvitePage tenantName={redeemed.tenantName} apiKey={key} isSignedIn={isSignedIn} />, 201);
});
