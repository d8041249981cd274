/** The pages of the tenant's users, their roles, permissions and API keys. */
import type { Context } from "hono";
import { endAgentGrant } from "../../agents/agent-verbs.ts";
import { ROLES, SCOPES } from "../../db/enums.ts";
import { NO_PATH_PART } from "../../files/path.ts";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { createApiKey, revokeApiKey } from "../../people/api-key-verbs.ts";
import { CreateApiKeyRequestSchema, scopesIn } from "../../people/api-keys-routes.ts";
import { createInvite, withdrawInvite } from "../../people/invite-verbs.ts";
import { generateInviteSecret, inviteLink } from "../../people/invites.ts";
import { InviteUserRequestSchema } from "../../people/invites-routes.ts";
import { untieLogin } from "../../people/login-verbs.ts";
import { endSignInSession, endSignInSessions } from "../../people/sign-ins/sign-in-verbs.ts";
import { CreateTenantUserRequestSchema, TenantUserEditRequestSchema } from "../../people/tenant-users-routes.ts";
import { CreatePermissionRequestSchema, UpdatePermissionRequestSchema } from "../../people/user-permissions-routes.ts";
import {
  changeActivation,
  changePermission,
  changeRole,
  createPermission,
  createUser,
  deleteUser,
  revokePermission,
} from "../../people/user-verbs.ts";
import { perform } from "../../verbs/perform.ts";
import { BROWSED, parseChoice } from "../files/kit/part-picker.tsx";
import { viewFolder } from "../files/kit/view-folder.ts";
import { FormPage, readForm, submit, type Values } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { listHref, readListQuery } from "../search/kit/found-list.tsx";
import { forgetSession } from "../sign-in/kit/session.ts";
import { idOf, readId } from "../signed-in.tsx";
import { InvitedAlreadyPage, InviteForm, InviteLinkPage } from "./kit/invite.tsx";
import { PEOPLE_ORDERS, viewPeople, viewPerson } from "./kit/view-people.ts";
import { NewPersonForm, PEOPLE_PAGE, PeoplePage } from "./people.tsx";
import { PermissionAgainPage, PermissionPage } from "./permission.tsx";
import { KeyAgainPage, KeyForm, NewKeyPage, PersonPage } from "./person.tsx";
import { RoleForm } from "./person-actions.tsx";

export const people = new Pages();

/** An empty text field means that the value was left out. */
const orNull = (text: string | undefined) => (text === undefined || text.trim() === "" ? null : text.trim());

const personHref = (c: Context<AppEnv>) => `/app/people/${idOf(c)}`;

/** The user that a form changes. */
const chosen = (c: Context<AppEnv>) => ({ tenantId: c.var.session.tenantId, userId: idOf(c) });

people.page("/app/people", async (c) => {
  const query = readListQuery(c, "/app/people", PEOPLE_ORDERS);
  if (c.req.query("q") === "") return c.redirect(listHref(query, "email"), 303);
  const { words, sort: order, offset } = query;
  const view = await viewPeople(c.env.db, c.var.credential, { limit: PEOPLE_PAGE, offset, order, words });
  return html(c, <PeoplePage view={view} query={query} />);
});

people.form("/app/people/new", async (c) => {
  const { values } = await readForm(c);
  return submit(
    c,
    async () => {
      const { email, role, ...names } = checkBody(CreateTenantUserRequestSchema, {
        email: orNull(values.email?.trim()),
        first_name: orNull(values.first_name),
        last_name: orNull(values.last_name),
        role: values.role,
      });
      const { first_name: firstName = null, last_name: lastName = null } = names;
      const tenantId = c.var.session.tenantId;
      const user = { tenantId, email: email ?? null, firstName, lastName, role };
      const { result } = await perform(c.var.services, createUser, user);
      return seeOther(c, `/app/people/${result.user.id}`);
    },
    (failure) => (
      <FormPage title="Add somebody" section="people" back="/app/people">
        <NewPersonForm values={values} failure={failure} />
      </FormPage>
    ),
  );
});

people.page("/app/people/:id", async (c) => {
  const view = await viewPerson(c.env.db, c.var.credential, idOf(c));
  if (view.person === null) throw new Problem("not_found", "There is no such user, or they are not yours to see.");
  return html(c, <PersonPage view={view} person={view.person} sessionId={c.var.session.signInSessionId} />);
});

people.form("/app/people/:id/role", async (c) => {
  const [href, { values }] = [personHref(c), await readForm(c)];
  return submit(
    c,
    async () => {
      const { role } = checkBody(TenantUserEditRequestSchema, { role: values.role });
      await perform(c.var.services, changeRole, { ...chosen(c), role });
      return seeOther(c, href);
    },
    (failure) => (
      <FormPage title="Change the role" section="people" back={href}>
        <RoleForm id={idOf(c)} roles={ROLES} role={values.role ?? ""} failure={failure} />
      </FormPage>
    ),
  );
});

for (const [verb, isActive] of [
  ["activate", true],
  ["deactivate", false],
] as const) {
  people.form(`/app/people/:id/${verb}`, async (c) => {
    await perform(c.var.services, changeActivation, { ...chosen(c), isActive });
    return seeOther(c, personHref(c));
  });
}

people.form("/app/people/:id/untie", async (c) => {
  await perform(c.var.services, untieLogin, chosen(c));
  return seeOther(c, personHref(c));
});

people.form("/app/people/:id/sign-out", async (c) => {
  const id = idOf(c);
  await perform(c.var.services, endSignInSessions, id);
  if (id !== c.var.session.userId) return seeOther(c, personHref(c));
  forgetSession(c);
  return seeOther(c, "/app/sign-in");
});

