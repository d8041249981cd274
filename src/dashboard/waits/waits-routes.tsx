/** The page "For you": the open questions of suspended runs that the user may answer. */
import { sql } from "drizzle-orm";
import { type Credential, credentialJson } from "../../db/access.ts";
import { callerBy } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { isPositionOfRow } from "../../http/schemas.ts";
import { type Wait, waitPageSchema } from "../../runs/suspensions/wait-rows.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";
import { Ago, Empty, Id, Live, Name, Table, Time } from "../components.tsx";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";

export const waits = new Pages();

const QUESTIONS = 50;

/** How many characters of a question the list shows. */
const MAX_SHOWN = 200;

waits.page("/app/waits", async (c) => {
  const asked = c.req.query("before") ?? null;
  const before = asked !== null && isPositionOfRow(asked) ? asked : null;
  return html(c, <WaitsPage {...(await viewWaits(c.env.db, c.var.credential, before))} before={before} />);
});

type WaitsView = { caller: Caller; now: string; items: Wait[]; next: string | null };

/**
 * One page of the questions, the newest first.
 * @throws Unauthenticated
 */
async function viewWaits(db: Database, credential: Credential, before: string | null): Promise<WaitsView> {
  const caller = callerBy(db, credential);
  const { callers, listed } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    listed: db
      .with(caller)
      .select({
        answer: sql<unknown>`public.list_waits(${credentialJson(credential)}::jsonb, ${before}, ${QUESTIONS})`,
      })
      .from(caller),
  });
  return { ...requirePageCaller(callers), ...waitPageSchema.parse(listed[0]?.answer) };
}

const hrefOf = (before: string | null) => (before === null ? "/app/waits" : `/app/waits?before=${before}`);

const WaitsPage = ({ caller, now, items, next, before }: WaitsView & { before: string | null }) => (
  <Page title="For you" section="waits" caller={caller}>
    <Live href={hrefOf(before)}>
      <div class="head">
        <h1>For you</h1>
        <span class="muted">suspended runs that ask what you may answer</span>
      </div>
      {!caller.is_person && (
        <p class="muted">
          You are signed in with an API key. Questions that only a person may answer are shown after a sign-in with a
          login.
        </p>
      )}
      {items.length === 0 ? (
        <Empty title={next === null ? "No question waits for you." : "There is none among the newest."} />
      ) : (
        <Table kind="rows-lead" columns={["Question", "Workflow", "Run", "Since", "Until"]}>
          {items.map((wait) => (
            <Row wait={wait} now={now} />
          ))}
        </Table>
      )}
      {(before !== null || next !== null) && (
        <nav class="pages" aria-label="Pages">
          {before === null ? <span /> : <a href={hrefOf(null)}>← Newest</a>}
          {next === null ? <span /> : <a href={hrefOf(next)}>Older →</a>}
        </nav>
      )}
    </Live>
  </Page>
);

const Row = ({ wait, now }: { wait: Wait; now: string }) => (
  <tr id={`wait-${wait.run_id}-${wait.key}`}>
    <td class="grow">
      <a class="row-link" href={`/app/runs/${wait.run_id}#wait-${wait.key}`}>
        <bdi class="wrap">{shortened(wait.prompt)}</bdi>
      </a>
    </td>
    <td data-label="Workflow">
      <Name>{wait.workflow_name}</Name>
    </td>
    <td data-label="Run">
      <Id id={wait.run_id} />
    </td>
    <td class="when" data-label="Since">
      <Ago at={wait.asked_at} now={now} />
    </td>
    <td class="when" data-label="Until">
      <Time at={wait.ends_at} />
    </td>
  </tr>
);

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_SHOWN ? text : `${characters.slice(0, MAX_SHOWN).join("")}…`;
}
