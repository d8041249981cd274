/** The page Settings → Use: how much the tenant has of what it may only have so much of, for an OWNER or ADMIN. */
import { sql } from "drizzle-orm";
import { type Credential, credentialJson } from "../../db/access.ts";
import { callerBy } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { Cap } from "../../db/enums.ts";
import { Problem } from "../../http/problems.ts";
import { type TenantUse, tenantUseSchema } from "../../people/tenants.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";
import { formatSize } from "../format.ts";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { Trail } from "../trail.tsx";

export const use = new Pages();

use.page("/app/settings/use", async (c) => html(c, <UsePage {...(await viewUse(c.env.db, c.var.credential))} />));

type UseView = { caller: Caller; caps: TenantUse["caps"] };

/**
 * @throws Unauthenticated
 * @throws Problem `forbidden` for a USER
 */
async function viewUse(db: Database, credential: Credential): Promise<UseView> {
  const caller = callerBy(db, credential);
  const { callers, counted } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    counted: db
      .with(caller)
      .select({ answer: sql<unknown>`public.tenant_use(${credentialJson(credential)}::jsonb, ${caller.tenantId})` })
      .from(caller),
  });
  const viewer = requirePageCaller(callers);
  const answer = tenantUseSchema.safeParse(counted[0]?.answer).data;
  if (answer === undefined) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
  return { caller: viewer.caller, caps: answer.caps };
}

/** The name of each cap, and what happens when it is reached. */
const CAP_WORDS: Record<Cap, { name: string; reached: string }> = {
  definitions: { name: "Workflows", reached: "no other can be created" },
  path_parts: { name: "Files and folders", reached: "no other can be created" },
  waiting_runs: {
    name: "Runs that wait",
    reached: "a workflow is invoked only when the run starts at once, and triggers are refused",
  },
  artifact_bytes: { name: "Files of runs", reached: "runners cannot store any more" },
  sign_in_sessions: { name: "Open sessions of the user with the most", reached: "a new one ends their oldest" },
};

const UsePage = ({ caller, caps }: UseView) => (
  <Page title="Use" section="settings" caller={caller}>
    <Trail to={[["/app/settings/notifications", "Settings"]]}>Use</Trail>
    <div class="head">
      <h1>What the tenant uses</h1>
    </div>
    <section class="card" aria-label="Caps">
      <dl class="rows">
        {caps.map(({ cap, used, limit }) => (
          <>
            <dt>{CAP_WORDS[cap].name}</dt>
            <dd>
              {inWords(cap, used)} of {inWords(cap, limit)}
              <p class={used >= limit ? "fault" : "muted"}>
                {used >= limit ? "It is reached" : "When it is reached"}: {CAP_WORDS[cap].reached}.
              </p>
            </dd>
          </>
        ))}
      </dl>
      <p class="muted">The operator of the service can raise each of them. They are kept approximately.</p>
    </section>
  </Page>
);

const inWords = (cap: Cap, amount: number) =>
  cap === "artifact_bytes" ? formatSize(amount) : amount.toLocaleString("en");
