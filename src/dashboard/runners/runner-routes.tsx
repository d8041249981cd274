/** The pages of runners without an address: who is connected, their keys, and the line that starts one. */
import { z } from "zod";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import { checkBody } from "../../http/validation.ts";
import { createApiKey, revokeApiKey } from "../../people/api-key-verbs.ts";
import { CreateApiKeyRequestSchema } from "../../people/api-keys-routes.ts";
import { findPresence } from "../../runs/leases/presence.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf } from "../signed-in.tsx";
import { HREF, NewRunnerPage, RunnerAgainPage, RunnerForm, RunnersPage, WORDING } from "./runners-page.tsx";
import { viewAllRunners } from "./view-all-runners.ts";

export const runners = new Pages();

const idSchema = z.guid().catch("");

runners.page("/app/runners", async (c) => {
  const view = await viewAllRunners(c.env.db, c.var.credential);
  const connected = await findPresence(c.env.live, view.caller.tenant_id, view.runners, view.now);
  const asked = c.req.query("workflow") ?? "";
  // A link may have the name of the workflow instead of its id.
  const workflowId = view.workflows.find(({ name }) => name === asked)?.id ?? idSchema.parse(asked);
  return html(c, <RunnersPage view={view} runners={connected} workflowId={workflowId} />);
});

runners.form(`${HREF}/new`, async (c) => {
  const { values } = await readForm(c);
  const workflowId = idSchema.parse(values.workflow);
  return submit(
    c,
    async () => {
      const { name } = checkBody(CreateApiKeyRequestSchema, { name: values.name?.trim() ?? "" });
      const { key, hash, suffix } = await generateApiKey(c.env.config.cell);
      const runner = { definitionIds: workflowId === "" ? null : [workflowId] };
      const request = { id: readNewId(values), name, hash, suffix, expiresAt: null, runner };
      const { api_key: apiKey, is_new } = (await perform(c.var.services, createApiKey, request)).result;
      if (!is_new) return html(c, <RunnerAgainPage apiKey={apiKey} workflowId={workflowId} />);
      c.header("Cache-Control", "no-store");
      const made = { name, apiKey: key, workflowId: workflowId || null, origin: c.env.config.publicUrl };
      return html(c, <NewRunnerPage {...made} />, 201);
    },
    (failure) => (
      <FormPage title="A new runner" section="workflows" back={HREF}>
        <RunnerForm workflows={[]} values={values} failure={failure} />
      </FormPage>
    ),
    WORDING,
  );
});

runners.form(`${HREF}/keys/:key/revoke`, async (c) => {
  await perform(c.var.services, revokeApiKey, idOf(c, "key"));
  return seeOther(c, HREF);
});
