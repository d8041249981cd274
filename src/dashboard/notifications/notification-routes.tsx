/** Settings → Notifications: the endpoints that are notified of events, and their deliveries. */
import type { Context } from "hono";
import { v4 } from "uuid";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { resendDelivery, sendTestNotification } from "../../notify/endpoints/deliveries.ts";
import { ChangeEndpointRequestSchema, CreateEndpointRequestSchema } from "../../notify/endpoints/endpoint-schema.ts";
import {
  changeEndpoint,
  changesOf,
  contentOf,
  createEndpoint,
  deleteEndpoint,
  rotateSecret,
} from "../../notify/endpoints/endpoints.ts";
import { NO_ENDPOINT } from "../../notify/endpoints/refusals.ts";
import { perform } from "../../verbs/perform.ts";
import { bodyOf, readFields } from "../form-fields.tsx";
import { Failures, FormPage, readForm, submit, type Values } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf } from "../signed-in.tsx";
import { ENDPOINT_WORDING, EndpointForm, FIELDS } from "./endpoint-form.tsx";
import { EndpointPage, EndpointsPage, HREF, SecretAgainPage, SecretPage } from "./notifications.tsx";
import { viewEndpoint, viewEndpoints } from "./view-notifications.ts";

export const notifications = new Pages();

notifications.page("/app/settings", async (c) => c.redirect(HREF));

notifications.page(HREF, async (c) =>
  html(c, <EndpointsPage {...(await viewEndpoints(c.env.db, c.var.credential))} />),
);

/** Reads the form of an endpoint: as the body of the API, and as the values with which the form can be shown again. */
async function readEndpoint(c: Context<AppEnv>) {
  const { values: given, all } = await readForm(c);
  const format = given.format ?? "standard";
  const values: Values = { ...given, ...readFields(FIELDS, all), format };
  const body = { ...bodyOf(FIELDS, values), format, url: given.url?.trim() ?? "" };
  // The address of a chat is a secret, so no page has it, not even a form with a fault.
  return { body, values: format === "standard" ? values : { ...values, url: "" } };
}

notifications.form(`${HREF}/new`, async (c) => {
  const { body, values } = await readEndpoint(c);
  return submit(
    c,
    async () => {
      const { endpoint, secret, isNew } = await createEndpoint(
        c.var.services,
        readNewId(values),
        contentOf(checkBody(CreateEndpointRequestSchema, body)),
      );
      if (secret === undefined) return seeOther(c, `${HREF}/${endpoint.id}`);
      if (!isNew) return html(c, <SecretAgainPage endpoint={endpoint} />);
      c.header("Cache-Control", "no-store");
      return html(c, <SecretPage id={endpoint.id} secret={secret} reason="created" />, 201);
    },
    (failure) => (
      <FormPage title="Add an endpoint" section="settings" back={HREF}>
        <EndpointForm action={`${HREF}/new`} label="Add" values={values} failure={failure} isNew />
      </FormPage>
    ),
    ENDPOINT_WORDING,
  );
});

notifications.page(`${HREF}/:id`, async (c) => {
  const view = await viewEndpoint(c.env.db, c.var.credential, idOf(c));
  if (view === null) throw new Problem("not_found", NO_ENDPOINT);
  return html(c, <EndpointPage {...view} />);
});

const hrefOf = (c: Context<AppEnv>) => `${HREF}/${idOf(c)}`;

notifications.form(`${HREF}/:id/change`, async (c) => {
  const { body, values } = await readEndpoint(c);
  return submit(
    c,
    async () => {
      // The address of a chat is not shown, so an empty field keeps it.
      const { url, ...others } = body;
      const isKept = url === "" && body.format !== "standard";
      const changes = checkBody(ChangeEndpointRequestSchema, isKept ? others : body);
      const { endpoint, secret } = await changeEndpoint(c.var.services, idOf(c), changesOf(changes));
      if (secret === undefined) return seeOther(c, hrefOf(c));
      c.header("Cache-Control", "no-store");
      return html(c, <SecretPage id={endpoint.id} secret={secret} reason="moved" />);
    },
    (failure) => (
      <FormPage title="Change the endpoint" section="settings" back={hrefOf(c)}>
        <EndpointForm action={`${hrefOf(c)}/change`} label="Save" values={values} failure={failure} />
      </FormPage>
    ),
    ENDPOINT_WORDING,
  );
});

notifications.form(`${HREF}/:id/rotate`, async (c) => {
  const { values } = await readForm(c);
  return submit(
    c,
    async () => {
      const { endpoint, secret } = await rotateSecret(c.var.services, idOf(c), values.seen_at);
      c.header("Cache-Control", "no-store");
      return html(c, <SecretPage id={endpoint.id} secret={secret} reason="rotated" />);
    },
    (failure) => (
      <FormPage title="A new secret" section="settings" back={hrefOf(c)}>
        <Failures failure={failure} />
        <p>A secret is shown only once. If you do not have the latest one, open the endpoint again and make another.</p>
        <a class="button" href={hrefOf(c)}>
          To the endpoint
        </a>
      </FormPage>
    ),
  );
});

for (const [verb, isActive] of [
  ["enable", true],
  ["disable", false],
] as const) {
  notifications.form(`${HREF}/:id/${verb}`, async (c) => {
    await changeEndpoint(c.var.services, idOf(c), { isActive });
    return seeOther(c, hrefOf(c));
  });
}

notifications.form(`${HREF}/:id/delete`, async (c) => {
  await perform(c.var.services, deleteEndpoint, idOf(c));
  return seeOther(c, HREF);
});

notifications.form(`${HREF}/:id/test`, async (c) => {
  await perform(c.var.services, sendTestNotification, { endpointId: idOf(c), deliveryId: v4() });
  return seeOther(c, hrefOf(c));
});

notifications.form(`${HREF}/:id/deliveries/:delivery/resend`, async (c) => {
  const sending = { endpointId: idOf(c), deliveryId: idOf(c, "delivery") };
  await perform(c.var.services, resendDelivery, sending);
  return seeOther(c, hrefOf(c));
});
