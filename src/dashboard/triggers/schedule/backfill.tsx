/** Fires a schedule for instants of the past: a form asks for a range, and the next page says for which instants before it is done. */
import { checkBody } from "../../../http/validation.ts";
import { planBackfill } from "../../../triggers/backfill.ts";
import { BackfillRequestSchema } from "../../../triggers/firing-schema.ts";
import { backfillTrigger } from "../../../triggers/triggers.ts";
import { perform } from "../../../verbs/perform.ts";
import { Send } from "../../components.tsx";
import { plural } from "../../format.ts";
import { type Failure, Failures, FormPage, readForm, submit } from "../../forms.tsx";
import { MinuteField } from "../../invoke/kit/minute-field.tsx";
import { readMinute } from "../../invoke/kit/read-fields.ts";
import { Pages } from "../../pages.ts";
import { html, seeOther } from "../../render.ts";
import { idOf } from "../../signed-in.tsx";
import { InstantsTable } from "./next-instants.tsx";

export const backfills = new Pages();

const LABELS = { from: "From", to: "Before" };

/** How many of the instants are listed before they fire. */
const SHOWN = 20;

/** Minutes in UTC: `2026-01-31T12:00`. */
type Range = { from: string; to: string };

type FormProps = { href: string; range: Range; failure: Failure };

export const BackfillForm = ({ href, range, failure }: FormProps) => (
  <form method="post" action={`${href}/backfill`} class="stack" novalidate>
    <Failures failure={failure} labels={LABELS} />
    <MinuteField
      name="from"
      label={LABELS.from}
      value={range.from}
      failure={failure}
      hint="The first instant may be this one."
      isRequired
    />
    <MinuteField
      name="to"
      label={LABELS.to}
      value={range.to}
      failure={failure}
      hint="All instants are before it."
      isRequired
    />
    <button type="submit" class="primary">
      Show the instants
    </button>
  </form>
);

type ConfirmProps = { href: string; range: Range; instants: readonly string[]; timeZone: string };

/** For which instants it will fire. */
const Confirmation = ({ href, range, instants, timeZone }: ConfirmProps) => (
  <FormPage title="Fire for instants of the past" section="workflows" back={href}>
    {instants.length === 0 ? (
      <p>There is no instant in this time for which it has not fired.</p>
    ) : (
      <>
        <p>
          It triggers {plural(instants.length, "run")}, one for each of these instants, in their order. They wait for
          their turns.
        </p>
        <InstantsTable instants={instants.slice(0, SHOWN)} timeZone={timeZone} />
        {instants.length > SHOWN && <p class="muted">And {plural(instants.length - SHOWN, "more")}.</p>}
        <Send action={`${href}/backfill`} label={`Trigger ${plural(instants.length, "run")}`} kind="primary">
          <input type="hidden" name="from" value={range.from} />
          <input type="hidden" name="to" value={range.to} />
          <input type="hidden" name="count" value={instants.length} />
        </Send>
      </>
    )}
  </FormPage>
);

backfills.form("/app/triggers/:id/backfill", async (c) => {
  const [id, { values }] = [idOf(c), await readForm(c)];
  const range = { from: values.from?.trim() ?? "", to: values.to?.trim() ?? "" };
  const href = `/app/triggers/${id}`;
  return submit(
    c,
    async () => {
      const body = { from: readMinute(range.from) ?? "", to: readMinute(range.to) ?? "" };
      const { from, to } = checkBody(BackfillRequestSchema, body);
      const { items, schedule, request } = await planBackfill(c.env.db, c.var.credential, { id, from, to });
      // Only what was shown is done: more instants may have passed, or others have fired since.
      if (values.count !== String(items.length) || items.length === 0) {
        const instants = items.map(({ at }) => at);
        return html(c, <Confirmation href={href} range={range} instants={instants} timeZone={schedule.time_zone} />);
      }
      await perform(c.var.services, backfillTrigger, request);
      return seeOther(c, `${href}#firings`);
    },
    (failure) => (
      <FormPage title="Fire for instants of the past" section="workflows" back={href}>
        <BackfillForm href={href} range={range} failure={failure} />
      </FormPage>
    ),
    { labels: LABELS },
  );
});
