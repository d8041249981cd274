/** What can be done with a trigger on its page. */
import type { TriggerKind } from "../../db/enums.ts";
import { Ask, Name, Send } from "../components.tsx";
import { pluralUpTo } from "../format.ts";
import { type Failure, Failures, Field, NO_FAILURE } from "../forms.tsx";
import { NewId } from "../new-id.tsx";
import { MAX_COUNTED } from "../runs/kit/view-runs.ts";
import { BackfillForm } from "./schedule/backfill.tsx";
import type { ViewedTrigger } from "./view-triggers.ts";
import { RotateForm } from "./webhook-pages.tsx";

/** The sentence about what goes on as before when somebody fires the trigger by hand, by the kind of the trigger. */
const FIRE_WORDS: Record<TriggerKind, string> = {
  schedule: "Its schedule goes on as before.",
  webhook: "",
  run: "It gets the input of the trigger, since no other run has ended.",
};

/** What becomes of the occasions of a pause. */
const PAUSE_WORDS: Record<TriggerKind, string> = {
  schedule: "The instants of the pause are then recorded as missed.",
  webhook: "Messages are answered, and recorded as missed.",
  run: "The ends of runs during the pause are recorded as missed.",
};

/** The form that pauses a trigger, with a note for others. */
export const PauseForm = ({ href, note, failure }: { href: string; note: string; failure: Failure }) => (
  <form method="post" action={`${href}/pause`} class="stack">
    <Failures failure={failure} labels={{ note: "Note" }} />
    <Field
      name="note"
      label="Note (optional)"
      failure={failure}
      hint="Why, for those who find it paused."
      control={(a) => <input {...a} type="text" value={note} maxlength={1000} dir="auto" />}
    />
    <button type="submit" class="primary">
      Pause
    </button>
  </form>
);

export const Actions = ({ href, trigger, kept }: { href: string; trigger: ViewedTrigger; kept: number }) => (
  <div class="actions">
    <Ask id="ask-fire" label="Fire now" title={`Fire “${trigger.name}” now?`} kind="primary">
      <p>
        It triggers a run now, with the rights of <Name>{trigger.user_name}</Name>. {FIRE_WORDS[trigger.kind]}
      </p>
      <Send action={`${href}/fire`} label="Fire now" kind="primary">
        <NewId />
      </Send>
    </Ask>
    {trigger.schedule !== null && (
      <Ask id="ask-backfill" label="Fire for the past" title={`Fire “${trigger.name}” for instants of the past?`}>
        <p>
          The next page shows for which instants of its schedule in this time it has not fired. Nothing is triggered
          before you have seen them.
        </p>
        <BackfillForm href={href} range={{ from: "", to: "" }} failure={NO_FAILURE} />
      </Ask>
    )}
    <a class="button" href={`${href}/change`}>
      Change
    </a>
    {trigger.is_active ? (
      <Ask id="ask-pause" label="Pause" title={`Pause “${trigger.name}”?`}>
        <p>It does not fire until it is resumed. {PAUSE_WORDS[trigger.kind]}</p>
        <PauseForm href={href} note="" failure={NO_FAILURE} />
      </Ask>
    ) : (
      <Ask id="ask-resume" label="Resume" title={`Resume “${trigger.name}”?`}>
        <p>
          From then on it fires with your rights.
          {trigger.schedule !== null && " The instants of the pause are recorded as missed."}
        </p>
        <form method="post" action={`${href}/resume`} class="stack">
          {trigger.schedule !== null && (
            <label class="choice">
              <input type="checkbox" name="catch_up" value="1" /> Fire for the last of them now, unless it is too old to
              be caught up
            </label>
          )}
          <button type="submit" class="primary">
            Resume
          </button>
        </form>
      </Ask>
    )}
    {trigger.webhook !== null && (
      <Ask id="ask-rotate" label="New secret" title="Give it a new secret">
        <RotateForm href={href} seenAt={trigger.updated_at} scheme={trigger.webhook.scheme} failure={NO_FAILURE} />
      </Ask>
    )}
    <Ask id="ask-delete" label="Delete" title={`Delete “${trigger.name}”?`} kind="danger">
      <p>
        This deletes the trigger
        {kept === 0 ? ", which has no firings" : ` and its ${pluralUpTo(MAX_COUNTED, kept, "firing")}`}, for good. The
        runs that it has triggered stay.
      </p>
      <Send action={`${href}/delete`} label="Delete" kind="danger">
        <input type="hidden" name="workflow" value={trigger.workflow_definition_id} />
      </Send>
    </Ask>
  </div>
);