people.form("/app/people/:id/sessions/:session/end", async (c) => {
  await perform(c.var.services, endSignInSession, idOf(c, "session"));
  return seeOther(c, personHref(c));
});

people.form("/app/people/:id/agents/:agent/end", async (c) => {
  await perform(c.var.services, endAgentGrant, idOf(c, "agent"));
  return seeOther(c, personHref(c));
});

people.form("/app/people/:id/delete", async (c) => {
  await perform(c.var.services, deleteUser, chosen(c));
  return seeOther(c, "/app/people");
});

/** Invites somebody, and shows the link. This is the only time that its secret is shown. */
async function invite(c: Context<AppEnv>, values: Values): Promise<Response> {
  const { tenantId } = c.var.session;
  const given = { email: values.email?.trim() ?? "", role: values.role };
  const body = checkBody(InviteUserRequestSchema, { tenant_id: tenantId, ...given });
  const { secret, secretHash } = await generateInviteSecret();
  const request = { ...body, id: readNewId(values), tenantId, secretHash };
  const { result } = await perform(c.var.services, createInvite, request);
  if (!result.is_new) return html(c, <InvitedAlreadyPage invite={result.invite} />);
  c.header("Cache-Control", "no-store");
  const link = inviteLink(c.env.config, result.invite.id, secret);
  return html(c, <InviteLinkPage invite={result.invite} link={link} />, 201);
}

people.form("/app/people/invite", async (c) => {
  const { values } = await readForm(c);
  return submit(
    c,
    () => invite(c, values),
    (failure) => (
      <FormPage title="Invite somebody" section="people" back="/app/people">
        <InviteForm values={values} failure={failure} />
      </FormPage>
    ),
  );
});

people.form("/app/people/invites/:id/withdraw", async (c) => {
  await perform(c.var.services, withdrawInvite, idOf(c));
  return seeOther(c, "/app/people");
});

people.page("/app/people/:id/permission", async (c) => {
  const folderId = c.req.query("in");
  const folder = { id: folderId ? readId(folderId) : null, limit: BROWSED, offset: 0 };
  const view = await viewFolder(c.env.db, c.var.credential, folder);
  if (view === null) throw new Problem("not_found", NO_PATH_PART);
  if (!view.caller.is_administrator) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
  return html(c, <PermissionPage userId={idOf(c)} view={view} />);
});

people.form("/app/people/:id/permission", async (c) => {
  const [{ tenantId, userId }, { values }] = [chosen(c), await readForm(c)];
  const choice = values.part ?? "";
  return submit(
    c,
    async () => {
      const body = { tenant_id: tenantId, user_id: userId, path_part_id: parseChoice(choice).id };
      const permission = checkBody(CreatePermissionRequestSchema, { ...body, capability: values.capability });
      const { path_part_id: pathPartId, capability } = permission;
      await perform(c.var.services, createPermission, { tenantId, userId, pathPartId, capability });
      return seeOther(c, personHref(c));
    },
    (failure) => (
      <PermissionAgainPage userId={userId} choice={choice} capability={values.capability ?? ""} failure={failure} />
    ),
  );
});

people.form("/app/people/:id/permissions/:permission/change", async (c) => {
  const { values } = await readForm(c);
  const { capability = null } = checkBody(UpdatePermissionRequestSchema, { capability: values.capability });
  const change = { id: idOf(c, "permission"), tenantId: c.var.session.tenantId, pathPartId: null, capability };
  await perform(c.var.services, changePermission, change);
  return seeOther(c, personHref(c));
});

people.form("/app/people/:id/permissions/:permission/revoke", async (c) => {
  const permission = { tenantId: c.var.session.tenantId, id: idOf(c, "permission") };
  await perform(c.var.services, revokePermission, permission);
  return seeOther(c, personHref(c));
});

/** A key works until the end of the chosen day, in UTC. */
const keyOf = (values: Values) => {
  const expiresOn = orNull(values.expires_on);
  const scopes = SCOPES.filter((scope) => values[`scope_${scope}`] === "1");
  return checkBody(CreateApiKeyRequestSchema, {
    name: values.name?.trim() ?? "",
    expires_at: expiresOn && `${expiresOn}T23:59:59Z`,
    scopes: scopes.length === 0 ? null : scopes,
  });
};

people.form("/app/people/:id/keys", async (c) => {
  const [id, { values }] = [idOf(c), await readForm(c)];
  return submit(
    c,
    async () => {
      const { name, expires_at: expiresAt = null, scopes: given } = keyOf(values);
      const scopes = scopesIn(given);
      const { key, ...stored } = await generateApiKey(c.env.config.cell, scopes);
      const request = { id: readNewId(values), name, ...stored, expiresAt, scopes, userId: id };
      const { api_key: apiKey, is_new } = (await perform(c.var.services, createApiKey, request)).result;
      if (!is_new) return html(c, <KeyAgainPage id={id} apiKey={apiKey} values={values} />);
      c.header("Cache-Control", "no-store");
      return html(c, <NewKeyPage id={id} name={name} apiKey={key} />, 201);
    },
    (failure) => (
      <FormPage title="A new API key" section="people" back={personHref(c)}>
        <KeyForm id={id} values={values} failure={failure} />
      </FormPage>
    ),
  );
});

people.form("/app/people/:id/keys/:key/revoke", async (c) => {
  await perform(c.var.services, revokeApiKey, idOf(c, "key"));
  return seeOther(c, personHref(c));
});
