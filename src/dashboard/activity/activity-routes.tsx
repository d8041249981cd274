/** The page Activity: the audit log of the tenant, for an OWNER or ADMIN. */
import { sql } from "drizzle-orm";
import { z } from "zod";
import { AUDIT_ACTIONS } from "../../audit/actions.ts";
import { type AuditEvent, auditEventSchema } from "../../audit/audit-events.ts";
import { type Credential, credentialJson } from "../../db/access.ts";
import { callerBy } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { Problem } from "../../http/problems.ts";
import { isPositionOfRow, uuid } from "../../http/schemas.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";
import { Empty, Live } from "../components.tsx";
import { Choices } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { selectPeople } from "../runs/kit/people.ts";
import { Changes } from "./kit/changes.tsx";
import { actionWord } from "./words.ts";

export const activity = new Pages();

const EVENTS = 50;
const PEOPLE = 200;

type Query = { actor: string | null; object: string | null; action: string | null; before: string | null };

activity.page("/app/activity", async (c) => {
  const given = (name: string) => c.req.query(name) || null;
  const givenId = (name: string) => uuid().safeParse(given(name)).data ?? null;
  const before = given("before");
  const query = {
    actor: givenId("actor"),
    object: givenId("object"),
    action: AUDIT_ACTIONS.find((action) => action === given("action")) ?? null,
    before: before !== null && isPositionOfRow(before) ? before : null,
  };
  const view = await viewActivity(c.env.db, c.var.credential, query);
  return html(c, <ActivityPage view={view} query={query} />);
});

type ActivityView = {
  caller: Caller;
  events: AuditEvent[];
  next: string | null;
  people: { id: string; name: string }[];
};

const pageSchema = z.object({ items: z.array(auditEventSchema), next: z.string().nullable() });

/**
 * One page of the audit log, and the people by whom it can be filtered.
 * @throws Unauthenticated
 * @throws Problem `forbidden` for a USER
 */
async function viewActivity(db: Database, credential: Credential, query: Query): Promise<ActivityView> {
  const caller = callerBy(db, credential);
  const { callers, listed, people } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    listed: db
      .with(caller)
      .select({
        answer: sql<unknown>`public.list_audit_events(${credentialJson(credential)}::jsonb, ${query.actor}::uuid,
          ${query.object}::uuid, ${query.action}, null, null, ${query.before}, ${EVENTS})`,
      })
      .from(caller),
    people: selectPeople(db, caller, PEOPLE),
  });
  const viewer = requirePageCaller(callers);
  const page = pageSchema.safeParse(listed[0]?.answer).data;
  if (page === undefined) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
  return { caller: viewer.caller, events: page.items, next: page.next, people };
}

function hrefOf(query: Query): string {
  const params = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
  return params.size === 0 ? "/app/activity" : `/app/activity?${params}`;
}

const ActivityPage = ({ view, query }: { view: ActivityView; query: Query }) => {
  const { events, next } = view;
  const isFiltered = query.actor !== null || query.object !== null || query.action !== null;
  return (
    <Page title="Activity" section="activity" caller={view.caller}>
      <div class="head">
        <h1>Activity</h1>
        <span class="muted">who changed what</span>
      </div>
      <Filters view={view} query={query} isFiltered={isFiltered} />
      <Live href={hrefOf(query)}>
        {events.length > 0 ? (
          <section class="card" aria-label="Changes">
            <Changes events={events} />
          </section>
        ) : (
          <Empty title={next === null ? "There is nothing." : "There is nothing among the newest."} />
        )}
        {(query.before !== null || next !== null) && (
          <nav class="pages" aria-label="Pages">
            {query.before === null ? <span /> : <a href={hrefOf({ ...query, before: null })}>← Newest</a>}
            {next === null ? <span /> : <a href={hrefOf({ ...query, before: next })}>Older →</a>}
          </nav>
        )}
      </Live>
    </Page>
  );
};

const Filters = ({ view, query, isFiltered }: { view: ActivityView; query: Query; isFiltered: boolean }) => (
  <form class="filters" method="get" action="/app/activity" aria-label="Filter">
    <Choices
      attributes={{ name: "actor", "aria-label": "Person" }}
      none="Anybody"
      chosen={query.actor}
      nameOf={(id) => view.events[0]?.actor.name ?? id}
      choices={view.people}
    />
    <Choices
      attributes={{ name: "action", "aria-label": "Action" }}
      none="Any action"
      chosen={query.action}
      choices={AUDIT_ACTIONS.map((action) => ({ id: action, name: actionWord(action) }))}
    />
    {query.object !== null && (
      <label class="chip">
        <input type="checkbox" name="object" value={query.object} checked /> One object only
      </label>
    )}
    <button type="submit">Filter</button>
    {isFiltered && (
      <a class="button quiet icon" href="/app/activity" aria-label="Clear the filters" title="Clear the filters">
        ✕
      </a>
    )}
  </form>
);
